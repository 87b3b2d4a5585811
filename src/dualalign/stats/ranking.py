"""Areas under curves, of one sample or of many resamples at once; equal scores count as ties, as in scikit-learn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dualalign.stats.arrays import Floats, Marks

_AT_ONCE = 4_000_000
"""Weights held at a time; 32 MB."""


def roc_auc(truth: Marks, scores: Floats) -> float:
    """Return how often a marked row scores above an unmarked one, ties counted half; nan where one kind is missing."""
    return float(resampled_roc_auc(truth, scores, np.ones((1, len(truth))))[0])


def resampled_roc_auc(truth: Marks, scores: Floats, weights: Floats) -> Floats:
    """Return the area under the ROC curve of each resample, nan where it holds one kind only.

    Args:
        truth: n.
        scores: n; the greater, the likelier.
        weights: draws x n, how often each row stands in a resample.
    """
    return _in_parts(_roc_auc, truth, scores, weights)


def resampled_average_precision(truth: Marks, scores: Floats, weights: Floats) -> Floats:
    """Return the average precision of each resample, nan where it holds nothing to find; arguments as above."""
    return _in_parts(_average_precision, truth, scores, weights)


def _roc_auc(positive: Floats, negative: Floats) -> Floats:
    above = np.cumsum(negative, axis=1) - negative
    pairs = positive.sum(axis=1) * negative.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(1 - (positive * (above + negative / 2)).sum(axis=1) / pairs)


def _average_precision(positive: Floats, negative: Floats) -> Floats:
    hits = np.cumsum(positive, axis=1)
    found = hits + np.cumsum(negative, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((positive * hits / np.maximum(found, 1e-12)).sum(axis=1) / hits[:, -1])


def _in_parts(
    area: Callable[[Floats, Floats], Floats], truth: Marks, scores: Floats, weights: Floats
) -> Floats:
    """Sum weights of positives and negatives at each distinct score, greatest first, and return the areas."""
    if not len(truth):
        return np.full(len(weights), np.nan)
    order = np.argsort(-scores, kind="stable")
    first = np.flatnonzero(np.diff(scores[order], prepend=np.inf) < 0)
    found = []
    for part in np.array_split(weights, -(-weights.size // _AT_ONCE) or 1):
        ranked = part[:, order]
        positive = ranked * truth[order]
        found.append(
            area(np.add.reduceat(positive, first, axis=1), np.add.reduceat(ranked - positive, first, axis=1))
        )
    return np.concatenate(found)
