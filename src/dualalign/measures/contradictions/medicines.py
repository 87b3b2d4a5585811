"""Medicines in the text against the closed table, the patient's list of the day, the patient's sex and allergies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from dualalign.measures.contradictions.contradiction import Contradiction
from dualalign.reading.pattern import keys_of, normalise

if TYPE_CHECKING:
    from dualalign.measures.contradictions.chart_reader import Record
    from dualalign.measures.contradictions.patients import Patient, Visit
    from dualalign.packs.pack import Pack

_CACHED = 1 << 16
_UNIT = r"(?:mg/kg|mg|mcg|micrograms?|g|grams?|units?|ml|meq|puffs?|drops?|sprays?|tablets?|teaspoons?|tablespoons?|capsules?|patch(?:es)?|packets?|%)"
_AMOUNT = re.compile(rf"(\d[\d.,/-]*(?: to \d+)?) ?{_UNIT}(?![a-z])")
_BETWEEN = re.compile(
    r"[\s,(:]*(?:(?:dose|at|to|from|of|er|xr|xl|sr|la|inhaler|by mouth|po|was|is|now|back) ?)*"
)
_LEAST_DAYS = 1
_STILL_SPOKEN_OF = timedelta(days=45)
_SEXES = ("female", "male")


class Given(NamedTuple):
    """A drug in a sentence.

    Args:
        drugs: ids in the table; some entries share a name.
        amounts: amounts that follow it, as written, in lower case.
        dose: step of the table that follows it word for word; empty if none does.
        start: first character of its name.
        end: one past the last character of its dose.
    """

    drugs: tuple[str, ...]
    amounts: tuple[str, ...]
    dose: str
    start: int
    end: int


class MedicineReader:
    """Reads drugs of the closed table with their doses.

    Args:
        pack: supplies medicines.yaml and the disease's own drugs.
    """

    def __init__(self, pack: Pack) -> None:
        self.doses: dict[str, tuple[str, ...]] = {}
        self.sex: dict[str, str | None] = {}
        self.allergy: dict[str, str] = {}
        names: dict[str, list[str]] = {}
        for drug in pack.medicines.medicines:
            self.doses[drug.id] = tuple(step.lower() for step in (*drug.steps, *drug.short))
            self.sex[drug.id], self.allergy[drug.id] = drug.sex, drug.allergy
            for name in (drug.name, drug.brand):
                if name:
                    names.setdefault(name.lower(), []).append(drug.id)
        for own in pack.drugs.drugs:
            self.doses[own.id] = tuple(step.lower() for step in own.doses)
            for name in own.names:
                names.setdefault(name.lower(), []).append(own.id)
        self.ids = {name: tuple(dict.fromkeys(ids)) for name, ids in names.items()}
        self._amounts = {
            drug: {amount for step in steps for amount in _AMOUNT.findall(step)}
            for drug, steps in self.doses.items()
        }
        self._keys = frozenset(min(keys_of(name), key=lambda key: -len(key)) for name in names)
        either = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
        self._name = re.compile(rf"(?<![\w-])(?:{either or '(?!)'})(?![\w-])")
        self.read = lru_cache(maxsize=_CACHED)(self._read)

    def _read(self, sentence: str) -> tuple[Given, ...]:
        text = normalise(sentence)
        if self._keys.isdisjoint(keys_of(text)):
            return ()
        return tuple(self._given(text, match) for match in self._name.finditer(text))

    def _given(self, text: str, match: re.Match[str]) -> Given:
        drugs = self.ids[match[0]]
        place = _BETWEEN.match(text, match.end())
        start = place.end() if place is not None else match.end()
        dose = next(
            (
                step
                for step in sorted(
                    (step for drug in drugs for step in self.doses[drug]), key=len, reverse=True
                )
                if text.startswith(step, start)
                and not text[start + len(step) : start + len(step) + 1].isalnum()
            ),
            "",
        )
        if dose:
            return Given(drugs, (), dose, match.start(), start + len(dose))
        amount = _AMOUNT.match(text, start)
        if amount is None:
            return Given(drugs, (), "", match.start(), match.end())
        return Given(drugs, (amount[1],), "", match.start(), amount.end())

    def on_table(self, given: Given) -> bool:
        """Return whether the amount belongs to any dose of the drug."""
        return all(any(amount in self._amounts[drug] for drug in given.drugs) for amount in given.amounts)


class MedicineCheck:
    """Finds medicines that this patient cannot be given, or not at this dose.

    Doses are held against the closed table of the pack, and against the patient's courses on the day of the visit
    where the cohort has them: from the day before, since a list may be written before or after a change. Drugs that
    are given are held against the patient's sex and against the allergies that the notes tell.

    Args:
        pack: supplies the table, allergies and which sections list medicines.
    """

    def __init__(self, pack: Pack) -> None:
        self._reader = MedicineReader(pack)
        self._listed = frozenset(pack.chart_words.listed)
        self._planned = frozenset(pack.chart_words.planned)

    def check(self, record: Record) -> Iterator[Contradiction]:
        """Yield what contradicts."""
        patient = record.patient
        courses = _courses(patient)
        classes = _allergies(record)
        for visit in patient.visits:
            disease = {
                # On the day of a change a list may hold the dose before or after it.
                drug: str(row.get("dose") or "").lower() if row["action"] == "continue" else ""
                for row in visit.medicines
                for drug in self._reader.ids.get(row["drug"].lower(), ())
            }
            for place, sentence in enumerate(visit.sentences):
                section = visit.section(place)
                for given in self._reader.read(sentence) if section != "allergies" else ():
                    yield from self._of_drug(
                        patient, visit, section, sentence, given, courses, disease, classes
                    )

    def _of_drug(
        self,
        patient: Patient,
        visit: Visit,
        section: str,
        sentence: str,
        given: Given,
        courses: list[tuple[str, date, date, str]] | None,
        disease: dict[str, str],
        classes: set[str],
    ) -> Iterator[Contradiction]:
        words = sentence[given.start : given.end]

        def found(kind: str, reason: str) -> Contradiction:
            return Contradiction(kind, patient.patient_id, visit.note_id, sentence, reason, words)

        name = given.drugs[0].replace("_", " ")
        takes = bool(given.dose or given.amounts) or section in self._listed
        sexes = {self._reader.sex.get(drug) for drug in given.drugs}
        if takes and None not in sexes and patient.sex in _SEXES and patient.sex not in sexes:
            yield found("wrong_sex", f"{name} is given to the other sex alone; the patient is {patient.sex}")
        allergy = self._reader.allergy.get(given.drugs[0], "")
        if takes and allergy in classes:
            yield found("drug_despite_allergy", f"{name}, and the patient is allergic to {allergy}")
        if not self._reader.on_table(given):
            steps = ", ".join(step for drug in given.drugs for step in self._reader.doses[drug])
            yield found("dose_off_table", f"{name} is given as {steps}")
            return
        listed = [disease[drug] for drug in given.drugs if drug in disease]
        if listed:
            if given.dose and given.dose not in listed and "" not in listed:
                yield found("dose_off_list", f"{name} is on the list at {' or '.join(listed)}")
            return
        if courses is None or not takes:
            return
        mine = [step for step in courses if step[0] in given.drugs]
        around = [
            dose for _, start, stop, dose in mine if start <= visit.date <= stop + timedelta(days=_LEAST_DAYS)
        ]
        if not around:
            lately = any(start <= visit.date <= stop + _STILL_SPOKEN_OF for _, start, stop, _ in mine)
            if section in self._listed or not mine or (section in self._planned and not lately):
                yield found("drug_not_listed", f"{name} is not on the patient's list of {visit.date}")
        elif given.dose and given.dose not in around:
            yield found("dose_off_list", f"{name} is on the list at {' or '.join(around)}")


def _courses(patient: Patient) -> list[tuple[str, date, date, str]] | None:
    """Return drug, first day, last day and dose of each step of each course; None without the table."""
    rows = patient.chart.medications
    if rows is None:
        return None
    by_course: dict[tuple[int, str], list[dict[str, object]]] = {}
    for row in rows:
        by_course.setdefault((row["course"], row["drug"]), []).append(row)
    steps: list[tuple[str, date, date, str]] = []
    for mine in by_course.values():
        mine.sort(key=lambda row: row["date"])  # type: ignore[arg-type,return-value]
        for row, after in zip(mine, [*mine[1:], None], strict=True):
            if row["action"] != "stop":
                last = after["date"] if after is not None else date.max - timedelta(days=2)
                steps.append((str(row["drug"]), row["date"], last, str(row["dose"]).lower()))  # type: ignore[arg-type]
    return steps


def _allergies(record: Record) -> set[str]:
    """Return the classes of allergy that most notes with a list of allergies tell."""
    lists = 0
    told: dict[str, int] = {}
    for visit, said in zip(record.patient.visits, record.said, strict=True):
        here = {
            each.name
            for place, reading in enumerate(said)
            if visit.section(place) == "allergies"
            for each in reading.get("allergy", ())
        }
        lists += any(visit.section(place) == "allergies" for place in range(len(said)))
        for name in here:
            told[name] = told.get(name, 0) + 1
    return {name for name, count in told.items() if 2 * count > lists}


class AllergyCheck:
    """Finds allergies that come, go or change their reaction, read from the text of lists of allergies."""

    def check(self, record: Record) -> Iterator[Contradiction]:
        """Yield what contradicts."""
        patient = record.patient
        told: list[tuple[Visit, str, frozenset[tuple[str, str]]]] = []
        for visit, said in zip(patient.visits, record.said, strict=True):
            for place, reading in enumerate(said):
                if visit.section(place) != "allergies":
                    continue
                named = frozenset(
                    (each.value, next((group for group in each.groups if group), ""))
                    for each in reading.get("allergy", ())
                )
                if named or "no_allergy" in reading:
                    told.append((visit, visit.sentences[place], named))
        if len({named for *_, named in told}) < 2:
            return
        counts: dict[frozenset[tuple[str, str]], int] = {}
        for *_, named in told:
            counts[named] = counts.get(named, 0) + 1
        usual = max(counts, key=lambda named: counts[named])
        one = next(visit for visit, _, named in told if named == usual)
        for visit, sentence, named in told:
            if named != usual:
                reason = f"{_said(named)}, but {_said(usual)} in {one.note_id}"
                yield Contradiction(
                    "allergy_changed",
                    patient.patient_id,
                    visit.note_id,
                    sentence,
                    reason,
                    against=one.note_id,
                )


def _said(named: frozenset[tuple[str, str]]) -> str:
    return ", ".join(f"{what} ({reaction})" for what, reaction in sorted(named)) or "no allergy"
