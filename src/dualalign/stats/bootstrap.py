"""Intervals and paired tests by resampling independent units, or groups of rows that belong together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from dualalign.stats.arrays import Floats, Rows
from dualalign.stats.folds import rows_of_groups


@dataclass(frozen=True, slots=True)
class Estimate:
    """A score with its 95% interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """A paired difference of two methods on the same data.

    Args:
        value: first less second.
        low: lower end of the 95% interval.
        high: upper end.
        p: two-sided bootstrap p-value.
    """

    value: float
    low: float
    high: float
    p: float


def bootstrap_interval(
    units: int,
    statistic: Callable[[Rows], float],
    random: np.random.Generator,
    draws: int = 1000,
    level: float = 0.95,
) -> tuple[float, float] | None:
    """Return the percentile bootstrap interval of a statistic over independent units.

    Args:
        units: how many patients (or notes, groups) there are.
        statistic: value of a resample, given as indices of units with repeats; nan where undefined.
        random: draws the resamples.
        draws: resamples.
        level: coverage, between 0 and 1.

    Returns:
        Lower and upper end; None where fewer than two units, or half the resamples have no value.
    """
    if units < 2:
        return None
    values = np.array([statistic(random.integers(0, units, units)) for _ in range(draws)])
    values = values[~np.isnan(values)]
    if len(values) * 2 < draws:
        return None
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def grouped_interval(
    groups: Sequence[str],
    statistic: Callable[[Rows], float],
    random: np.random.Generator,
    draws: int = 300,
    shifted: bool = False,
    bounds: tuple[float, float] = (-np.inf, np.inf),
) -> tuple[float, float] | None:
    """Return a 95% bootstrap interval of a statistic of rows, whole groups drawn with repeats.

    Args:
        groups: group of each row.
        statistic: value of a resample, given as rows; nan where undefined.
        random: draws the resamples.
        draws: resamples.
        shifted: take off what resampling itself adds, for distances, which noise always lengthens.
        bounds: no end lies beyond them.
    """
    members = rows_of_groups(groups)
    seen: list[float] = []

    def of_groups(drawn: Rows) -> float:
        seen.append(statistic(np.concatenate([members[group] for group in drawn])))
        return seen[-1]

    interval = bootstrap_interval(len(members), of_groups, random, draws)
    if interval is None:
        return None
    shift = float(np.nanmean(seen)) - statistic(np.arange(len(groups))) if shifted else 0.0
    low, high = np.clip(np.array(interval) - shift, *bounds)
    return float(low), float(high)


def group_weights(groups: int, draws: int, random: np.random.Generator) -> Floats:
    """Return how often each group stands in each resample, draws x groups.

    Generators in the same state draw the same groups, so that two methods can be compared draw by draw.
    """
    return random.multinomial(groups, np.full(groups, 1 / groups), size=draws).astype(np.float64)


def estimate(value: float, drawn: Floats) -> Estimate:
    """Return a score with its percentile interval, given the same score of each resample."""
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Estimate(float(value), float(low), float(high))


def paired_difference(first: tuple[float, Floats], second: tuple[float, Floats]) -> Difference:
    """Return the paired difference of two scores with interval and p-value.

    Args:
        first: value and resamples of one method.
        second: value and resamples of another, of the same resamples.
    """
    drawn = first[1] - second[1]
    low, high = np.quantile(drawn, [0.025, 0.975])
    below, above = int((drawn <= 0).sum()), int((drawn >= 0).sum())
    p = min(1.0, 2 * (min(below, above) + 1) / (len(drawn) + 1))
    return Difference(first[0] - second[0], float(low), float(high), p)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected for their number (Holm 1979, Scandinavian Journal of Statistics 6:65)."""
    order = np.argsort(p_values)
    scaled = np.asarray(p_values, dtype=np.float64)[order] * np.arange(len(order), 0, -1)
    corrected = np.empty(len(order))
    corrected[order] = np.maximum.accumulate(np.minimum(scaled, 1.0))
    return [float(p) for p in corrected]
