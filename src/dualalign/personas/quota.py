"""Counts that match shares as closely as whole patients can."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int8]


def quota(shares: Sequence[float], n: int) -> NDArray[np.int64]:
    """Return how many of n patients get each level: within 1 of n x share, adding up to n (largest remainder)."""
    exact = np.asarray(shares, dtype=float) * n
    counts = np.floor(exact + 1e-9).astype(np.int64)
    remainders = exact - counts
    for level in np.argsort(-remainders, kind="stable")[: n - int(counts.sum())]:
        counts[level] += 1
    return counts


def by_quota(shares: Sequence[float], n: int, rng: np.random.Generator) -> Codes:
    """Return n levels in random order whose counts are the quota."""
    return rng.permutation(np.repeat(np.arange(len(shares), dtype=np.int8), quota(shares, n)))


def by_rank(shares: Sequence[float], scores: NDArray[np.float64]) -> Codes:
    """Return levels given out in order of score, lowest first, so that counts are the quota and dependence is kept."""
    n = len(scores)
    levels = np.repeat(np.arange(len(shares), dtype=np.int8), quota(shares, n))
    out = np.empty(n, dtype=np.int8)
    out[np.argsort(scores, kind="stable")] = levels
    return out
