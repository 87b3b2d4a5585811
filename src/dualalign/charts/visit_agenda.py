"""Decides what each visit is about: why it takes place, which problems it deals with, and what comes of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from dualalign.charts.agenda import Agenda, AgendaItem, Result
from dualalign.charts.chart import Event
from dualalign.charts.treatment import Treatment
from dualalign.passages.scene import Scene
from dualalign.trajectories.plan import Polarity

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence, Set

    from dualalign.charts.chart import Chart, ConditionCourse, Vitals
    from dualalign.charts.formulary import Formulary
    from dualalign.charts.illnesses import IllnessDrawer
    from dualalign.charts.mention_planner import MentionPlan, Said
    from dualalign.charts.vitals import VitalSigns
    from dualalign.packs.pack import Pack
    from dualalign.packs.schema.facts import Fact
    from dualalign.packs.schema.note_material import ReportedValue
    from dualalign.packs.schema.symptoms import Action
    from dualalign.packs.schema.visit_habits import VisitHabit, VisitHabits
    from dualalign.passages.book import Book, ComplaintPools
    from dualalign.personas.persona import Informant, Persona
    from dualalign.trajectories.plan import NotePlan
    from dualalign.trajectories.simulate import Trajectory

_OUTCOME_AFTER = 20  # days until a later note can tell how an order or referral went
_OUTCOME_TOLD = 0.7
_RESULT_KEPT = 330  # days for which a result is still told
_EVENT_KEPT, _COMPLAINT_KEPT = 150, 45
_SAME_COMPLAINT_AFTER = 1300
_ANNUAL_AFTER = 320
_CONTROLLED = 0.42
_MOST_FORCED = 2
"""Conditions that a visit takes up at most because a result it tells is out of control."""
_AT_REST = 0.15
"""How much less a visit deals with a condition that is neither treated nor followed by a number."""
_CLEAR_CHANGE = 0.09
"""Share of a test's scale, three points of thirty, by which scores differ beyond noise."""
_RETURN = ("two weeks", "four weeks", "six weeks", "two months", "three months", "four months", "six months")


@dataclass(slots=True)
class VisitState:
    """What a patient's visits share."""

    persona: Persona
    chart: Chart
    trajectory: Trajectory
    vitals: VitalSigns
    rng: random.Random


@dataclass(slots=True)
class ClinicMemory:
    """What the clinics of one patient have done so far.

    Args:
        last: note type -> day of the last visit there.
        done: id of an action -> day on which it was last taken.
        orders: order or referral -> day on which any clinic last gave it.
        pending: actions whose outcome was not told yet: day, problem, action, note type.
        results: results that no note has told yet.
        scores: instrument -> value and day.
        doses: the disease's own drugs -> dose at the last visit.
        complaints: complaint id -> day.
        threads: threads that some note has told.
        annual: day of the last annual visit.
    """

    last: dict[str, date] = field(default_factory=dict)
    done: dict[str, date] = field(default_factory=dict)
    orders: dict[str, date] = field(default_factory=dict)
    pending: list[tuple[date, str, Action, str]] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    scores: dict[str, tuple[float, date]] = field(default_factory=dict)
    doses: dict[str, str] = field(default_factory=dict)
    complaints: dict[str, date] = field(default_factory=dict)
    threads: set[str] = field(default_factory=set)
    annual: date | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """Why a visit takes place.

    Args:
        reason: as in the agenda.
        habit: of the setting.
        scene: of the visit.
        complaint: what it is for, if it is for a complaint.
        touched: threads that the complaint's story speaks of, so that nothing denies them.
    """

    reason: str
    habit: VisitHabit
    scene: Scene
    complaint: AgendaItem | None
    touched: frozenset[str]


