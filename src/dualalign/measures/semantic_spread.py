"""How far apart in meaning sentences lie, which counts of shared words cannot see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from dualalign.errors import MeasureError
from dualalign.measures.diversity import matched_sample, published_baselines, published_sample
from dualalign.measures.measure import Measure
from dualalign.measures.realism.embeddings import embed_together
from dualalign.randomness import Stream, generator

Floats = npt.NDArray[np.float64]

_DRAWS = 300
_FEWEST = 4


def measure_spread(
    texts: Sequence[str],
    reference: Sequence[str] | None = None,
    encoder: str | None = None,
    seed: int = 0,
) -> Measure:
    """Return the mean cosine distance of two sentences; the breakdown holds the number of directions they fill.

    Directions are the Vendi score: the exponential of the entropy of the eigenvalues of the cosine kernel, 1 where all
    sentences mean the same, and at most the dimensions of the space.

    Source: Friedman and Dieng, The Vendi Score, TMLR 2023.

    Args:
        texts: sentences, four or more.
        reference: as many sentences to hold them against; the space is then shaped by both.
        encoder: Hugging Face id or folder; None uses latent semantic analysis.
        seed: of the space and the interval.

    Raises:
        MeasureError: fewer than four sentences.
    """
    if len(texts) < _FEWEST:
        raise MeasureError(
            f"{len(texts)} sentences are too few for a spread of meanings", f"give at least {_FEWEST}"
        )
    embedded = embed_together([texts, reference] if reference else [texts], encoder, seed)
    own = embedded.sets[0]
    baseline = {}
    if reference:
        other = embedded.sets[1]
        baseline = {"reference": mean_distance(other), "target directions": directions(other)}
    random = generator(seed, Stream.MEASURE)
    # Halves without repeats: a resample with repeats holds pairs of the same sentence, which pull the mean down.
    halves = [mean_distance(own[random.permutation(len(own))[: len(own) // 2]]) for _ in range(_DRAWS)]
    value = mean_distance(own)
    half = 1.96 * float(np.std(halves))
    return Measure(
        "semantic_spread",
        "max",
        (0.0, 2.0),
        value,
        (max(0.0, value - half), min(2.0, value + half)),
        {"directions": directions(own)},
        baseline,
        note=f"{embedded.how}; {len(texts):,} sentences, cosine distance",
    )


def measure_label_spread(
    texts: Sequence[str], labels: Sequence[Sequence[str]], encoder: str | None = None, seed: int = 0
) -> Measure:
    """Return the spread of a sample of sentences matched by label, of the size that published diversity is taken on.

    Args:
        texts: the sentences.
        labels: label ids of each.
        encoder: Hugging Face id or folder; None uses latent semantic analysis.
        seed: of the draw, the space and the interval.
    """
    rows = matched_sample(labels, published_sample(), seed)
    found = measure_spread([texts[row] for row in rows], None, encoder, seed)
    comparable = encoder is None and len(rows) >= 0.9 * published_sample()
    return replace(found, baseline=published_baselines(found.name) if comparable else {})


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
