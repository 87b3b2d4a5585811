"""From a persona to ten years of note plans."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from dualalign.randomness import Stream, fast_random, generator
from dualalign.trajectories.facts import FactCourse, FactModel
from dualalign.trajectories.measurements import Measured, MeasurementModel
from dualalign.trajectories.medicines import choose_treatment
from dualalign.trajectories.plan import NotePlan
from dualalign.trajectories.severity import CourseModel, LatentCourse
from dualalign.trajectories.style import StyleModel
from dualalign.trajectories.symptoms import SymptomCourse, SymptomModel
from dualalign.trajectories.testing import TestGiver
from dualalign.trajectories.visit_process import VisitProcess

if TYPE_CHECKING:
    import random

    from dualalign.charts.chart import Chart
    from dualalign.packs.pack import Pack
    from dualalign.personas.persona import Informant, Persona

_DAYS_PER_YEAR = 365.25
_DAYS_BETWEEN_SCREENS = 60


@dataclass(frozen=True, slots=True)
class Trajectory:
    """One patient's simulated course.

    Args:
        persona: who the patient is.
        course: latent true scores.
        symptoms: onset of every term, in the lexicon's order.
        plans: one note plan per visit, in date order; a patient whom nobody saw has none. Charts add what they say.
        measured: results of what is measured beside the tests.
        facts: what is lastingly so, and since when.
        stage_entry: years before the index date at which each stage is entered; negative if it never is.
        chart: the patient on paper; None before charts have drawn it.
    """

    persona: Persona
    course: LatentCourse
    symptoms: SymptomCourse
    plans: tuple[NotePlan, ...]
    measured: Measured
    facts: FactCourse
    stage_entry: tuple[float, ...]
    chart: Chart | None = None


class TrajectorySimulator:
    """Simulates patients of one pack and profile.

    Args:
        pack: a loaded pack.
        profile: name of one of its profiles.

    Raises:
        PackError: no such profile.
    """

    def __init__(self, pack: Pack, profile: str) -> None:
        settings = pack.profiles.profile(profile)
        self._pack = pack
        self._horizon = pack.pack.horizon_years
        self._courses = CourseModel(pack.stages, pack.instruments, settings.latent_course == "published_map")
        self._symptoms = SymptomModel(pack)
        self._facts = FactModel(pack)
        self._visits = VisitProcess(
            pack.visits, self._horizon, settings.visit_intensity, settings.visit_shape
        )
        self._tests = TestGiver(pack.instruments, pack.stages.course, settings.calendar)
        self._measurements = MeasurementModel(pack, settings.calendar)
        self._styles = StyleModel(pack.visits, settings.notes_lengthen)
        self._types = [pack.visits.type(each) for each in self._visits.types]
        self._prescribers = frozenset(pack.visits.prescribers)
        self._stage_ids = [stage.id for stage in pack.stages.stages]
        self._mood_terms = [
            i for i, term in enumerate(self._symptoms.terms) if term in pack.mentions.mood_terms
        ]

    def simulate(self, persona: Persona, seed: int) -> Trajectory:
        """Simulate one patient; the result depends on the persona and seed alone."""
        rng = generator(seed, Stream.TRAJECTORY, persona.patient)
        small = fast_random(seed, Stream.TRAJECTORY, persona.patient)
        course = self._courses.draw(rng, persona.is_case)
        entry = self._stage_entry(course, persona.is_case)
        symptoms = self._symptoms.draw(rng, persona.is_case, entry)
        facts = self._facts.draw(persona, entry, symptoms, small)
        years_before, types, bins = self._visits.draw(rng, persona.is_case)
        stages = self._courses.stage(course, years_before, persona.is_case)
        severities = course.severity(years_before)
        anchors = course.score(years_before)
        treatment = None
        if persona.is_case:
            eligible = {
                stage: persona.index_date - timedelta(days=int(years * _DAYS_PER_YEAR))
                for stage, years in zip(self._stage_ids, entry, strict=True)
                if years >= 0
            }
            treatment = choose_treatment(self._pack.drugs, eligible, persona.index_date, small)
        place = "facility" if "facility" in persona.tags else "home"
        habits: dict[str, str] = {}
        plans: list[NotePlan] = []
        screened: date | None = None
        deviations: dict[str, float] = {}
        for visit, years in enumerate(years_before.tolist()):
            kind = self._types[int(types[visit])]
            severity = float(severities[visit])
            day = persona.index_date - timedelta(days=max(1, round(years * _DAYS_PER_YEAR)))
            informant = self._informant(persona, kind.informant, severity, small)
            active = symptoms.active(years, int(bins[visit]))
            mood = bool(active[self._mood_terms].any())
            medicine = None
            if treatment is not None and kind.id in self._prescribers:
                medicine = treatment.on(day, self._pack.drugs.purpose)
            scores = self._tests.give(
                kind.tests,
                float(anchors[visit]),
                mood,
                day.year,
                small,
                screened is None or (day - screened).days >= _DAYS_BETWEEN_SCREENS,
                deviations,
            )
            if any(self._tests.is_screen(score.instrument) for score in scores):
                screened = day
            plans.append(
                NotePlan(
                    patient_id=persona.patient_id,
                    visit=visit,
                    date=day,
                    years_before=years,
                    year_bin=int(bins[visit]),
                    age=_age(persona.birth_date, day),
                    note_type=kind.id,
                    stage=stages[visit],
                    severity=severity,
                    informant=informant,
                    style=self._styles.draw(kind, day.year, habits, small),
                    scores=scores,
                    medicines=(medicine,) if medicine else (),
                    mentions=(),
                    place=place,
                    facts=facts.at(years),
                )
            )
        measured = self._measurements.draw(
            persona, course, plans, generator(seed, Stream.MEASUREMENTS, persona.patient)
        )
        return Trajectory(persona, course, symptoms, tuple(plans), measured, facts, tuple(entry.tolist()))

    def _stage_entry(self, course: LatentCourse, is_case: bool) -> np.ndarray:
        """Return years before the index date at which each stage is entered, negative if it never is."""
        times = course.times
        stages = self._courses.stage(course, times, is_case)
        ranks = np.array([self._stage_ids.index(stage) for stage in stages])
        entry = np.full(len(self._stage_ids), -1.0)
        for rank in range(len(self._stage_ids)):
            reached = np.nonzero(ranks >= rank)[0]
            if len(reached):
                entry[rank] = times[reached[0]]
        return entry

    def _informant(
        self, persona: Persona, chances: tuple[float, float], severity: float, rng: random.Random
    ) -> Informant | None:
        low, high = chances
        if not persona.informants or rng.random() >= low + (high - low) * min(1.0, 1.6 * severity):
            return None
        if len(persona.informants) == 1 or rng.random() < 0.8:
            return persona.informants[0]
        return rng.choice(persona.informants[1:])


def _age(birth: date, day: date) -> int:
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
