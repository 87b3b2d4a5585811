"""One patient after another out of a cohort's tables, in flat memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dualalign.cohort.reader import Cohort
from dualalign.errors import CohortError

_VISITS = [
    "note_id", "patient_id", "date", "years_before", "age", "note_type", "stage", "informant_relation",
    "informant_name", "diagnosis_made", "scores", "medicines",
]  # fmt: skip
_MENTIONS = ["note_id", "patient_id", "term", "polarity", "course", "sentence"]
_NOTES = ["note_id", "patient_id", "text"]
_SENTENCES = ["note_id", "patient_id", "start", "section", "text"]
_CHART = {
    "conditions": ["patient_id", "condition", "name", "onset"],
    "medications": ["patient_id", "course", "drug", "date", "action", "dose"],
    "events": ["patient_id", "date", "kind", "event", "side"],
    "family": ["patient_id", "relation", "birth_year", "death_year", "affected", "affected_age"],
    "measurements": ["patient_id", "date", "measurement", "value"],
}

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """A row of the mentions table that was said.

    Args:
        term: term id.
        polarity: affirmed, negated, historical or family.
        course: new, ongoing, worse or better.
        sentence: index into the note's sentences.
    """

    term: str
    polarity: str
    course: str
    sentence: int


@dataclass(slots=True)
class Visit:
    """One visit: its row, its note's head and sentences, and the mentions said in it.

    `starts` and `sections` hold the first character and the section of each sentence.
    """

    note_id: str
    date: date
    years_before: float
    age: int
    stage: str
    relation: str | None
    name: str | None
    diagnosis_made: bool
    scores: list[Row]
    medicines: list[Row]
    head: str
    sentences: list[str]
    told: list[Told] = field(default_factory=list)
    note_type: str = ""
    starts: list[int] = field(default_factory=list)
    sections: list[str] = field(default_factory=list)

    def section(self, sentence: int) -> str:
        """Return the section of a sentence, empty where it is not known."""
        return self.sections[sentence] if sentence < len(self.sections) else ""


@dataclass(frozen=True, slots=True)
class Chart:
    """The rows of one patient's chart tables; a cohort without such a table has None."""

    conditions: list[Row] | None = None
    medications: list[Row] | None = None
    events: list[Row] | None = None
    family: list[Row] | None = None
    measurements: list[Row] | None = None


@dataclass(frozen=True, slots=True)
class Patient:
    """One patient's whole record.

    Args:
        patient_id: as in the personas table.
        is_case: False for a control.
        sex: of the persona.
        birth_date: of the persona.
        index_date: of the persona.
        informants: (relation, name) of those who speak for the patient.
        factors: factor id -> level.
        visits: in the order of the visits table.
        work: occupation of the persona.
        chart: rows of the chart tables.
    """

    patient_id: str
    is_case: bool
    sex: str
    birth_date: date
    index_date: date
    informants: tuple[tuple[str, str], ...]
    factors: dict[str, str]
    visits: list[Visit]
    work: str = ""
    chart: Chart = Chart()


def read_patients(cohort: Cohort) -> Iterator[Patient]:
    """Yield the patients that have visits, in the cohort's order.

    Args:
        cohort: a finished cohort.

    Raises:
        CohortError: a visit without its note, or tables whose patients are not in one order.
    """
    personas = {row["patient_id"]: row for row in cohort.table("personas").to_pylist()}
    mentions = _Groups(cohort.batches("mentions", _MENTIONS))
    notes = _Groups(cohort.iterate("notes", _NOTES))
    sentences = _Groups(cohort.iterate("sentences", _SENTENCES))
    visits = _Groups(cohort.batches("visits", _VISITS))
    chart = {
        name: _Groups(cohort.batches(name, columns))
        for name, columns in _CHART.items()
        if (cohort.folder / f"{name}.parquet").is_file()
    }
    while (patient_id := visits.upcoming()) is not None:
        rows = visits.take(patient_id)
        persona = personas.get(patient_id)
        if persona is None:
            raise CohortError(f"personas.parquet: has no patient '{patient_id}'", "generate the cohort again")
        yield _patient(
            persona,
            rows,
            notes.take(patient_id),
            sentences.take(patient_id),
            mentions.take(patient_id),
            Chart(**{name: groups.take(patient_id) for name, groups in chart.items()}),
        )


class _Groups:
    """Rows of a table that is sorted by patient, a patient at a time."""

    def __init__(self, tables: Iterable[Any]) -> None:
        self._rows = (row for table in tables for row in table.to_pylist())
        self._next: Row | None = next(self._rows, None)

    def upcoming(self) -> str | None:
        """Return the patient whose rows come next."""
        return None if self._next is None else str(self._next["patient_id"])

    def take(self, patient_id: str) -> list[Row]:
        """Return the next rows if they are this patient's, else none."""
        found: list[Row] = []
        while self._next is not None and self._next["patient_id"] == patient_id:
            found.append(self._next)
            self._next = next(self._rows, None)
        return found


def _patient(
    persona: Row,
    visits: list[Row],
    notes: list[Row],
    sentences: list[Row],
    mentions: list[Row],
    chart: Chart,
) -> Patient:
    patient_id = persona["patient_id"]
    texts = {row["note_id"]: row["text"] for row in notes}
    said: dict[str, list[Row]] = {}
    for row in sentences:
        said.setdefault(row["note_id"], []).append(row)
    told: dict[str, list[Told]] = {}
    for row in mentions:
        if row["sentence"] is not None:
            told.setdefault(row["note_id"], []).append(
                Told(row["term"], row["polarity"], row["course"], row["sentence"])
            )
    record: list[Visit] = []
    for row in visits:
        note_id = row["note_id"]
        if note_id not in texts:
            raise CohortError(
                f"notes of '{patient_id}': no note '{note_id}' where the visits table has it",
                "the tables do not belong together or are not in one order; generate the cohort again",
            )
        own = said.get(note_id, [])
        head = texts[note_id][: own[0]["start"]] if own else texts[note_id]
        record.append(
            Visit(
                note_id,
                row["date"],
                row["years_before"],
                row["age"],
                row["stage"],
                row["informant_relation"],
                row["informant_name"],
                bool(row["diagnosis_made"]),
                row["scores"] or [],
                row["medicines"] or [],
                head,
                [each["text"] for each in own],
                told.get(note_id, []),
                row["note_type"],
                [each["start"] for each in own],
                [each["section"] or "" for each in own],
            )
        )
    return Patient(
        patient_id,
        bool(persona["is_case"]),
        persona["sex"],
        persona["birth_date"],
        persona["index_date"],
        tuple((each["relation"], each["name"] or "") for each in persona["informants"] or ()),
        {
            name.removeprefix("factor_"): value
            for name, value in persona.items()
            if name.startswith("factor_")
        },
        record,
        persona["work"] or "",
        chart,
    )
