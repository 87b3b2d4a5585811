"""Notes as points of a plane, for the figure that shows where synthetic and reference notes lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dualalign.measures.note_sets import NoteSet, cohort_notes
from dualalign.measures.realism.embeddings import embed_together

if TYPE_CHECKING:
    from dualalign.cohort.reader import Cohort

MOST = 400
_COMPARED = 3000


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


def notes_to_compare(cohort: Cohort, seed: int = 0) -> NoteSet:
    """Return the sample of a cohort's notes that is held against a reference: of patients with the disease only."""
    return cohort_notes(cohort, _COMPARED, seed)


def map_notes(
    synthetic: NoteSet, reference: NoteSet, encoder: str | None = None, seed: int = 0, most: int = MOST
) -> NoteMap:
    """Return a t-SNE map of notes; distances between far points mean nothing."""
    from sklearn.manifold import TSNE

    size = min(len(synthetic), len(reference), most)
    ours, theirs = synthetic.sample(size, seed), reference.sample(size, seed)
    embedded = embed_together([ours.texts, theirs.texts], encoder, seed)
    points = np.vstack(embedded.sets)
    perplexity = min(30.0, (len(points) - 1) / 3)
    placed = TSNE(2, perplexity=perplexity, init="pca", random_state=seed, max_iter=600).fit_transform(points)
    return NoteMap(placed[: len(ours)], placed[len(ours) :], f"t-SNE of {embedded.how}")
