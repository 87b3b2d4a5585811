"""Average precision (the area under the precision-recall curve), of many resamples at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dualalign.experiments.scores import Floats

_AT_ONCE = 4_000_000
"""Weights held at a time; 32 MB."""


def average_precision(truth: npt.NDArray[np.bool_], logits: Floats, weights: Floats) -> Floats:
    """Return the average precision of each resample, 0 where it holds nothing to find.

    Sentences with equal logits count as found together, as in scikit-learn.

    Args:
        truth: n.
        logits: n; the greater, the likelier.
        weights: draws x n, how often each sentence stands in a resample.
    """
    if len(weights) * len(truth) > _AT_ONCE and len(weights) > 1:
        parts = np.array_split(weights, -(-len(weights) * len(truth) // _AT_ONCE))
        return np.concatenate([average_precision(truth, logits, part) for part in parts])
    order = np.argsort(-logits, kind="stable")
    ranked = logits[order]
    last_of_equals = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)
    sorted_weights = weights[:, order]
    hits = np.cumsum(sorted_weights * truth[order], axis=1)[:, last_of_equals]
    found = np.cumsum(sorted_weights, axis=1)[:, last_of_equals]
    gained = np.diff(hits, axis=1, prepend=0.0)
    areas = (gained * hits / np.maximum(found, 1e-12)).sum(axis=1)
    return np.asarray(areas / np.maximum(hits[:, -1], 1e-12))