class AgendaBuilder:
    """Builds agendas for a pack."""

    def __init__(self, pack: Pack, book: Book, formulary: Formulary, illnesses: IllnessDrawer) -> None:
        self._book, self._formulary, self._illnesses = book, formulary, illnesses
        self._treatment = Treatment(book, formulary, illnesses)
        self._habits: VisitHabits = pack.visit_habits
        self._facts = {fact.id: fact for fact in pack.facts.facts}
        self._screens = {each.id: each.screens for each in pack.instruments.instruments}
        self._answers = {each.id: each.answers for each in pack.instruments.instruments}
        self._score_labels = {each.id: tuple(each.labels) for each in pack.instruments.instruments}
        self._better_high = {each.id: each.better == "high" for each in pack.instruments.instruments}
        panels = pack.measurements.panels
        self._panel_of = [panel.id for panel in panels for _ in panel.measurements]
        self._measurement = [each.id for _, each in pack.measurements.each()]
        self._reported: dict[str, ReportedValue] = pack.results.values
        self._told_in = pack.visit_habits.results_told_in
        self._complaints = {
            name: [
                (pools, pools.complaint.settings[name])
                for pools in book.complaints.values()
                if name in pools.complaint.settings
            ]
            for name in (kind.id for kind in pack.visits.types)
        }

    def open(
        self,
        plan: NotePlan,
        informant: Informant | None,
        told: frozenset[str],
        state: VisitState,
        clinics: ClinicMemory,
    ) -> Opening:
        """Decide why a visit takes place, before it is known what is said of symptoms.

        Args:
            plan: the visit.
            informant: who came along.
            told: terms told in earlier notes.
            state: the patient.
            clinics: what was done before.
        """
        setting, day = plan.note_type, plan.date
        habit = self._habits.of(setting)
        last = clinics.last.get(setting)
        tokens = self._tokens(plan, state, day)
        tokens |= self._course_of_scores(plan, clinics)
        if "driving" in told or tokens & {"facility", "wheelchair", "no_driving"}:
            tokens.discard("drives")
        scene = Scene(
            state.persona.sex,
            plan.age,
            self._book.stages[plan.stage],
            plan.severity,
            setting,
            informant is not None,
            day.year,
            last is not None,
            tokens,
            {},
            state.rng.random,
            plan.style.author,
        )
        reason = self._reason(habit, last, day, clinics, state.rng)
        complaint = (
            self._complaint(setting, scene, clinics, day, state.rng) if reason == "complaint" else None
        )
        if reason == "complaint" and complaint is None:
            reason = "follow_up" if last is not None else "new"
        if complaint is not None:
            tokens.add(complaint.id)
        touched = self._book.complaints[complaint.id].touches if complaint is not None else frozenset()
        return Opening(reason, habit, scene, complaint, touched)

    def happened(self, chart: Chart, day: date) -> frozenset[str]:
        """Return the threads that events of the last months speak of."""
        complaints = self._book.complaints
        return frozenset(
            thread
            for event in chart.events
            if event.id in complaints and 0 <= (day - event.day).days < _EVENT_KEPT
            for thread in complaints[event.id].touches
        )

    def build(
        self,
        plan: NotePlan,
        opening: Opening,
        mentions: MentionPlan,
        known: frozenset[str],
        state: VisitState,
        clinics: ClinicMemory,
    ) -> Agenda:
        """Decide one visit.

        Args:
            plan: the visit.
            opening: why it takes place, from `open`.
            mentions: what is to be said of symptoms.
            known: terms and threads that nothing may deny.
            state: the patient; medicines, conditions and events are added to the chart.
            clinics: what was done before; updated.
        """
        rng, chart, day, setting = state.rng, state.chart, plan.date, plan.note_type
        habit, scene, reason, complaint = opening.habit, opening.scene, opening.reason, opening.complaint
        last, tokens = clinics.last.get(setting), scene.tokens
        for condition in chart.conditions:
            condition.control = min(1.0, max(0.05, condition.control + rng.gauss(0, 0.09)))
        if any(each.term == "driving" and each.polarity is Polarity.AFFIRMED for each in mentions.mentions):
            tokens = scene.tokens = tokens - {"drives"}
        items = self._threads(mentions)
        if complaint is None and habit.needs_problem and not any(item.focus for item in items):
            complaint = self._complaint(setting, scene, clinics, day, rng)
        if complaint is not None:
            reason = "complaint"
            tokens = scene.tokens = tokens | {complaint.id}
            items.insert(0, complaint)
        vitals = self._vital_signs(plan, state, complaint)
        conditions = (
            []
            if complaint is not None and habit.complaint_alone
            else self._conditions(
                plan,
                habit,
                scene,
                state,
                vitals,
                day,
                complaint,
                {item.id for item in items if item.focus},
                self._treatment.behind(items, state, day),
                clinics,
                rng,
            )
        )
        items += conditions
        if not any(item.focus for item in items) and items:
            items[0].focus = True
        events = self._events(chart, habit, setting, last, day)
        listed = self._list(plan, chart, day, clinics, events)
        ordered = {order for score in plan.scores for order in self._answers[score.instrument]}
        for item in items:
            if item.focus:
                self._treatment.decide(item, scene, state, clinics, day, mentions, ordered)
        items.sort(key=lambda item: not item.focus)
        if complaint is not None:
            items.remove(complaint)
            items.insert(0, complaint)
        agenda = Agenda(
            reason=reason,
            items=items,
            seen_before=last is not None,
            last_here=last,
            denied=mentions.denied,
            absent=mentions.absent,
            past=mentions.past,
            family=mentions.family,
            events=events,
            followed=[] if habit.urgent else self._followed(items, setting, day, clinics, rng),
            tokens=frozenset(tokens),
            known=known | {thread for each in chart.conditions_on(day) for thread in each.spec.threads},
            vitals=vitals,
            return_in=self._return(items, plan, rng),
            last_scores=dict(clinics.scores),
            referrer=habit.referrer,
            place="facility" if "facility" in tokens else "home",
            lives=_lives(tokens),
        )
        self._results(agenda, plan, state.trajectory, clinics)
        agenda.conditions = chart.conditions_on(day)
        agenda.medicines = listed
        if habit.sums_up:
            agenda.quiet = self._quiet(items, vitals, state, day)
        agenda.syndromes = [
            (fact.names[0] if rng.random() < 0.6 else rng.choice(fact.names), tuple(fact.labels))
            for name in plan.facts
            if (fact := self._facts[name]).names and not fact.condition and self._still_said(fact, plan)
        ]
        self._remember(plan, agenda, complaint, state, clinics)
        return agenda

    def _still_said(self, fact: Fact, plan: NotePlan) -> bool:
        return fact.last_stage is None or self._book.stages[plan.stage] <= self._book.stages[fact.last_stage]

    # what is so ----------------------------------------------------------------------------------

    def _tokens(self, plan: NotePlan, state: VisitState, day: date) -> set[str]:
        chart, persona = state.chart, state.persona
        tokens = set(persona.tags)
        tokens.add(persona.sex)
        tokens -= {"facility", "working", "retired"}
        if chart.retired_year is not None:
            tokens.add("working" if day.year < chart.retired_year else "retired")
        if chart.widowed is not None and day < chart.widowed:
            tokens -= {"widowed", "lives_alone"}
            tokens.add("married")
        if chart.moved is not None:
            if day >= chart.moved:
                tokens.add("facility")
                tokens.discard("lives_alone")
                tokens -= {"has_garden", "has_pet", "cooks"}
            elif "married" not in tokens:
                tokens.add("lives_alone")
        if self._book.stages[plan.stage] == len(self._book.stages) - 1:
            # Nobody lives alone at the last stage: family moves in, or takes the patient in.
            tokens.discard("lives_alone")
        tokens.update(fact for fact in plan.facts if fact not in ("facility", "home_aide"))
        if chart.aide_from is not None and day >= chart.aide_from:
            tokens.add("home_aide")
        if chart.no_driving_from is not None and day >= chart.no_driving_from:
            tokens.discard("drives")
        if "walking_aid" in tokens or "stroke_gait" in tokens:
            late = self._book.stages[plan.stage] == len(self._book.stages) - 1 or plan.years_before < 2.5
            tokens.add("walker" if late else "cane")
        if "wheelchair" in tokens and plan.years_before > 3:
            tokens.discard("wheelchair")
            tokens.add("walker")
        if "wheelchair" in tokens:
            tokens -= {"cane", "walker"}
        if "walker" in tokens:
            tokens.discard("cane")
        tokens.update(each.id for each in chart.conditions_on(day))
        tokens.update(each.drug.id for each in chart.medicines_on(day))
        tokens.update(f"allergy_{each.allergy_class}" for each in chart.allergies if each.allergy_class)
        return tokens

    def _vital_signs(self, plan: NotePlan, state: VisitState, complaint: AgendaItem | None) -> Vitals:
        chart, day = state.chart, plan.date
        pressure = next(
            (each.control for each in chart.conditions_on(day) if each.spec.monitor == "bp"), None
        )
        running = chart.medicines_on(day)
        vitals = state.vitals.at(
            plan.years_before,
            pressure,
            any("heart_rate" in each.drug.lowers for each in running),
            any(each.id in ("copd", "heart_failure") for each in chart.conditions_on(day)),
            complaint.complaint.vitals if complaint is not None and complaint.complaint is not None else {},
            state.rng,
        )
        chart.vitals.append(vitals)
        return vitals

    def _course_of_scores(self, plan: NotePlan, clinics: ClinicMemory) -> set[str]:
        """Return whether scores fell or rose clearly since they were last taken."""
        found = set()
        for score in plan.scores:
            before = clinics.scores.get(score.instrument)
            if before is not None and abs(score.value - before[0]) >= _CLEAR_CHANGE * score.maximum:
                better = (score.value > before[0]) == self._better_high[score.instrument]
                found.add("score_rose" if better else "score_fell")
        return found

    # problems ------------------------------------------------------------------------------------

    def _threads(self, mentions: MentionPlan) -> list[AgendaItem]:
        return [
            AgendaItem(
                "thread",
                name,
                each.status,
                bool(each.assessed),
                _places(each.told),
                _places(each.seen),
                _places(each.assessed),
                each,
                side=each.side,
            )
            for name, each in mentions.threads.items()
        ]

    def _reason(
        self,
        habit: VisitHabit,
        last: date | None,
        day: date,
        clinics: ClinicMemory,
        rng: random.Random,
    ) -> str:
        if rng.random() < habit.complaint:
            return "complaint"
        annual_due = clinics.annual is None or (day - clinics.annual).days > _ANNUAL_AFTER
        if habit.annual and annual_due and rng.random() < habit.annual:
            clinics.annual = day
            return "annual"
        return "follow_up" if last is not None else "new"

    def _complaint(
        self, setting: str, scene: Scene, clinics: ClinicMemory, day: date, rng: random.Random
    ) -> AgendaItem | None:
        options: list[ComplaintPools] = []
        weights: list[float] = []
        for pools, weight in self._complaints[setting]:
            if not pools.excludes.isdisjoint(scene.tokens):
                continue
            if pools.gate is not None and not pools.gate.opens(scene):
                continue
            before = clinics.complaints.get(pools.complaint.id)
            if before is not None and (day - before).days < _SAME_COMPLAINT_AFTER:
                continue
            options.append(pools)
            weights.append(weight)
        if not options:
            return None
        chosen = rng.choices(options, weights)[0].complaint
        side = rng.choice(("left", "right")) if chosen.side else ""
        return AgendaItem("complaint", chosen.id, "new", True, complaint=chosen, side=side)

    def _conditions(
        self,
        plan: NotePlan,
        habit: VisitHabit,
        scene: Scene,
        state: VisitState,
        vitals: Vitals,
        day: date,
        complaint: AgendaItem | None,
        threads: set[str],
        behind: set[str],
        clinics: ClinicMemory,
        rng: random.Random,
    ) -> list[AgendaItem]:
        low, high = habit.conditions
        if complaint is not None:
            low, high = 0, min(1, high)
        count = rng.randint(low, high)
        # A score that is not a screen of cognition tells how its illness does: none is in remission beside a high one.
        raised = {
            label
            for score in plan.scores
            if score.impaired and not self._screens[score.instrument]
            for label in self._score_labels[score.instrument]
        }
        options = [
            each
            for each in state.chart.conditions_on(day)
            if scene.setting in each.spec.followed_by
            and threads.isdisjoint(each.spec.threads)
            and each.id not in behind
        ]
        treated = {each.indication for each in state.chart.medicines_on(day)}
        told = self._values_to_tell(clinics, plan.note_type, day)
        forced = [
            each for each in options if each.spec.monitor in told and self._value(each, vitals, state, day)[1]
        ]
        # What a setting never passes over comes first; where it is not followed, it is told and left to others.
        never_silent = [
            each
            for each in state.chart.conditions_on(day)
            if complaint is None
            and each.id in habit.never_silent_on
            and each.id not in behind
            and threads.isdisjoint(each.spec.threads)
        ]
        rng.shuffle(never_silent)
        elsewhere = [each for each in never_silent if each not in options][:1]
        forced += [each for each in never_silent if each in options and each not in forced]
        forced = forced[:_MOST_FORCED]
        items = [
            AgendaItem("condition", each.id, "stable", False, condition=each, value="") for each in elsewhere
        ]
        for place in range(max(count, len(forced))):
            if not options:
                break
            weights = [
                (2.0 if each.spec.monitor != "none" else 1.0 if each.id in treated else _AT_REST)
                * (1.6 if each.control < _CONTROLLED else 1.0)
                for each in options
            ]
            if place < len(forced):
                each = forced[place]
                options.remove(each)
            else:
                each = options.pop(rng.choices(range(len(options)), weights)[0])
            value, worse = self._value(each, vitals, state, day)
            worse = worse or not raised.isdisjoint(each.spec.labels)
            items.append(
                AgendaItem(
                    "condition", each.id, "worse" if worse else "stable", True, value=value, condition=each
                )
            )
        return items

    def _quiet(
        self, items: list[AgendaItem], vitals: Vitals, state: VisitState, day: date
    ) -> list[ConditionCourse]:
        """Return the treated conditions that the visit leaves aside and that no value shows out of control."""
        treated = {each.indication for each in state.chart.medicines_on(day) if not each.short}
        taken = {item.id for item in items} | self._treatment.behind(items, state, day)
        return [
            each
            for each in state.chart.conditions_on(day)
            if each.id in treated
            and each.id not in taken
            and not each.spec.labels
            and taken.isdisjoint(each.spec.threads)
            and not self._value(each, vitals, state, day)[1]
        ]

    def _values_to_tell(self, clinics: ClinicMemory, setting: str, day: date) -> set[str]:
        """Return what was measured by results that the note of this visit will tell."""
        return {
            measurement
            for result in clinics.results
            if setting in self._told_in.get(result.panel, ()) and 3 < (day - result.day).days <= _RESULT_KEPT
            for measurement in result.values
        }

    def _value(
        self, condition: ConditionCourse, vitals: Vitals, state: VisitState, day: date
    ) -> tuple[str, bool]:
        """Return the number by which a condition is followed, as notes write it, and whether it is out of control."""
        monitor = condition.spec.monitor
        if monitor == "bp":
            return (
                f"BP {vitals.systolic}/{vitals.diastolic}",
                vitals.systolic >= 146 or vitals.diastolic >= 92,
            )
        if monitor == "heart_rate":
            return f"HR {vitals.heart_rate}", vitals.heart_rate > 98
        if monitor == "weight":
            return f"weight {state.chart.weight_text(vitals.weight)}", condition.control < _CONTROLLED
        reported, value = self._reported.get(monitor), self._latest(state.trajectory, monitor, day)
        if reported is None or value is None:
            return "", condition.control < _CONTROLLED
        low, high = reported.controlled
        worse = (low is not None and value < low) or (high is not None and value >= high)
        return f"{reported.short or monitor} {value:.{reported.decimals}f}", worse

    def _latest(self, trajectory: Trajectory, measurement: str, day: date) -> float | None:
        """Return the last value of a measurement before a day, no older than a year."""
        measured = trajectory.measured
        found = None
        if measurement not in self._measurement:
            return None
        place = self._measurement.index(measurement)
        for i in range(len(measured.visit)):
            if measured.measurement[i] != place:
                continue
            taken = trajectory.plans[int(measured.visit[i])].date
            if taken < day and (day - taken).days < 365:
                found = float(measured.value[i])
        return found

    # what links visits ---------------------------------------------------------------------------

    def _events(
        self, chart: Chart, habit: VisitHabit, setting: str, last: date | None, day: date
    ) -> list[Event]:
        """Return what is told of the time since the last visit here: one thing, what is still treated or the gravest."""
        earliest = max(last or date.min, day - timedelta(days=_EVENT_KEPT))
        treated = {each.start for each in chart.medicines_on(day) if each.short}
        found = [
            event
            for event in chart.events
            if earliest <= event.day < day
            and event.setting != setting
            and (
                event.kind != "complaint"
                or (event.setting in habit.hears_of and (day - event.day).days < _COMPLAINT_KEPT)
            )
        ]
        return sorted(
            found,
            key=lambda event: (event.day not in treated, event.kind == "complaint", -event.day.toordinal()),
        )[:1]

    def _followed(
        self, items: list[AgendaItem], setting: str, day: date, clinics: ClinicMemory, rng: random.Random
    ) -> list[tuple[str, Action]]:
        here = {item.id for item in items}
        told: list[tuple[str, Action]] = []
        kept = []
        for entry in clinics.pending:
            taken, problem, action, _ = entry
            old = (day - taken).days
            if old > _RESULT_KEPT:
                continue
            if old >= _OUTCOME_AFTER and len(told) < 2 and problem in here and rng.random() < _OUTCOME_TOLD:
                told.append((problem, action))
            else:
                kept.append(entry)
        clinics.pending[:] = kept
        return told

    def _results(self, agenda: Agenda, plan: NotePlan, trajectory: Trajectory, clinics: ClinicMemory) -> None:
        now: dict[str, dict[str, float]] = {}
        measured = trajectory.measured
        for i in _at_visit(measured.visit, plan.visit):
            place = int(measured.measurement[i])
            now.setdefault(self._panel_of[place], {})[self._measurement[place]] = float(measured.value[i])
        day, setting = plan.date, plan.note_type
        habit = self._habits.of(setting)
        alone = agenda.reason == "complaint" and habit.complaint_alone and not habit.urgent
        kept = []
        for result in clinics.results:
            if (day - result.day).days > _RESULT_KEPT:
                continue
            old = (day - result.day).days > 3 and not alone
            if old and setting in self._told_in.get(result.panel, ()) and len(agenda.results) < 4:
                agenda.results.append(result)
            else:
                kept.append(result)
        clinics.results[:] = kept
        for panel, values in now.items():
            result = Result(panel, day, values)
            if habit.urgent:
                kept_back = setting not in self._told_in.get(panel, ())
                (clinics.results if kept_back else agenda.results).append(result)
            else:
                agenda.ordered.append(panel)
                clinics.results.append(result)

    def _list(
        self, plan: NotePlan, chart: Chart, day: date, clinics: ClinicMemory, events: list[Event]
    ) -> list[tuple[str, str, str]]:
        """Return the medicines that the patient takes when the visit begins; a short course where its cause is told."""
        told = {event.day for event in events}
        listed = [
            (each.drug.name, each.dose, each.indication)
            for each in chart.medicines_on(day)
            if not each.short or each.start in told
        ]
        for each in plan.medicines:
            if each.action != "start":
                listed.append((each.drug, clinics.doses.get(each.drug, each.dose), each.purpose))
            clinics.doses[each.drug] = each.dose
        return listed

    def _return(self, items: list[AgendaItem], plan: NotePlan, rng: random.Random) -> str:
        worst = min(({"worse": 0, "new": 1}.get(item.status, 3) for item in items if item.focus), default=3)
        if any(score.impaired and not self._screens[score.instrument] for score in plan.scores):
            worst = min(worst, 0)
        return _RETURN[min(len(_RETURN) - 1, worst + rng.randint(0, 3))]

    def _remember(
        self,
        plan: NotePlan,
        agenda: Agenda,
        complaint: AgendaItem | None,
        state: VisitState,
        clinics: ClinicMemory,
    ) -> None:
        day, rng = plan.date, state.rng
        clinics.last[plan.note_type] = day
        clinics.threads.update(item.id for item in agenda.items if item.kind == "thread")
        for score in plan.scores:
            clinics.scores[score.instrument] = (score.value, day)
        if complaint is None or complaint.complaint is None:
            return
        spec = complaint.complaint
        clinics.complaints[spec.id] = day
        days = rng.randint(*spec.admitted_for) if spec.admitted_for and spec.disposition == "admitted" else 0
        state.chart.events.append(
            Event(
                day,
                "admission" if days else "complaint",
                spec.id,
                setting=plan.note_type,
                visit=plan.visit,
                side=complaint.side,
                days=days,
            )
        )
        if spec.adds_condition and all(each.id != spec.adds_condition for each in state.chart.conditions):
            new = self._illnesses.newly(spec.adds_condition, day + timedelta(days=1), rng)
            if new is not None:
                state.chart.conditions.append(new)
                self._formulary.treat(state.chart, new, state.persona, new.onset, rng)


def _places(said: Sequence[Said]) -> list[int]:
    """Return the places of the mentions among some lines."""
    return [each.mention for each in said if each.mention >= 0]


def _at_visit(visits: object, visit: int) -> range:
    """Return the places of one visit's results; results stand in the order of visits."""
    import numpy as np

    low, high = np.searchsorted(visits, [visit, visit + 1])  # type: ignore[call-overload]
    return range(int(low), int(high))


def _lives(tokens: Set[str]) -> str:
    if "facility" in tokens:
        return "facility"
    if "homeless" in tokens:
        return "shelter"
    if "married" in tokens:
        return "spouse"
    return "alone" if "lives_alone" in tokens or "has_children" not in tokens else "family"
