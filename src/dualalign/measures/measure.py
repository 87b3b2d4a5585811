"""What every measure returns, and the interval most of them use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from dualalign.errors import MeasureError
from dualalign.randomness import Stream, generator

Goal = Literal["min", "max"]


class TooLittleData(MeasureError):
    """Nothing is wrong with the data; there is only too little of it for this measure."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure about a dataset, with what is needed to read it.

    Args:
        name: id of the measure, for example `self_bleu_4`.
        goal: whether less (`min`) or more (`max`) is better.
        bounds: least and greatest value possible; infinity where there is none.
        value: the figure.
        interval: 95% interval, None where none can be given.
        breakdown: the same figure by part (label, table, year, ...).
        baseline: figures to hold it against, by name.
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
    interval: tuple[float, float] | None = None
    breakdown: Mapping[str, float] = field(default_factory=dict)
    baseline: Mapping[str, float] = field(default_factory=dict)
    unit: str = ""
    note: str = ""
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
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


def bootstrap_interval(
    units: int,
    statistic: Callable[[npt.NDArray[np.intp]], float],
    seed: int = 0,
    draws: int = 1000,
    level: float = 0.95,
) -> tuple[float, float] | None:
    """Return the percentile bootstrap interval of a statistic over independent units.

    Args:
        units: how many patients (or notes, groups) there are.
        statistic: value of a resample, given as indices of units with repeats; nan where undefined.
        seed: seed of the resampling.
        draws: resamples.
        level: coverage, between 0 and 1.

    Returns:
        Lower and upper end; None where fewer than two units, or half the resamples have no value.
    """
    if units < 2:
        return None
    random = generator(seed, Stream.MEASURE)
    values = np.array([statistic(random.integers(0, units, units)) for _ in range(draws)])
    values = values[~np.isnan(values)]
    if len(values) * 2 < draws:
        return None
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
