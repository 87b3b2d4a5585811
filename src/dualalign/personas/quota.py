"""Counts that match shares as closely as whole people can."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def quota(shares: Sequence[float], n: int) -> NDArray[np.int64]:
    """Return how many of n people get each level: within 1 of n x share, adding up to n (largest remainder).

    Args:
        shares: proportions that sum to 1.
        n: number of people, 0 or more.
    """
    exact = np.asarray(shares, dtype=float) * n
    # A share that is a whole count but for rounding must not lose its last person to the floor.
    counts = np.floor(exact + 1e-9).astype(np.int64)
    for level in np.argsort(counts - exact, kind="stable")[: n - int(counts.sum())]:
        counts[level] += 1
    return counts


def shuffled_quota(counts: Sequence[int] | NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int8]:
    """Return codes 0, 1, ... in random order, each as often as its count."""
    return rng.permutation(np.repeat(np.arange(len(counts), dtype=np.int8), counts))
