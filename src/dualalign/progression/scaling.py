"""Bring every input to mean 0 and spread 1, as seen in training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dualalign.progression.history import history_at_visits
from dualalign.progression.visits import Floats, Visits

WIDE = ("last", "mean", "slope")
"""Words of the history that the linear path reads."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Mean and spread of each column."""

    mean: Floats
    spread: Floats

    def apply(self, values: Floats) -> Floats:
        """Return scaled values, 0 where missing, held within ten spreads."""
        scaled = np.clip((values - self.mean) / self.spread, -10.0, 10.0)
        return np.nan_to_num(scaled, nan=0.0)


def fit_scale(values: Floats) -> Scale:
    """Return the scale of columns; one never seen or without spread stays as it is."""
    count = np.maximum((~np.isnan(values)).sum(axis=0), 1)
    mean = np.nansum(values, axis=0) / count
    spread = np.sqrt(np.nansum((values - mean) ** 2, axis=0) / count)
    return Scale(mean, np.where(spread > 1e-6, spread, 1.0))


def scale_of_sums(count: Floats, total: Floats, squares: Floats) -> Scale:
    """Return the scale of columns of which only counts, sums and sums of squares are known."""
    seen = np.maximum(count, 1)
    mean = total / seen
    spread = np.sqrt(np.maximum(squares / seen - mean**2, 0.0))
    return Scale(mean, np.where(spread > 1e-6, spread, 1.0))


@dataclass(frozen=True, slots=True)
class Scales:
    """Scales of all that goes into a model."""

    values: Scale
    person: Scale
    wide: Scale


def fit_scales(visits: Visits) -> Scales:
    """Return the scales of visits, from training subjects only."""
    return Scales(
        fit_scale(visits.values),
        fit_scale(visits.person_at_rows()),
        fit_scale(history_at_visits(visits).columns(WIDE)),
    )
