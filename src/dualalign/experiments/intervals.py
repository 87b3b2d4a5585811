"""Intervals and paired tests by resampling groups of test sentences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from dualalign.experiments.scores import Floats, GroupCounts
from dualalign.randomness import Stream, generator

Statistic = Callable[[Floats], Floats]
"""From `heads x 4` counts to a vector of scores."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A score with its 95% interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """A paired difference of two training sets on the same test sentences.

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


def resample_scores(
    runs: Sequence[GroupCounts], statistic: Statistic, draws: int, seed: int
) -> tuple[Floats, Floats]:
    """Return the scores, and the same scores in `draws` resamples of the groups; both are means over runs.

    The same seed draws the same groups, so that two training sets can be compared draw by draw.

    Args:
        runs: predictions of one training set, one entry a seed, on the same test sentences.
        statistic: scores from counts.
        draws: resamples.
        seed: seed of the resampling.

    Returns:
        A vector of s scores, and draws x s.
    """
    weights = resample_weights(len(runs[0].counts), draws, seed)
    value = np.mean([statistic(run.total()) for run in runs], axis=0)
    drawn = np.mean([statistic(run.total(weights)) for run in runs], axis=0)
    return np.asarray(value), np.asarray(drawn)


def resample_weights(groups: int, draws: int, seed: int) -> Floats:
    """Return how often each group stands in each resample, draws x groups."""
    random = generator(seed, Stream.EXPERIMENT)
    return random.multinomial(groups, np.full(groups, 1 / groups), size=draws).astype(np.float64)


def estimate(value: float, drawn: Floats) -> Estimate:
    """Return a score with its percentile interval."""
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Estimate(float(value), float(low), float(high))


def difference(first: tuple[float, Floats], second: tuple[float, Floats]) -> Difference:
    """Return the paired difference of two scores with interval and p-value.

    Args:
        first: value and resamples of one training set.
        second: value and resamples of another, drawn with the same seed.
    """
    drawn = first[1] - second[1]
    low, high = np.quantile(drawn, [0.025, 0.975])
    below, above = int((drawn <= 0).sum()), int((drawn >= 0).sum())
    p = min(1.0, 2 * (min(below, above) + 1) / (len(drawn) + 1))
    return Difference(first[0] - second[0], float(low), float(high), p)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected for their number (Holm 1979, Scandinavian Journal of Statistics 6:65)."""
    order = np.argsort(p_values)
    corrected = np.empty(len(p_values))
    worst = 0.0
    for place, row in enumerate(order):
        worst = max(worst, min(1.0, (len(p_values) - place) * p_values[row]))
        corrected[row] = worst
    return [float(p) for p in corrected]
