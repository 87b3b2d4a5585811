"""Scores of yes-or-no decisions from counts, so that a resample of groups costs one sum."""

from __future__ import annotations

import numpy as np

from dualalign.stats.arrays import Floats, Marks, Rows


def count_by_group(truth: Marks, predicted: Marks, groups: Rows, size: int) -> Floats:
    """Count hits and misses of each column in each group of rows.

    Args:
        truth: n x h.
        predicted: n x h.
        groups: group of each row, 0 to `size` - 1.
        size: number of groups; those without a row count nothing.

    Returns:
        Groups x columns x 4: true positives, false positives, false negatives, true negatives. `np.tensordot(weights,
        counts, 1)` gives those of resamples.
    """
    cells = np.stack([truth & predicted, ~truth & predicted, truth & ~predicted, ~truth & ~predicted], axis=2)
    counts = np.zeros((size, truth.shape[1], 4))
    np.add.at(counts, groups, cells)
    return counts


def precision_of(counts: Floats) -> Floats:
    """Return precision from `... x 4` counts; 0 where nothing was predicted."""
    return _share(counts[..., 0], counts[..., 0] + counts[..., 1])


def recall_of(counts: Floats) -> Floats:
    """Return recall from `... x 4` counts; 0 where there was nothing to find."""
    return _share(counts[..., 0], counts[..., 0] + counts[..., 2])


def f1_of(counts: Floats) -> Floats:
    """Return F1 from `... x 4` counts; 0 where nothing was predicted and nothing was there."""
    return _share(2 * counts[..., 0], 2 * counts[..., 0] + counts[..., 1] + counts[..., 2])


def accuracy_of(counts: Floats) -> Floats:
    """Return the share of right answers from `... x 4` counts."""
    return _share(counts[..., 0] + counts[..., 3], counts.sum(axis=-1))


def kappa_of_counts(both: int, first_only: int, second_only: int, neither: int) -> float | None:
    """Return Cohen's kappa of a two-by-two table; None if it is empty or chance alone would always agree.

    Source: Cohen 1960, Educational and Psychological Measurement 20:37.
    """
    total = both + first_only + second_only + neither
    if not total:
        return None
    first, second = (both + first_only) / total, (both + second_only) / total
    expected = first * second + (1 - first) * (1 - second)
    return None if expected >= 1.0 else ((both + neither) / total - expected) / (1 - expected)


def _share(part: Floats, whole: Floats) -> Floats:
    return np.where(whole > 0, part / np.maximum(whole, 1e-12), 0.0)
