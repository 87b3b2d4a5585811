"""What every measure returns, and the intervals most of them use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from math import inf
from typing import Any, Literal

import numpy as np

from dualalign.errors import MeasureError
from dualalign.randomness import Stream, generator
from dualalign.stats import bootstrap as stats
from dualalign.stats.arrays import Rows

Goal = Literal["min", "max", "none"]
Interval = tuple[float, float]


class TooLittleData(MeasureError):
    """Nothing is wrong with the data; there is only too little of it for this measure."""


class NotGiven(MeasureError):
    """An input that a measure needs is not at hand; the message says what would bring it."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure about a dataset, with what is needed to read it.

    Args:
        name: id of the measure, for example `self_bleu_4`.
        goal: whether less (`min`) or more (`max`) is better, or neither (`none`).
        bounds: least and greatest value possible; infinity where there is none.
        value: the figure.
        interval: 95% interval, None where none can be given.
        breakdown: the same figure by part (label, table, year, ...).
        baseline: figures to hold it against, by name; `target X` and `published X` belong to part X.
        unit: what the value counts; empty for a share or a score.
        note: what a reader must know before quoting it; may be empty.
        intervals: 95% intervals of parts of the breakdown, by the same names; may be empty.
        caution: what of the note must stand wherever the figure does, as what was not looked for; may be empty.

    Raises:
        MeasureError: the value is not a number or lies outside the bounds.
    """

    name: str
    goal: Goal
    bounds: tuple[float, float]
    value: float
    interval: Interval | None = None
    breakdown: Mapping[str, float] = field(default_factory=dict)
    baseline: Mapping[str, float] = field(default_factory=dict)
    unit: str = ""
    note: str = ""
    intervals: Mapping[str, Interval] = field(default_factory=dict)
    caution: str = ""

    def __post_init__(self) -> None:
        low, high = self.bounds
        # The margin forgives rounding in sums; nan fails both comparisons.
        if not (low - 1e-9 <= self.value <= high + 1e-9):
            raise MeasureError(
                f"measure '{self.name}': value {self.value} outside its bounds {low} to {high}",
                "check that the data it was computed on is not empty or damaged",
            )

    def as_dict(self) -> dict[str, Any]:
        """Return the measure as plain values, ready for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        text = f"{self.name} {self.value:.4g}"
        if self.interval is not None:
            text += f" ({self.interval[0]:.4g} to {self.interval[1]:.4g})"
        return f"{text} {self.unit}".rstrip()


Figure = partial(Measure, "", "none", (-inf, inf))
"""A measure before its metric gives it a name, a goal and bounds: value, interval, breakdown, baseline and so on."""


def random_numbers(seed: int = 0) -> np.random.Generator:
    """Return the generator that measures draw from; the same at every call, so that figures are."""
    return generator(seed, Stream.MEASURE)


def bootstrap_interval(
    units: int, statistic: Callable[[Rows], float], seed: int = 0, draws: int = 1000
) -> Interval | None:
    """Return `stats.bootstrap_interval` with the random numbers of measures."""
    return stats.bootstrap_interval(units, statistic, random_numbers(seed), draws)


def grouped_interval(
    groups: Sequence[str],
    statistic: Callable[[Rows], float],
    draws: int = 300,
    shifted: bool = False,
    bounds: Interval = (-inf, inf),
) -> Interval | None:
    """Return `stats.grouped_interval` with the random numbers of measures."""
    return stats.grouped_interval(groups, statistic, random_numbers(), draws, shifted, bounds)
