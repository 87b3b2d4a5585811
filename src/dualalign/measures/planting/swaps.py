"""Faults that change a word or a number of a sentence: doses, ages, scores, jobs, years, names."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from dualalign.measures.contradictions.medicines import Given, MedicineReader
from dualalign.measures.planting.change import Change, Place

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack

Swap = Callable[[Place, random.Random], "Change | None"]

_AGE = re.compile(r"\b\d{2,3}(?=(?:-year-old| years old| ?yo\b| ?y/o\b|-year old))")
_PERSON = re.compile(
    r"(?<=\bold )(?:woman|man)\b|(?<=-handed )(?:woman|man)\b|(?<=yo )(?:woman|man)\b|(?<=y/o )(?:woman|man)\b"
)
_OTHER = {"woman": "man", "man": "woman"}
_PRESSURE = re.compile(r"\b(?:BP|[Bb]lood pressure) \d{2,3}/\d{2,3}")
_RESULT = re.compile(
    r"(?<=\bcreatinine )\d\.\d|(?<=\bsodium )\d{3}|(?<=\bLDL )\d{2,3}(?!/|\d)|(?<=\bTSH )\d\.\d"
)
_WEIGHT = re.compile(r"(?<=\b[Ww]eight )\d{2,3}(?= (?:kg|lb))|(?<=\bwt )\d{2,3}(?= (?:kg|lb))")
_SCHOOLING = re.compile(
    r"\b\d{1,2}(?= years of (?:schooling|education|school)\b| years, (?:high school|college))"
)
_LEVELS = {
    "high school": "graduate degree",
    "High school": "Graduate degree",
    "college graduate": "no formal schooling",
    "College graduate": "No formal schooling",
    "Graduate degree": "Grade school education",
    "Postgraduate education": "Grade school education",
    "Grade school education": "College graduate",
    "College education": "Grade school education",
}
_DEATH = re.compile(
    r"(?<=[Mm]other died at )\d{2}|(?<=[Ff]ather died at )\d{2}|(?<=other died at age )\d{2}|(?<=ather died at age )\d{2}|(?<=other d\. )\d{2}|(?<=ather d\. )\d{2}"
)
_CAUSE = re.compile(
    r"(?:[Mm]other|[Ff]ather) died of ([a-z][a-z ]+?) at \d{2}|(?:[Mm]other|[Ff]ather) d\. \d{2}, ([a-z][a-z ]+)"
)
_HAND = re.compile(r"\bright(?=-handed)|\bleft(?=-handed)")
_SMOKING = {
    "Never smoked.": "Smokes one pack a day.",
    "Lifelong nonsmoker.": "Former smoker, quit in 1988.",
    "Nonsmoker.": "Current smoker, half a pack a day.",
    "No tobacco use.": "Smoked one pack a day, quit in 1991.",
    "Never used tobacco.": "Quit smoking in 1979.",
}
_HEAD_DAY = re.compile(r"(?<=Date: \d\d/)\d\d(?=/)|(?<=Date: \d{4}-\d\d-)\d\d")
_LAST_DAY = 27
_NO_JOB = "homemaker"
_MOST_AMOUNT = re.compile(r"\d+(?:\.\d+)?")


class Swaps:
    """Every fault of this sort, by kind.

    Args:
        pack: supplies medicines, illnesses, operations, jobs and the words that are swapped in (faults.yaml).
    """

    def __init__(self, pack: Pack) -> None:
        self._medicines = MedicineReader(pack)
        self._entries = {drug.id: drug for drug in pack.medicines.medicines}
        self._words = pack.faults
        self._conditions = {each.id: each for each in pack.conditions.conditions}
        names = "|".join(
            re.escape(line.say)
            for operation in pack.history.operations
            for line in sorted(operation.names, key=lambda each: -len(each.say))
            if "[" not in line.say and "{" not in line.say
        )
        self._operation = re.compile(rf"(?i)\b(?:{names or '(?!)'}) \(?(?:in )?((?:19|20)\d\d)\b")
        self._classes = {
            substance.lower(): entry.allergy_class
            for entry in pack.history.allergies
            for substance in entry.substance
        }
        self.of: dict[str, Swap] = {
            "dose_off_table": self._dose_off_table,
            "dose_off_list": self._dose_off_list,
            "drug_not_listed": self._drug_not_listed,
            "drug_despite_allergy": self._despite_allergy,
            "allergy_changed": self._allergy,
            "condition_not_listed": self._condition,
            "age_disagrees": _age,
            "sex_disagrees": _person,
            "score_disagrees": _score,
            "value_disagrees": _value,
            "weight_leaps": _weight,
            "header_date": _head,
            "informant_changed": self._informant,
            "job_changed": self._job,
            "marriage_changed": self._marriage,
            "schooling_changed": _schooling,
            "family_changed": self._family,
            "operation_changed": self._year_of_operation,
            "fact_changed": _fact,
        }

    # medicines -----------------------------------------------------------------------------------

    def _listed(self, place: Place) -> Iterator[tuple[int, Given]]:
        for number in place.in_section("medications", "plan", "assessment_plan"):
            for given in self._medicines.read(place.visit.sentences[number]):
                if given.dose:
                    yield number, given

    def _dose_off_table(self, place: Place, rng: random.Random) -> Change | None:
        found = list(self._listed(place))
        rng.shuffle(found)
        for number, given in found:
            sentence = place.visit.sentences[number]
            amount = _MOST_AMOUNT.search(sentence, given.end - len(given.dose), given.end)
            if amount is None:
                continue
            value = f"{float(amount[0]) * rng.choice((7, 10, 30)):g}"
            changed = sentence[given.start : amount.start()] + value + sentence[amount.end() : given.end]
            again = self._medicines.read(changed)
            if again and not self._medicines.on_table(again[0]):
                return Change(number, amount.start(), amount.end(), value)
        return None

    def _dose_off_list(self, place: Place, rng: random.Random) -> Change | None:
        found = [each for each in self._listed(place) if place.visit.section(each[0]) == "medications"]
        rng.shuffle(found)
        steps_before = {
            row["dose"].lower() for row in place.patient.chart.medications or () if row["dose"] is not None
        }
        for number, given in found:
            drug = self._entries.get(given.drugs[0])
            others = [
                step
                for step in (drug.steps if drug is not None else ())
                if step.lower() != given.dose
                and (drug is None or not _taken(place, drug.id, step) or step.lower() not in steps_before)
            ]
            if others and len(given.drugs) == 1:
                return Change(number, given.end - len(given.dose), given.end, rng.choice(others))
        return None

    def _another_drug(self, place: Place, rng: random.Random, allergy: str = "") -> str | None:
        taken = {row["drug"] for row in place.patient.chart.medications or ()}
        note = " ".join(place.visit.sentences).lower()
        fit = [
            drug
            for drug in self._entries.values()
            if drug.id not in taken
            and drug.steps
            and drug.sex in (None, place.patient.sex)
            and drug.approved <= place.visit.date.year
            and drug.name.lower() not in note
            and (drug.allergy == allergy if allergy else True)
        ]
        if not fit:
            return None
        drug = rng.choice(fit)
        return f"{drug.name} {drug.steps[drug.usual]}"

    def _drug_not_listed(self, place: Place, rng: random.Random) -> Change | None:
        drug = self._another_drug(place, rng)
        return None if drug is None else self._append_drug(place, drug, rng)

    def _append_drug(self, place: Place, drug: str, rng: random.Random) -> Change | None:
        found = [each for each in self._listed(place) if place.visit.section(each[0]) == "medications"]
        if not found:
            return None
        number, given = rng.choice(found)
        return Change(number, given.end, given.end, f", {drug}")

    def _despite_allergy(self, place: Place, rng: random.Random) -> Change | None:
        for number in place.in_section("allergies"):
            text = place.visit.sentences[number].lower()
            classes = [name for substance, name in self._classes.items() if substance in text]
            for name in rng.sample(classes, len(classes)):
                drug = self._another_drug(place, rng, name)
                change = None if drug is None else self._append_drug(place, drug, rng)
                if change is not None:
                    return change
        return None

    def _allergy(self, place: Place, rng: random.Random) -> Change | None:
        """Change a list of allergies of a patient whose other notes hold at least two more."""
        spots = place.in_section("allergies")
        lists = sum("allergies" in visit.sections for visit in place.patient.visits)
        if len(spots) != 1 or lists <= 2:
            return None
        text = place.visit.sentences[spots[0]]
        none = not any(substance in text.lower() for substance in self._classes)
        others = [
            line
            for line in self._words.allergies
            if (("(" in line) if none else ("(" not in line)) and line != text
        ]
        return Change(spots[0], 0, len(text), rng.choice(others)) if others else None

    def _condition(self, place: Place, rng: random.Random) -> Change | None:
        rows = place.patient.chart.conditions
        if rows is None:
            return None
        has = {row["condition"] for row in rows}
        names = " ".join(row["name"].lower() for row in rows)
        fit = [
            each.names[0]
            for each in self._conditions.values()
            if each.id not in has
            and each.sex in (None, place.patient.sex)
            and not any(name.lower() in names for name in each.names)
        ]
        spots = [
            number
            for number in place.in_section("past")
            if any(row["name"].lower() in place.visit.sentences[number].lower() for row in rows)
        ]
        if not spots or not fit:
            return None
        number = rng.choice(spots)
        end = len(place.visit.sentences[number].rstrip("."))
        return Change(number, end, end, f", {rng.choice(fit)}")

    # people --------------------------------------------------------------------------------------

    def _informant(self, place: Place, rng: random.Random) -> Change | None:
        name, relation = place.visit.name, place.visit.relation
        if not name or not relation:
            return None
        for number, sentence in enumerate(place.visit.sentences):
            found = re.search(rf"\b{re.escape(relation)},? \(?{re.escape(name)}\b", sentence)
            if found is not None:
                others = [each for group in self._words.names.values() for each in group if each != name]
                return Change(number, found.end() - len(name), found.end(), rng.choice(others))
        return None

    def _job(self, place: Place, rng: random.Random) -> Change | None:
        work = "" if place.patient.work == _NO_JOB else place.patient.work
        for number in place.in_section("social", "history", "chief"):
            found = re.search(rf"(?i)\b{re.escape(work)}\b", place.visit.sentences[number]) if work else None
            if found is not None:
                job = rng.choice(self._words.jobs)
                return Change(
                    number, found.start(), found.end(), job.capitalize() if found[0][0].isupper() else job
                )
        return None

    def _marriage(self, place: Place, rng: random.Random) -> Change | None:
        told = re.compile(r"(?i)^(married|widow(?:ed|er)?|divorced|single|never married)\b")
        for number in place.in_section("social"):
            sentence = place.visit.sentences[number]
            found = told.match(sentence)
            if found is None:
                continue
            now = found[1].lower()
            now = "widowed" if now.startswith("widow") else "single" if now == "never married" else now
            level = place.patient.factors.get("marital", "")
            # Whoever is widowed at the end was married before: that is no fault.
            fit = [each for each in self._words.marriages if each not in (now, level, "married")]
            if level in ("single", "divorced") and now == level:
                fit.append("married")
            others = [line for each in fit for line in self._words.marriages[each]]
            if others:
                return Change(number, 0, len(sentence), rng.choice(others))
        return None

    def _family(self, place: Place, rng: random.Random) -> Change | None:
        """Change how a parent died, where the other notes tell it at least twice."""
        for number in place.in_section("family", "past", "history", "social"):
            sentence = place.visit.sentences[number]
            age = _DEATH.search(sentence)
            cause = _CAUSE.search(sentence)
            who = "other d" if "other d" in sentence else "ather d"
            if sum(who in each for visit in place.patient.visits for each in visit.sentences) <= 2:
                continue
            if age is not None and (cause is None or rng.random() < 0.5):
                value = str(int(age[0]) + rng.choice((-11, -7, 6, 9)))
                return Change(number, age.start(), age.end(), value)
            if cause is not None:
                group = 1 if cause[1] else 2
                others = [each for each in self._words.causes if each not in sentence]
                return Change(number, cause.start(group), cause.end(group), rng.choice(others))
        return None

    def _year_of_operation(self, place: Place, rng: random.Random) -> Change | None:
        for number in place.in_section("past"):
            found = self._operation.search(place.visit.sentences[number])
            if found is None:
                continue
            told = sum(found[0] in each for visit in place.patient.visits for each in visit.sentences)
            if told > 2:
                year = str(int(found[1]) + rng.choice((-9, -4, -3, 2)))
                return Change(number, found.start(1), found.end(1), year)
        return None


def _taken(place: Place, drug: str, step: str) -> bool:
    return any(
        row["drug"] == drug and str(row["dose"]).lower() == step.lower()
        for row in place.patient.chart.medications or ()
    )


def _first(
    place: Place, sections: tuple[str, ...], pattern: re.Pattern[str]
) -> tuple[int, re.Match[str]] | None:
    for number in place.in_section(*sections):
        found = pattern.search(place.visit.sentences[number])
        if found is not None:
            return number, found
    return None


def _age(place: Place, rng: random.Random) -> Change | None:
    hit = _first(place, ("chief", "history"), _AGE)
    if hit is None or int(hit[1][0]) != place.visit.age:
        return None
    value = str(place.visit.age + rng.choice((-12, -6, -3, -2, 2, 3, 5, 10)))
    return Change(hit[0], hit[1].start(), hit[1].end(), value)


def _person(place: Place, rng: random.Random) -> Change | None:
    hit = _first(place, ("chief", "history"), _PERSON)
    if hit is None or place.patient.sex not in ("female", "male"):
        return None
    return Change(hit[0], hit[1].start(), hit[1].end(), _OTHER[hit[1][0]])


def _score(place: Place, rng: random.Random) -> Change | None:
    for row in place.visit.scores:
        pattern = re.compile(
            rf"(?<![\d.]){row['value']:g}(?=/{row['maximum']:g}\b| (?:out )?of {row['maximum']:g}\b)"
        )
        for number, sentence in enumerate(place.visit.sentences):
            found = pattern.search(sentence) if row["name"] in sentence else None
            if found is None:
                continue
            fit = [each for each in range(int(row["maximum"]) + 1) if abs(each - row["value"]) >= _FAR]
            return Change(number, found.start(), found.end(), str(rng.choice(fit)))
    return None


_FAR = 4


def _value(place: Place, rng: random.Random) -> Change | None:
    """Give a second blood pressure beside the first, or another result than the one measured that day."""
    measured = {(row["measurement"], row["date"]) for row in place.patient.chart.measurements or ()}
    if rng.random() < 0.5:
        for number in place.in_section("results", "history", "assessment", "assessment_plan", "course"):
            sentence = place.visit.sentences[number]
            found = _RESULT.search(sentence)
            if (
                found is not None
                and "today" in sentence
                and any(day == place.visit.date and name in _MEASURED for name, day in measured)
            ):
                old = float(found[0])
                new = f"{old * 1.4:.1f}" if "." in found[0] else f"{old * 1.2:.0f}"
                return Change(number, found.start(), found.end(), new)
    hit = _first(place, ("vitals", "examination"), _PRESSURE)
    if hit is None:
        return None
    number, found = hit
    systolic = int(re.findall(r"\d+", found[0])[0])
    return Change(number, 0, 0, f"BP {systolic + rng.choice((-31, 24, 37, 44))}/{rng.randint(50, 99)}.", True)


_MEASURED = frozenset({"creatinine", "sodium", "ldl", "tsh"})


def _weight(place: Place, rng: random.Random) -> Change | None:
    """Change a weight that has another one near it on both sides or before it."""
    hit = _first(place, ("vitals", "examination", "mental_status"), _WEIGHT)
    if hit is None:
        return None
    day = place.visit.date
    near = [
        visit
        for number, visit in enumerate(place.patient.visits)
        if number != place.number
        and abs((visit.date - day).days) <= 60
        and any(_WEIGHT.search(sentence) for sentence in visit.sentences)
    ]
    before = [visit for visit in near if visit.date < day]
    if not before:
        return None
    value = f"{float(hit[1][0]) * rng.choice((0.7, 1.35, 1.5)):.0f}"
    return Change(hit[0], hit[1].start(), hit[1].end(), value)


def _head(place: Place, rng: random.Random) -> Change | None:
    found = _HEAD_DAY.search(place.visit.head)
    if found is None:
        return None
    fit = [f"{day:02d}" for day in range(1, _LAST_DAY) if abs(day - int(found[0])) > 1]
    return Change(-1, found.start(), found.end(), rng.choice(fit))


def _schooling(place: Place, rng: random.Random) -> Change | None:
    hit = _first(place, ("social", "history"), _SCHOOLING)
    told = sum(bool(_SCHOOLING.search(each)) for visit in place.patient.visits for each in visit.sentences)
    if hit is not None and told > 2:
        years = int(hit[1][0])
        value = str(rng.choice([each for each in (3, 6, 8, 10, 12, 14, 16, 18, 20) if abs(each - years) > 1]))
        return Change(hit[0], hit[1].start(), hit[1].end(), value)
    for number in place.in_section("social"):
        sentence = place.visit.sentences[number]
        for level, other in _LEVELS.items():
            if sentence.startswith(level):
                return Change(number, 0, len(sentence.rstrip(".")), other)
    return None


def _fact(place: Place, rng: random.Random) -> Change | None:
    hand = _first(place, ("chief", "history"), _HAND)
    told = sum("-handed" in each for visit in place.patient.visits for each in visit.sentences)
    if hand is not None and told > 2:
        number, found = hand
        return Change(number, found.start(), found.end(), "left" if found[0] == "right" else "right")
    notes = sum(any(each in _SMOKING for each in visit.sentences) for visit in place.patient.visits)
    for number in place.in_section("social"):
        sentence = place.visit.sentences[number]
        if sentence in _SMOKING and notes > 2:
            return Change(number, 0, len(sentence), _SMOKING[sentence])
    return None
