"""The closed table of medicines: which drug is given for what, to whom, and at which dose."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from dualalign.charts.chart import DoseChange, MedicineCourse

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Sequence

    from dualalign.charts.chart import Chart, ConditionCourse
    from dualalign.packs.pack import Pack
    from dualalign.packs.schema.medicine_table import MedicineEntry
    from dualalign.personas.persona import Persona

_LONGEST_BEFORE = 20 * 365
_SECOND_LINE = 0.35  # share of treated conditions that take two drugs when the course begins
_PREFERRED = 0.6  # how much less each further drug of a line of treatment is chosen
_AVOIDED_IN_DISEASE = 0.15


class Formulary:
    """Chooses medicines from the pack's closed table."""

    def __init__(self, pack: Pack) -> None:
        self.drugs: dict[str, MedicineEntry] = {drug.id: drug for drug in pack.medicines.medicines}

    def begin(self, chart: Chart, persona: Persona, first_day: date, rng: random.Random) -> None:
        """Add the courses that run when the first visit takes place.

        Args:
            chart: with its conditions; medicines are added.
            persona: who the patient is.
            first_day: of the horizon.
            rng: the patient's generator.
        """
        for condition in chart.conditions:
            if condition.onset > first_day:
                self.treat(chart, condition, persona, condition.onset, rng)
                continue
            if rng.random() >= condition.spec.treated:
                continue
            lines = 1 + (len(condition.spec.ladder) > 1 and rng.random() < _SECOND_LINE)
            for line in condition.spec.ladder[:lines]:
                since = max(condition.onset, first_day - timedelta(days=_LONGEST_BEFORE))
                days = max(1, (first_day - since).days)
                start = since + timedelta(days=int(days * rng.random() ** 2))
                drug = self.choose(line, chart, persona, first_day, rng)
                if drug is None or drug.approved > first_day.year:
                    continue
                start = max(start, date(drug.approved, 6, 1))
                step = drug.usual if rng.random() < 0.7 else rng.randrange(len(drug.steps))
                course = MedicineCourse(drug, condition.id, start, step)
                course.changes.append(DoseChange(start, "start", drug.steps[step]))
                chart.medicines.append(course)

    def treat(
        self, chart: Chart, condition: ConditionCourse, persona: Persona, day: date, rng: random.Random
    ) -> None:
        """Begin the treatment of a condition found on a day: what harms it is stopped, the first drug started."""
        for course in chart.medicines_on(day):
            if condition.id in course.drug.avoid_with:
                stop(course, day, condition.name)
        if condition.spec.ladder and rng.random() < condition.spec.treated:
            self.start_first(condition.spec.ladder[:1], chart, condition.id, persona, day, rng)

    def choose(
        self,
        line: Sequence[str],
        chart: Chart,
        persona: Persona,
        day: date,
        rng: random.Random,
        short: bool = False,
    ) -> MedicineEntry | None:
        """Return a drug of one line of treatment that this patient can take; None if there is none."""
        options = [
            drug
            for name in line
            if (drug := self.drugs.get(name)) is not None
            and (drug.short if short else drug.steps)
            and self.allowed(drug, chart, persona, day)
        ]
        for drug in options:
            if drug.beers and rng.random() > _AVOIDED_IN_DISEASE:
                continue
            if rng.random() < _PREFERRED:
                return drug
        return next((drug for drug in options if not drug.beers), None)

    def allowed(self, drug: MedicineEntry, chart: Chart, persona: Persona, day: date) -> bool:
        """Return whether the patient can be given the drug on a day."""
        age = (day - persona.birth_date).days / 365.25
        if drug.approved > day.year or (drug.withdrawn is not None and day.year >= drug.withdrawn):
            return False
        if drug.sex and drug.sex != persona.sex:
            return False
        if (drug.age_from and age < drug.age_from) or (drug.age_below and age >= drug.age_below):
            return False
        if drug.allergy and any(each.allergy_class == drug.allergy for each in chart.allergies):
            return False
        avoid = set(drug.avoid_with)
        for course in chart.medicines:
            # A drug that another condition will begin later counts as well: two courses must not meet.
            if course.stop is None or course.stop > day:
                if course.drug.id == drug.id or course.drug.id in avoid or drug.id in course.drug.avoid_with:
                    return False
                if course.drug.drug_class and course.drug.drug_class == drug.drug_class:
                    return False
            elif course.reason and (
                course.drug.id == drug.id or course.drug.drug_class == drug.drug_class != ""
            ):
                # What one drug of a class did, the next is likely to do.
                return False
        return avoid.isdisjoint(each.id for each in chart.conditions_on(day))

    def start(self, chart: Chart, drug: MedicineEntry, indication: str, day: date) -> MedicineCourse:
        """Start a drug at its lowest dose."""
        course = MedicineCourse(drug, indication, day, 0)
        course.changes.append(DoseChange(day, "start", course.dose))
        chart.medicines.append(course)
        return course

    def start_first(
        self,
        lines: Iterable[Sequence[str]],
        chart: Chart,
        indication: str,
        persona: Persona,
        day: date,
        rng: random.Random,
    ) -> MedicineCourse | None:
        """Start a drug of the first line of treatment that has one for this patient; None if none has."""
        for line in lines:
            drug = self.choose(line, chart, persona, day, rng)
            if drug is not None:
                return self.start(chart, drug, indication, day)
        return None

    def short_course(
        self, chart: Chart, drugs: Iterable[str], persona: Persona, day: date, rng: random.Random
    ) -> MedicineCourse | None:
        """Give the first drug that fits for a few days; None if the patient can take none."""
        for name in drugs:
            drug = self.drugs.get(name)
            if drug is None or not drug.short or not self.allowed(drug, chart, persona, day):
                continue
            course = MedicineCourse(drug, "", day, 0, day + timedelta(days=14), short=rng.choice(drug.short))
            course.changes.append(DoseChange(day, "start", course.short))
            chart.medicines.append(course)
            return course
        return None


def change_step(course: MedicineCourse, by: int, day: date, reason: str = "") -> None:
    """Raise or lower a dose by one step of the table."""
    course.step = min(max(course.step + by, 0), len(course.drug.steps) - 1)
    course.changes.append(DoseChange(day, "increase" if by > 0 else "decrease", course.dose, reason))


def stop(course: MedicineCourse, day: date, reason: str) -> None:
    """End a course."""
    course.stop, course.reason = day, reason
    course.changes.append(DoseChange(day, "stop", course.dose, reason))


def course_of(chart: Chart, condition: ConditionCourse, day: date) -> list[MedicineCourse]:
    """Return the courses that treat a condition on a day."""
    return [each for each in chart.medicines_on(day) if each.indication == condition.id]
