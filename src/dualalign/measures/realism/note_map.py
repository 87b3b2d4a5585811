"""Notes as points of a plane, for the figure that shows where synthetic and reference notes lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dualalign.measures.note_sets import NoteSet
from dualalign.measures.realism.embeddings import embed_together

MOST = 400


@dataclass(frozen=True, slots=True)
class NoteMap:
    """Notes on a plane.

    Args:
        synthetic: n x 2 places.
        reference: m x 2 places.
        how: what placed them.
    """

    synthetic: npt.NDArray[np.float64]
    reference: npt.NDArray[np.float64]
    how: str


def map_notes(
    synthetic: NoteSet, reference: NoteSet, encoder: str | None = None, most: int = MOST
) -> NoteMap:
    """Return a t-SNE map of notes; distances between far points mean nothing."""
    from sklearn.manifold import TSNE

    size = min(len(synthetic), len(reference), most)
    ours, theirs = synthetic.sample(size), reference.sample(size)
    embedded = embed_together([ours.texts, theirs.texts], encoder)
    points = np.vstack(embedded.sets)
    perplexity = min(30.0, (len(points) - 1) / 3)
    placed = TSNE(2, perplexity=perplexity, init="pca", random_state=0, max_iter=600).fit_transform(points)
    return NoteMap(placed[: len(ours)], placed[len(ours) :], f"t-SNE of {embedded.how}")
