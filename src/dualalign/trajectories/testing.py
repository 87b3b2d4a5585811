"""Scores at a visit: true score, measurement error, rounding to the scale, and the reading."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dualalign.trajectories.plan import Score

if TYPE_CHECKING:
    import random

    from dualalign.packs.schema.instruments import Instrument, Instruments
    from dualalign.packs.schema.stages import Course


_LASTING = 0.6
"""Share of the variance of a test's error that stays with the patient: who does badly on a test for want of schooling or
sight does so each time. Design choice; the error of one test keeps the instrument's standard deviation."""


class TestGiver:
    """Gives the pack's tests.

    Args:
        instruments: the pack's instruments.
        course: says how the other scores follow from the anchor's, and how large an error may be.
        calendar: whether a test exists only from its first year.
    """

    __test__ = False

    def __init__(self, instruments: Instruments, course: Course, calendar: bool) -> None:
        self._instruments = {each.id: each for each in instruments.instruments}
        self._anchor = course.anchor
        self._limit = course.noise_limit
        self._derived = {
            name: (np.array([x for x, _ in points]), np.array([y for _, y in points]))
            for name, points in course.derived.items()
        }
        self._calendar = calendar

    def give(
        self,
        chances: dict[str, float],
        anchor: float,
        mood: bool,
        year: int,
        rng: random.Random,
        may_screen: bool = True,
        habits: dict[str, float] | None = None,
    ) -> tuple[Score, ...]:
        """Return the scores of one visit.

        Args:
            chances: instrument id -> chance that it is given.
            anchor: true score of the anchor instrument.
            mood: whether the patient is depressed, for instruments that follow mood and not severity.
            year: calendar year of the visit.
            rng: the patient's generator.
            may_screen: whether a test that screens cognition may be given; none may soon after another.
            habits: instrument id -> this patient's own lasting deviation, in standard deviations; updated.
        """
        scores = []
        names = list(chances)
        if rng.random() < 0.5:
            names.reverse()
        for name in names:
            if rng.random() >= chances[name]:
                continue
            instrument = self._instruments[name]
            if instrument.screens:
                if not may_screen or (self._calendar and year < instrument.first_year):
                    continue
                may_screen = False
            if self._calendar and year < instrument.first_year:
                continue
            scores.append(self._score(instrument, self.true_score(instrument, anchor, mood), habits, rng))
        return tuple(scores)

    def is_screen(self, instrument: str) -> bool:
        """Return whether a test screens cognition."""
        return self._instruments[instrument].screens

    def true_score(self, instrument: Instrument, anchor: float, mood: bool) -> float:
        """Return the score without measurement error."""
        if instrument.id == self._anchor:
            return anchor
        if instrument.id in self._derived:
            x, y = self._derived[instrument.id]
            return float(np.interp(anchor, x, y))
        span = instrument.maximum - instrument.minimum
        return instrument.minimum + span * (0.55 if mood else 0.16)

    def _score(
        self, instrument: Instrument, true: float, habits: dict[str, float] | None, rng: random.Random
    ) -> Score:
        error = rng.gauss(0.0, 1.0)
        if habits is not None:
            own = habits.setdefault(instrument.id, rng.gauss(0.0, 1.0))
            error = _LASTING**0.5 * own + (1 - _LASTING) ** 0.5 * error
        error = max(-self._limit, min(self._limit, error)) * instrument.noise_sd
        value = round((true + error) / instrument.step) * instrument.step
        value = min(max(value, instrument.minimum), instrument.maximum)
        impaired = instrument.is_impaired(value)
        return Score(
            instrument.id, instrument.names[0], value, instrument.maximum, impaired, instrument.reading(value)
        )
