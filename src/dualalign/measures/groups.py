"""Resampling and folds of rows that belong together: a patient's notes are never parted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from dualalign.measures.measure import bootstrap_interval
from dualalign.randomness import Stream, generator

Rows = npt.NDArray[np.intp]
FOLDS = 5


def rows_of_groups(groups: Sequence[str]) -> list[Rows]:
    """Return the rows of each group, groups in the order they are first met."""
    found: dict[str, list[int]] = {}
    for row, group in enumerate(groups):
        found.setdefault(group, []).append(row)
    return [np.array(rows, dtype=np.intp) for rows in found.values()]


def grouped_interval(
    groups: Sequence[str],
    statistic: Callable[[Rows], float],
    seed: int = 0,
    draws: int = 300,
    shifted: bool = False,
    bounds: tuple[float, float] = (-np.inf, np.inf),
) -> tuple[float, float] | None:
    """Return a 95% bootstrap interval of a statistic of rows, whole groups drawn with repeats.

    Args:
        groups: group of each row.
        statistic: value of a resample, given as rows; nan where undefined.
        seed: of the resampling.
        draws: resamples.
        shifted: take off what resampling itself adds, for distances, which noise always lengthens.
        bounds: no end lies beyond them.
    """
    members = rows_of_groups(groups)
    seen: list[float] = []

    def of_groups(drawn: Rows) -> float:
        seen.append(statistic(np.concatenate([members[group] for group in drawn])))
        return seen[-1]

    interval = bootstrap_interval(len(members), of_groups, seed, draws)
    if interval is None:
        return None
    shift = float(np.nanmean(seen)) - statistic(np.arange(len(groups))) if shifted else 0.0
    low, high = np.clip(np.array(interval) - shift, *bounds)
    return float(low), float(high)


def grouped_folds(groups: Sequence[str], seed: int = 0, folds: int = FOLDS) -> Rows:
    """Return the fold of each row, of about equal numbers of groups, no group in two folds."""
    names = sorted(set(groups))
    places = generator(seed, Stream.MEASURE).permutation(len(names)) % folds
    fold = dict(zip(names, places.tolist(), strict=True))
    return np.array([fold[group] for group in groups], dtype=np.intp)
