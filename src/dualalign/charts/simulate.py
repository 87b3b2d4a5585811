"""From a trajectory to a chart and to one agenda per visit, in date order, each visit knowing those before it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from dualalign.charts.chart import Event
from dualalign.charts.formulary import Formulary
from dualalign.charts.illnesses import IllnessDrawer
from dualalign.charts.life import LifeDrawer
from dualalign.charts.mention_planner import MentionPlanner, SymptomMemory, VisitSymptoms
from dualalign.charts.mention_shares import MentionShares
from dualalign.charts.visit_agenda import AgendaBuilder, ClinicMemory, VisitState
from dualalign.charts.vitals import VitalSigns
from dualalign.passages.book import Book
from dualalign.randomness import Stream, fast_random
from dualalign.trajectories.simulate import Trajectory, TrajectorySimulator

if TYPE_CHECKING:
    import random

    from dualalign.charts.chart import Chart
    from dualalign.packs.pack import Pack
    from dualalign.packs.schema.visit_habits import VisitHabit, VisitHabits
    from dualalign.personas.persona import Informant, Persona
    from dualalign.trajectories.measurements import Measured
    from dualalign.trajectories.plan import NotePlan

_YEAR = 365.25


class PatientSimulator:
    """Simulates patients of one pack and profile: course, chart, and what each note must say.

    Args:
        pack: a loaded pack.
        profile: name of one of its profiles.
        book: the pack's compiled material, if it is at hand.

    Raises:
        PackError: no such profile, or a line of the pack that cannot be parsed.
    """

    def __init__(self, pack: Pack, profile: str, book: Book | None = None) -> None:
        self._pack = pack
        self.book = book or Book(pack)
        self._trajectories = TrajectorySimulator(pack, profile)
        self._shares = MentionShares(pack, pack.profiles.profile(profile).mention_density)
        self._mentions = MentionPlanner(pack, self.book)
        self._life = LifeDrawer(pack)
        self._illnesses = IllnessDrawer(pack)
        self._formulary = Formulary(pack)
        self._agendas = AgendaBuilder(pack, self.book, self._formulary, self._illnesses)
        self._kinds = {kind.id: kind for kind in pack.visits.types}
        self._facts = {fact.id: fact for fact in pack.facts.facts}
        self._measurements = {each.id: place for place, (_, each) in enumerate(pack.measurements.each())}

    def simulate(self, persona: Persona, seed: int) -> Trajectory:
        """Simulate one patient; the result depends on the persona and seed alone."""
        trajectory = self._trajectories.simulate(persona, seed)
        rng = fast_random(seed, Stream.CHART, persona.patient)
        chart = self._chart(persona, trajectory, rng)
        trajectory = replace(trajectory, measured=self._shifted(trajectory, chart))
        state = VisitState(persona, chart, trajectory, VitalSigns(persona, chart, rng), rng)
        memory = SymptomMemory()
        clinics = ClinicMemory()
        family_history = persona.factors.get(self._pack.mentions.family_factor) == "yes"
        plans: list[NotePlan] = []
        for plan in trajectory.plans:
            kind = self._kinds[plan.note_type]
            mean, cumulated = self._shares.of(plan.note_type, plan.year_bin, persona.is_case)
            informant = self._present(plan, chart, persona, rng)
            speaker = "" if informant is None else "professional" if informant.is_professional else "family"
            before = frozenset(trajectory.symptoms.terms[place] for place in memory.told)
            opening = self._agendas.open(plan, informant, before, state, clinics)
            apart = opening.complaint is not None
            visit = VisitSymptoms(
                kind,
                opening.scene,
                plan.years_before,
                plan.year_bin,
                plan.stage,
                plan.severity,
                trajectory.symptoms,
                speaker,
                family_history,
                1 if apart else kind.most_focus,
                apart,
                opening.touched,
                self._agendas.happened(chart, plan.date),
                opening.habit.needs_problem,
                opening.habit.urgent,
                opening.habit.of_disease,
            )
            mentions = self._mentions.plan(mean, cumulated, visit, memory, rng)
            known = self._known(trajectory, plan, memory)
            agenda = self._agendas.build(plan, opening, mentions, known | opening.touched, state, clinics)
            plans.append(
                replace(
                    plan,
                    informant=informant,
                    mentions=tuple(mentions.mentions),
                    problems=tuple(item.id for item in agenda.items if item.kind == "condition")
                    or tuple(each.id for each in agenda.conditions[:3]),
                    place=agenda.place,
                    facts=tuple(
                        fact
                        for fact in plan.facts
                        if fact not in ("facility", "home_aide") or fact in agenda.tokens
                    ),
                    agenda=agenda,
                )
            )
        return replace(trajectory, plans=tuple(plans), chart=chart)

    def _shifted(self, trajectory: Trajectory, chart: Chart) -> Measured:
        """Return the results with what the patient's conditions add to them from their onset on."""
        measured = trajectory.measured
        value = measured.value.copy()
        days = [plan.date for plan in trajectory.plans]
        for condition in chart.conditions:
            for measurement, shift in condition.spec.shifts.items():
                place = self._measurements.get(measurement, -1)
                for i in np.flatnonzero(measured.measurement == place).tolist():
                    if days[int(measured.visit[i])] >= condition.onset:
                        value[i] += shift
        return replace(measured, value=value)

    def _chart(self, persona: Persona, trajectory: Trajectory, rng: random.Random) -> Chart:
        spans = {fact: begins for fact, begins, _ in trajectory.facts.spans}
        off = spans.get("no_driving")
        impaired = max(0.5, trajectory.stage_entry[min(2, len(trajectory.stage_entry) - 1)])
        chart = self._life.draw(
            persona,
            None if off is None else persona.index_date - timedelta(days=int(off * _YEAR)),
            min(
                [
                    persona.index_date - timedelta(days=int(impaired * _YEAR)),
                    *(plan.date for plan in trajectory.plans if self._habits_of(plan).homebound),
                ]
            ),
            rng,
        )
        named = {fact.condition for fact in self._facts.values() if fact.condition}
        so = {self._facts[fact].condition: begins for fact, begins in spans.items()}
        for course in self._illnesses.draw(persona, rng):
            if course.id not in named:
                chart.conditions.append(course)
        for condition, begins in so.items():
            course_or_none = self._illnesses.newly(
                condition, persona.index_date - timedelta(days=int(begins * _YEAR)), rng
            )
            if course_or_none is not None:
                course_or_none.control = 0.35 + 0.6 * rng.random()
                chart.conditions.append(course_or_none)
        chart.conditions.sort(key=lambda course: (course.onset, course.id))
        if chart.widowed is not None:
            chart.events.append(Event(chart.widowed, "bereavement", "spouse"))
        if chart.moved is not None:
            chart.events.append(Event(chart.moved, "move", "care_home"))
        chart.operations = self._life.operations(
            persona, {each.id: each.onset for each in chart.conditions}, rng
        )
        first = persona.index_date - timedelta(days=int(self._pack.pack.horizon_years * _YEAR))
        self._formulary.begin(chart, persona, first, rng)
        return chart

    def _habits_of(self, plan: NotePlan) -> VisitHabit:
        habits: VisitHabits = self._pack.visit_habits
        return habits.of(plan.note_type)

    def _present(
        self, plan: NotePlan, chart: Chart, persona: Persona, rng: random.Random
    ) -> Informant | None:
        """Return who came along: nobody who had not come into the patient's life yet."""
        who = plan.informant
        if who is None or not who.is_professional or _helps(chart, plan.date):
            return who
        others = [each for each in persona.informants if not each.is_professional]
        return others[0] if others and rng.random() < 0.5 else None

    def _known(self, trajectory: Trajectory, plan: NotePlan, memory: SymptomMemory) -> frozenset[str]:
        """Return terms and threads that are there, or were told and last: nothing may deny them."""
        active = trajectory.symptoms.active(plan.years_before, plan.year_bin)
        terms = {
            term
            for place, term in enumerate(trajectory.symptoms.terms)
            if active[place] or place in memory.told or place in memory.spoken
        }
        threads = {self.book.thread_of[term] for term in terms} | memory.touched
        return frozenset(terms | threads)


def _helps(chart: Chart, day: date) -> bool:
    since = chart.moved or chart.aide_from
    return since is not None and since <= day
