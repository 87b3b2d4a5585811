"""When a patient is seen, and in what setting: an inhomogeneous Poisson process with the pack's rates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from dualalign.packs.schema.visits import Visits


_LEAST_APART = 0.3
"""Least time between visits of one setting in one year, as a share of their mean distance; ours."""


class VisitProcess:
    """Draws visits: counts by setting and year are Poisson with the table's rate times the intensity.

    Args:
        visits: the pack's rates.
        horizon: years before the index date.
        intensity: multiplier on the rates.
        shape: shape of the gamma, mean 1, that multiplies a patient's rates; none if all patients' are alike.
    """

    def __init__(self, visits: Visits, horizon: int, intensity: float, shape: float | None = None) -> None:
        self._shape = shape
        self.types = [each.id for each in visits.types]
        years = range(1, horizon + 1)
        self._rates = np.array([[visits.rate(t, y) for y in years] for t in self.types]) * intensity
        # People without the disease are seen as patients are in the window farthest from the diagnosis.
        far = np.array([visits.rate(t, horizon) for t in self.types])
        self._control_rates = np.repeat(far[:, None], horizon, axis=1) * intensity * visits.control_intensity

    def draw(
        self, rng: np.random.Generator, is_case: bool
    ) -> tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.intp]]:
        """Draw one patient's visits in date order.

        Returns:
            Years before the index date, index of the note type, and year bin (1 is the last year), one per visit.
        """
        rates = self._rates if is_case else self._control_rates
        if self._shape is not None:
            rates = rates * rng.gamma(self._shape, 1 / self._shape)
        counts = rng.poisson(rates)
        types, bins = np.nonzero(counts)
        repeats = counts[types, bins]
        types, bins = np.repeat(types, repeats), np.repeat(bins, repeats)
        # A visit lies strictly inside its year, and a setting's visits of one year do not crowd on neighbouring days.
        place = np.arange(len(bins)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
        jitter = _LEAST_APART / 2 + (1 - _LEAST_APART) * rng.random(len(bins))
        within = 0.003 + 0.994 * (place + jitter) / np.repeat(repeats, repeats)
        years_before = bins + within
        order = np.argsort(-years_before, kind="stable")
        return years_before[order], types[order], bins[order] + 1
