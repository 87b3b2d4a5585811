"""Draws chronic conditions from the persona's factors and from published prevalence by age and sex."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from dualalign.charts.chart import ConditionCourse

if TYPE_CHECKING:
    import random

    from dualalign.packs.pack import Pack
    from dualalign.packs.schema.chronic_conditions import ChronicCondition
    from dualalign.personas.persona import Persona

_NOT_THERE = ("no", "none", "never", "undiagnosed")
_YEAR = 365.25


class IllnessDrawer:
    """Draws the conditions of patients of one pack."""

    def __init__(self, pack: Pack) -> None:
        specs = pack.conditions.conditions
        # Those that a factor decides come first, so that others can follow from them.
        self._specs = sorted(specs, key=lambda spec: spec.prevalence.factor is None)
        self.by_id = {spec.id: spec for spec in specs}
        by_factor: dict[str, list[ChronicCondition]] = {}
        for spec in specs:
            if spec.prevalence.factor and spec.prevalence.share < 1:
                by_factor.setdefault(spec.prevalence.factor, []).append(spec)
        self._split = by_factor

    def draw(self, persona: Persona, rng: random.Random) -> list[ConditionCourse]:
        """Draw one person's conditions, in order of onset."""
        had: list[ConditionCourse] = []
        ids: set[str] = set()
        for spec in self._specs:
            chance, when, control, name = rng.random(), rng.random(), rng.random(), rng.random()
            if chance < self._share(spec, persona, ids):
                had.append(self._course(spec, persona, when, control, name))
                ids.add(spec.id)
        for factor, specs in self._split.items():
            point, when, control, name = rng.random(), rng.random(), rng.random(), rng.random()
            level = persona.factors.get(factor, "no")
            fits = [spec for spec in specs if _has(spec, level) and spec.sex in (None, persona.sex)]
            if fits and ids.isdisjoint(spec.id for spec in fits):
                spec = fits[int(point * len(fits))]
                had.append(self._course(spec, persona, when, control, name))
                ids.add(spec.id)
        return sorted(had, key=lambda course: (course.onset, course.id))

    def newly(self, condition: str, day: date, rng: random.Random) -> ConditionCourse | None:
        """Return a condition that is named on a day; None if the library does not hold it."""
        spec = self.by_id.get(condition)
        if spec is None:
            return None
        return ConditionCourse(spec, day, spec.names[int(rng.random() ** 2 * len(spec.names))], 0.4)

    def _share(self, spec: ChronicCondition, persona: Persona, ids: set[str]) -> float:
        if spec.sex is not None and spec.sex != persona.sex:
            return 0.0
        prevalence = spec.prevalence
        if prevalence.factor is not None:
            return prevalence.share if _has(spec, persona.factors.get(prevalence.factor, "no")) else 0.0
        age = persona.age_at_index
        share = 0.0
        for row in prevalence.rows:
            if (
                row.sex in (None, persona.sex)
                and (row.age_from is None or age >= row.age_from)
                and (row.age_below is None or age < row.age_below)
            ):
                share = row.share
                break
        for other, times in spec.more_with.items():
            if other in ids and 0 < share < 1:
                odds = share / (1 - share) * times
                share = odds / (1 + odds)
        return share

    def _course(
        self, spec: ChronicCondition, persona: Persona, when: float, control: float, name: float
    ) -> ConditionCourse:
        low, high = spec.onset_age
        high = min(high, persona.age_at_index)
        age = min(low, high - 1) + (high - min(low, high - 1)) * when
        onset = persona.birth_date + timedelta(days=int(age * _YEAR))
        onset = min(onset, persona.index_date - timedelta(days=120))
        # The plain name is written most.
        return ConditionCourse(spec, onset, spec.names[int(name**2 * len(spec.names))], 0.35 + 0.6 * control)


def _has(spec: ChronicCondition, level: str) -> bool:
    levels = spec.prevalence.levels
    return level in levels if levels else level not in _NOT_THERE
