"""Levels of measurements: what a person of that age, group and severity has, with that person's own deviations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dualalign.personas.conditions import person_meets

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack
    from dualalign.packs.schema.measurements import Measurement
    from dualalign.personas.persona import Persona
    from dualalign.trajectories.severity import LatentCourse

Floats = NDArray[np.float64]
_DAYS_PER_YEAR = 365.25


class LevelModel:
    """Draws the values that a person's measurements would have at given times.

    Works on the logarithm of measurements with a ratio scale and on the plain value of the others; columns are
    measurements in the pack's order.

    Args:
        pack: a loaded pack whose measurements.yaml has at least one panel.
    """

    def __init__(self, pack: Pack) -> None:
        measurements = [each for _, each in pack.measurements.each()]
        self._measurements = measurements
        self._horizon = float(pack.pack.horizon_years)
        self._limit = pack.measurements.deviation_limit
        self._ratio = np.array([each.scale == "ratio" for each in measurements])
        traits = pack.measurements.traits()
        self._trait = np.array([traits.index(each.trait_id) for each in measurements])
        self._mix = np.linalg.cholesky(pack.measurements.correlation_matrix())
        self._level = np.array([_scaled(each, each.typical[-1].level) for each in measurements])
        self._between = np.array([_between(each, -1) for each in measurements])
        self._grouped = [(m, each) for m, each in enumerate(measurements) if len(each.typical) > 1]
        self._slope = np.array([each.spread.slope for each in measurements])
        self._within = np.array([each.spread.within for each in measurements])
        self._ageing = np.array([_rate(each, each.per_year) for each in measurements])
        self._reference_age = np.array([each.reference_age for each in measurements])
        self._low, self._high = np.array([each.plausible for each in measurements]).T
        self._digits = 10.0 ** np.array([each.decimals for each in measurements])
        stages = sorted(pack.stages.stages, key=lambda stage: -stage.typical)
        self._middles = np.array([-stage.typical for stage in stages])
        ranks = {stage.id: rank for rank, stage in enumerate(stages)}
        self._shift = np.array([_by_stage(each, ranks, False) for each in measurements])
        self._excess = np.array([_by_stage(each, ranks, True) for each in measurements])

    def draw(
        self, persona: Persona, course: LatentCourse, years_before: Floats, rng: np.random.Generator
    ) -> Floats:
        """Return every measurement at every time, in its unit, as reported but for limits of detection.

        Args:
            persona: who is measured.
            course: the person's latent true scores.
            years_before: times, years before the index date, length n.
            rng: the person's generator.

        Returns:
            Array of n times by measurements.
        """
        level, between = self._of_group(persona)
        values = level + self.expected_change(persona, course, years_before)
        person, speed = rng.standard_normal((2, len(self._mix))).clip(-self._limit, self._limit)
        # Mixing may carry a deviation past the limit that each part of it keeps.
        person, speed = (self._mix @ np.stack([person, speed], axis=1)).clip(-self._limit, self._limit).T
        noise = rng.standard_normal(values.shape).clip(-self._limit, self._limit)
        since_middle = (self._horizon / 2 - years_before)[:, None]
        values += person[self._trait] * between + speed[self._trait] * self._slope * since_middle
        values += noise * self._within
        # A log-normal with this mean of logarithms would lie above the mean that the pack gives.
        spread = between**2 + self._within**2 + (self._slope * since_middle) ** 2
        values = np.where(self._ratio, np.exp(np.where(self._ratio, values - spread / 2, 0.0)), values)
        return np.asarray(np.clip(np.rint(values * self._digits) / self._digits, self._low, self._high))

    def expected_change(self, persona: Persona, course: LatentCourse, years_before: Floats) -> Floats:
        """Return the mean difference from the group's level at the reference age, on the working scale.

        Args:
            persona: who is measured.
            course: the person's latent true scores.
            years_before: times, years before the index date, length n.

        Returns:
            Array of n times by measurements; logarithms of ratios where the scale is a ratio.
        """
        age_at_index = (persona.index_date - persona.birth_date).days / _DAYS_PER_YEAR
        ages = age_at_index - years_before
        change = self._ageing * (ages[:, None] - self._reference_age)
        if persona.is_case:
            change += self._stage_weights(course.score(years_before)) @ self._shift.T
            change += self._years_in_stages(course, years_before) @ self._excess.T
        return np.asarray(change)

    def _of_group(self, persona: Persona) -> tuple[Floats, Floats]:
        """Return level and standard deviation between persons of the groups that the person belongs to."""
        level, between = self._level.copy(), self._between.copy()
        for m, each in self._grouped:
            for g, group in enumerate(each.typical):
                if person_meets(
                    group.when, persona.factors, persona.age_at_index, persona.tags, persona.work or ""
                ):
                    level[m], between[m] = _scaled(each, group.level), _between(each, g)
                    break
        return level, between

    def _stage_weights(self, scores: Floats) -> Floats:
        """Return how much each stage counts at some true scores: all in its middle, less towards the next."""
        place = np.interp(-scores, self._middles, np.arange(len(self._middles)))
        return np.asarray(np.maximum(0.0, 1.0 - abs(place[:, None] - np.arange(len(self._middles)))))

    def _years_in_stages(self, course: LatentCourse, years_before: Floats) -> Floats:
        """Return years spent in each stage between the start of the horizon and some times."""
        inside = course.times <= self._horizon
        times = course.times[inside]
        weights = self._stage_weights(course.anchor[inside])
        spent = np.zeros_like(weights)
        np.cumsum((weights[1:] + weights[:-1]) / 2 * -np.diff(times)[:, None], axis=0, out=spent[1:])
        return np.stack([np.interp(-years_before, -times, column) for column in spent.T], axis=1)


def _scaled(measurement: Measurement, level: float) -> float:
    return float(np.log(level)) if measurement.scale == "ratio" else level


def _rate(measurement: Measurement, per_year: float) -> float:
    return float(np.log1p(per_year)) if measurement.scale == "ratio" else per_year


def _between(measurement: Measurement, group: int) -> float:
    own = measurement.typical[group].between
    return measurement.spread.between if own is None else own


def _by_stage(measurement: Measurement, ranks: dict[str, int], changes: bool) -> Floats:
    """Return the disease's effect in every stage: on the level, or on the change per year."""
    found = {
        ranks[effect.stage]: _rate(measurement, effect.per_year) - _rate(measurement, measurement.per_year)
        if effect.per_year is not None
        else _scaled(measurement, effect.level or 0.0) - _scaled(measurement, measurement.typical[-1].level)
        for effect in measurement.disease
        if (effect.per_year is not None) == changes
    }
    if not found:
        return np.zeros(len(ranks))
    known = sorted(found)
    return np.interp(np.arange(len(ranks)), known, [found[rank] for rank in known])
