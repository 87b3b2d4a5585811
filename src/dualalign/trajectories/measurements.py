"""Measurements beside the tests of the disease: which visits bring them, and what they show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dualalign.personas.conditions import person_meets
from dualalign.trajectories.levels import LevelModel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dualalign.packs.pack import Pack
    from dualalign.personas.persona import Persona
    from dualalign.trajectories.plan import NotePlan
    from dualalign.trajectories.severity import LatentCourse

_NO_YEAR = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """One person's results, by visit and then in the pack's order; all arrays have one entry per result.

    Args:
        visit: 0-based visit.
        measurement: place of the measurement among those of the pack.
        value: in the measurement's unit.
        limit: -1 if the value is a lower limit of detection that the result lies below, 1 if an upper one that it
            lies above, else 0.
    """

    visit: NDArray[np.intp]
    measurement: NDArray[np.intp]
    value: NDArray[np.float64]
    limit: NDArray[np.int8]

    @classmethod
    def none(cls) -> Measured:
        """Return no results."""
        empty = np.zeros(0)
        return cls(empty.astype(np.intp), empty.astype(np.intp), empty, empty.astype(np.int8))


class MeasurementModel:
    """Orders the pack's panels at visits and draws their results.

    Args:
        pack: a loaded pack; without measurements.yaml nobody is measured.
        calendar: whether a panel exists only in its years.
    """

    def __init__(self, pack: Pack, calendar: bool) -> None:
        panels = pack.measurements.panels
        self._panels = panels
        if not panels:
            return
        self._levels = LevelModel(pack)
        self._types = {kind.id: place for place, kind in enumerate(pack.visits.types)}
        self._stages = {stage.id: place for place, stage in enumerate(pack.stages.stages)}
        self._ordered = np.array([[panel.ordered.get(kind, 0.0) for panel in panels] for kind in self._types])
        self._by_stage = np.array(
            [[panel.by_stage.get(stage, 1.0) for panel in panels] for stage in self._stages]
        )
        first = [panel.first_year if calendar else 0 for panel in panels]
        last = [panel.last_year if calendar and panel.last_year else _NO_YEAR for panel in panels]
        self._first, self._last = np.array(first), np.array(last)
        self._share = np.array([panel.share for panel in panels])
        self._missing = np.array([panel.missing for panel in panels])
        self._gaps = [panel.gap_days for panel in panels]
        each = [one for _, one in pack.measurements.each()]
        self._holds = np.array(
            [[panel is holder for holder, _ in pack.measurements.each()] for panel in panels]
        )
        places = {one.id: place for place, one in enumerate(each)}
        self._sums = [
            (place, [(places[part], factor) for part, factor in one.sum_of.items()])
            for place, one in enumerate(each)
            if one.sum_of
        ]
        self._result_missing = np.array([one.missing for one in each])
        self._lowest = np.array([-np.inf if one.detection[0] is None else one.detection[0] for one in each])
        self._highest = np.array([np.inf if one.detection[1] is None else one.detection[1] for one in each])

    def draw(
        self,
        persona: Persona,
        course: LatentCourse,
        plans: Sequence[NotePlan],
        rng: np.random.Generator,
    ) -> Measured:
        """Draw one person's results.

        Args:
            persona: who is measured.
            course: the person's latent true scores.
            plans: the person's visits in date order.
            rng: a generator of the person's own for measurements, so that nothing else hangs on them.
        """
        if not self._panels or not plans:
            return Measured.none()
        values = self._levels.draw(persona, course, np.array([plan.years_before for plan in plans]), rng)
        for place, parts in self._sums:
            values[:, place] = sum(values[:, part] * factor for part, factor in parts)
        done = self._done(persona, plans, rng)
        reported = done @ self._holds & (rng.random(values.shape) >= self._result_missing)
        visit, measurement = np.nonzero(reported)
        value = values[visit, measurement]
        lowest, highest = self._lowest[measurement], self._highest[measurement]
        limit = (value > highest).astype(np.int8) - (value < lowest).astype(np.int8)
        return Measured(visit, measurement, np.clip(value, lowest, highest), limit)

    def _done(
        self, persona: Persona, plans: Sequence[NotePlan], rng: np.random.Generator
    ) -> NDArray[np.bool_]:
        """Return which visits (rows) bring results of which panels (columns)."""
        able = rng.random(len(self._panels)) < self._share
        drawn = rng.random((2, len(plans), len(self._panels)))
        chance = self._ordered[[self._types[plan.note_type] for plan in plans]]
        chance = chance * self._by_stage[[self._stages[plan.stage] for plan in plans]]
        chance = chance * [self._factor(panel, persona) for panel in range(len(self._panels))]
        year = np.array([plan.date.year for plan in plans])[:, None]
        ordered = (drawn[0] < chance) & able & (year >= self._first) & (year <= self._last)
        ordered &= drawn[1] >= self._missing
        earliest = [0] * len(self._panels)
        for visit, panel in np.argwhere(ordered).tolist():
            day = plans[visit].date.toordinal()
            if day < earliest[panel]:
                ordered[visit, panel] = False
            else:
                earliest[panel] = day + self._gaps[panel]
        return np.asarray(ordered)

    def _factor(self, panel: int, persona: Persona) -> float:
        factor = 1.0
        for group in self._panels[panel].more_often:
            if person_meets(
                group.when, persona.factors, persona.age_at_index, persona.tags, persona.work or ""
            ):
                factor *= group.times
        return factor
