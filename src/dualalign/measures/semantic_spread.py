"""How far apart in meaning sentences lie, which counts of shared words cannot see."""

from __future__ import annotations

import numpy as np

from dualalign.measures.diversity import draw_sentences, published_baselines, published_sample
from dualalign.measures.labelled_sentences import LabelledSentences, plain_sentences
from dualalign.measures.measure import Figure, Measure, TooLittleData, random_numbers
from dualalign.measures.metric import higher, measured
from dualalign.measures.note_sets import NoteSet
from dualalign.measures.realism.embeddings import embed_together
from dualalign.stats.arrays import Floats

_DRAWS = 300
_FEWEST = 4


@measured(semantic_spread=higher(0, 2))
def semantic_spread(
    labelled: LabelledSentences,
    any_reference: NoteSet | None = None,
    encoder: str | None = None,
) -> Measure:
    """Return the mean cosine distance of two sentences; the breakdown holds the number of directions they fill.

    Directions are the Vendi score: the exponential of the entropy of the eigenvalues of the cosine kernel, 1 where all
    sentences mean the same, and at most the dimensions of the space. Taken on a sample of the size that published
    diversity is taken on, matched by label where there are labels; else beside as many sentences of the reference, and
    the space is then shaped by both.

    Source: Friedman and Dieng, The Vendi Score, TMLR 2023.

    Raises:
        MeasureError: fewer than four sentences.
    """
    texts = draw_sentences(labelled, published_sample())
    if len(texts) < _FEWEST:
        raise TooLittleData(
            f"{len(texts)} sentences are too few for a spread of meanings", f"give at least {_FEWEST}"
        )
    reference = None
    if labelled.labels is None and any_reference is not None:
        reference = draw_sentences(plain_sentences(any_reference), len(texts))
    embedded = embed_together([texts, reference] if reference else [texts], encoder)
    own = embedded.sets[0]
    baseline = {}
    if reference:
        other = embedded.sets[1]
        baseline = {"reference": mean_distance(other), "target directions": directions(other)}
    elif labelled.labels is not None and encoder is None and len(texts) >= 0.9 * published_sample():
        baseline = published_baselines("semantic_spread")
    random = random_numbers()
    # Halves without repeats: a resample with repeats holds pairs of the same sentence, which pull the mean down.
    halves = [mean_distance(own[random.permutation(len(own))[: len(own) // 2]]) for _ in range(_DRAWS)]
    value = mean_distance(own)
    half = 1.96 * float(np.std(halves))
    return Figure(
        value,
        (max(0.0, value - half), min(2.0, value + half)),
        {"directions": directions(own)},
        baseline,
        note=f"{embedded.how}; {len(texts):,} sentences, cosine distance",
    )


def mean_distance(points: Floats) -> float:
    """Return the mean cosine distance of all pairs of rows of length 1, in linear time."""
    n = len(points)
    total = points.sum(axis=0)
    # Rows without any known word have length 0 and are alike to none, themselves included.
    own = float(np.sum(points * points))
    return 1.0 - (float(total @ total) - own) / (n * (n - 1))


def directions(points: Floats) -> float:
    """Return the Vendi score of rows of length 1 under the cosine kernel."""
    values = np.linalg.eigvalsh(points.T @ points)
    shares = values[values > 1e-12] / values[values > 1e-12].sum()
    return float(np.exp(-np.sum(shares * np.log(shares))))
