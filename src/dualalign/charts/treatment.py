"""Decides what a visit does about each of its problems: actions, drugs begun, changed and stopped, diagnoses named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dualalign.charts.agenda import AgendaItem, MedicineStep
from dualalign.charts.formulary import change_step, course_of, stop

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Sequence
    from datetime import date

    from dualalign.charts.chart import ConditionCourse
    from dualalign.charts.formulary import Formulary
    from dualalign.charts.illnesses import IllnessDrawer
    from dualalign.charts.mention_planner import MentionPlan
    from dualalign.charts.visit_agenda import ClinicMemory, VisitState
    from dualalign.packs.schema.symptoms import Action
    from dualalign.passages.book import ActionPools, Book
    from dualalign.passages.scene import Scene

_AGAIN_AFTER = 300  # days until the same advice or order is given again
_ORDERS = frozenset(("order", "referral"))
_RAISED, _ADDED = 0.85, 0.9
"""Chance that a drug is raised where a condition is out of control, and that one is added where none can be."""
_RESULTED = frozenset(("hba1c", "lipids", "bmp", "cmp", "cbc", "tsh", "b12"))
"""Orders whose results the measurements give; no line tells how they went."""


class Treatment:
    """Treats the problems of visits.

    Args:
        book: with the actions of each thread and condition.
        formulary: the closed table of medicines.
        illnesses: from which diagnoses are drawn.
    """

    def __init__(self, book: Book, formulary: Formulary, illnesses: IllnessDrawer) -> None:
        self._book, self._formulary, self._illnesses = book, formulary, illnesses

    def decide(
        self,
        item: AgendaItem,
        scene: Scene,
        state: VisitState,
        clinics: ClinicMemory,
        day: date,
        mentions: MentionPlan,
        ordered: set[str],
    ) -> None:
        """Decide what is done about one problem.

        Args:
            item: the problem; actions and medicines are added.
            scene: of the visit.
            state: the patient; medicines and conditions are added to the chart.
            clinics: what was done before; updated.
            day: of the visit.
            mentions: what is said of symptoms.
            ordered: ids of orders given in this visit; updated. None is given twice.
        """
        rng = state.rng
        scene.status = item.status
        if item.kind == "complaint":
            self._treat_complaint(item, state, day, rng)
            return
        if item.kind == "thread":
            self._name_diagnosis(item, scene, state, day, rng)
            behind = self._condition_behind(item, state, day)
            if behind is not None and scene.setting in behind.spec.followed_by:
                self._adjust_once(item, behind, state, day, ordered)
                ordered.add(f"drugs of {behind.id}")
            elif behind is not None and item.status == "worse" and item.id in behind.spec.threads:
                item.medicines += [
                    MedicineStep("defer", each.drug.name, each.dose, "", behind.name, behind.id)
                    for each in course_of(state.chart, behind, day)[:1]
                ]
            pools: Iterable[ActionPools] = (
                self._book.presentations[item.thread.presentation].actions if item.thread else ()
            )
            most = rng.choice((1, 2, 2, 3))
        else:
            assert item.condition is not None
            self._adjust_once(item, item.condition, state, day, ordered)
            pools = self._book.conditions[item.id].actions
            most = rng.choice((1, 1, 2))
        said = {mentions.mentions[i].term for i in (*item.told, *item.seen, *item.assessed)}
        options = []
        again = []
        for place, each in enumerate(pools):
            action = each.action
            if each.gate is not None and not each.gate.opens(scene):
                continue
            if action.terms and said.isdisjoint(action.terms):
                continue
            if action.always:
                item.actions.append(action)
                continue
            if action.order and (action.order in ordered or self._lately(action, clinics, day)):
                continue
            key = f"{item.id}:{action.id or place}"
            before = clinics.done.get(key)
            if before is None or (not action.once and (day - before).days >= _AGAIN_AFTER):
                options.append((key, action))
            elif not action.once:
                again.append((key, action))
        rng.shuffle(options)
        for key, action in options[:most] or again[-1:]:
            if action.order and action.order in ordered:
                continue
            item.actions.append(action)
            if action.order:
                ordered.add(action.order)
                clinics.orders[action.order] = day
            clinics.done[key] = day
            if action.after and action.order not in _RESULTED:
                clinics.pending.append((day, item.id, action, scene.setting))

    def _lately(self, action: Action, clinics: ClinicMemory, day: date) -> bool:
        """Return whether any clinic ordered the same within the year; advice is given again."""
        before = clinics.orders.get(action.order)
        return action.kind in _ORDERS and before is not None and (day - before).days < _AGAIN_AFTER

    def _treat_complaint(self, item: AgendaItem, state: VisitState, day: date, rng: random.Random) -> None:
        complaint = item.complaint
        assert complaint is not None
        if complaint.treat:
            course = self._formulary.short_course(state.chart, complaint.treat, state.persona, day, rng)
            if course is not None:
                item.medicines.append(MedicineStep("short", course.drug.name, course.dose))

    def _name_diagnosis(
        self, item: AgendaItem, scene: Scene, state: VisitState, day: date, rng: random.Random
    ) -> None:
        """A problem that lasts is given its name, and its treatment begins."""
        thread = self._book.threads[item.id]
        for condition, chance in thread.diagnosis.items():
            if item.status == "new" or rng.random() >= chance:
                continue
            if any(each.id == condition for each in state.chart.conditions):
                continue
            new = self._illnesses.newly(condition, day, rng)
            if new is None or scene.setting not in new.spec.followed_by:
                continue
            state.chart.conditions.append(new)
            if new.spec.ladder and rng.random() < max(0.5, new.spec.treated):
                self._start(item, new.spec.ladder[:1], new, state, day)
            return

    def behind(self, items: Iterable[AgendaItem], state: VisitState, day: date) -> set[str]:
        """Return the conditions that problems in focus are signs of, which are dealt with there."""
        found = (
            self._condition_behind(item, state, day)
            for item in items
            if item.thread is not None and item.focus
        )
        return {each.id for each in found if each is not None}

    def _condition_behind(self, item: AgendaItem, state: VisitState, day: date) -> ConditionCourse | None:
        """Return the condition that a problem is a sign of: the one its presentation names, else one of its thread."""
        assert item.thread is not None
        when = self._book.presentations[item.thread.presentation].presentation.when
        named = when.has if when is not None else []
        there = [
            each
            for each in state.chart.conditions_on(day)
            if each.spec.ladder and (each.id in named or item.id in each.spec.threads)
        ]
        found = next((each for each in there if each.id in named), None)
        # Without a cause named, what troubles the mind is treated by the drugs of its illness; an ache may be anything.
        of_mind = self._book.threads[item.id].region == "mental_status"
        return found or (there[0] if there and of_mind and not named else None)

    def _adjust_once(
        self,
        item: AgendaItem,
        condition: ConditionCourse,
        state: VisitState,
        day: date,
        ordered: set[str],
    ) -> None:
        """Adjust a condition's drugs, once a visit whatever problems it stands behind."""
        key = f"drugs of {condition.id}"
        if key not in ordered and not item.medicines:
            ordered.add(key)
            thread = item.thread
            if thread is not None and self._book.presentations[thread.presentation].presentation.from_drugs:
                self._lower(item, condition, state, day)
            else:
                self._adjust(item, condition, state, day, state.rng)

    def _lower(self, item: AgendaItem, condition: ConditionCourse, state: VisitState, day: date) -> None:
        """Lower or stop one of the drugs that bring a problem on, unless it is steady."""
        courses = [each for each in course_of(state.chart, condition, day) if (day - each.start).days > 10]
        if item.status not in ("new", "worse") or not courses:
            return
        course = state.rng.choice(courses)
        if course.step > 0:
            old = course.dose
            change_step(course, -1, day, item.id)
            item.medicines.append(
                MedicineStep("decrease", course.drug.name, course.dose, old, condition.name, condition.id)
            )
        else:
            effects = course.drug.effects
            reason = next(
                (each for each in effects if "lighthead" in each), effects[0] if effects else "side effects"
            )
            stop(course, day, reason)
            item.medicines.append(
                MedicineStep("stop", course.drug.name, course.dose, "", reason, condition.id)
            )

    def _adjust(
        self, item: AgendaItem, condition: ConditionCourse, state: VisitState, day: date, rng: random.Random
    ) -> None:
        """Change a condition's drugs where it is out of control or one is not borne, else say that they go on."""
        chart, steps = state.chart, item.medicines
        courses = course_of(chart, condition, day)
        name = condition.name
        for course in courses:
            effects = [each for each in course.drug.effects if "test" not in each]
            if effects and rng.random() < 0.012 and (day - course.start).days > 10:
                reason = rng.choice(effects)
                stop(course, day, reason)
                steps.append(MedicineStep("stop", course.drug.name, course.dose, "", reason, condition.id))
                self._start(item, condition.spec.ladder, condition, state, day)
                return
        if item.status == "worse":
            can_rise = [c for c in courses if condition.spec.titrated and c.step + 1 < len(c.drug.steps)]
            if can_rise and rng.random() < _RAISED:
                course = rng.choice(can_rise)
                old = course.dose
                change_step(course, 1, day)
                condition.control = min(1.0, condition.control + 0.25)
                steps.append(MedicineStep("increase", course.drug.name, course.dose, old, name, condition.id))
            elif rng.random() < _ADDED:
                lines = condition.spec.ladder[1:] if courses else condition.spec.ladder
                if self._start(item, lines, condition, state, day):
                    condition.control = min(1.0, condition.control + 0.3)
        if not steps and (item.status != "worse" or condition.spec.titrated):
            # What is out of control is not answered by going on as before, but said to be left for a reason.
            action, most = ("keep", 1) if item.status == "worse" else ("continue", 2)
            steps += [
                MedicineStep(action, c.drug.name, c.dose, "", name, condition.id) for c in courses[:most]
            ]

    def _start(
        self,
        item: AgendaItem,
        lines: Sequence[Sequence[str]],
        condition: ConditionCourse,
        state: VisitState,
        day: date,
    ) -> bool:
        """Start a drug of the first line that has one for the patient; return whether there was one."""
        course = self._formulary.start_first(lines, state.chart, condition.id, state.persona, day, state.rng)
        if course is not None:
            item.medicines.append(
                MedicineStep("start", course.drug.name, course.dose, "", condition.name, condition.id)
            )
        return course is not None
