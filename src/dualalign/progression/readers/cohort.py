"""Read a cohort of dualalign as longitudinal data: labels counted note by note, scores, measurements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from dualalign.cohort.reader import Cohort, open_cohort
from dualalign.errors import CohortError, ProgressionError
from dualalign.progression.longitudinal import LongitudinalData
from dualalign.progression.mapping import BIRTH, YEAR_DAYS, Mapping, load_mapping
from dualalign.progression.note_encoder import NoteEncoder
from dualalign.progression.note_vectors import OnSentences, Said, with_note_vectors
from dualalign.progression.records import Record, days_of, read_records

LABEL, SCORE, MEASUREMENT, VISIT = "label/", "score/", "measurement/", "visit/"
"""What codes of a cohort start with; others are columns of personas, and `notes`, `sentences` and `group`."""
_END = "end_of_follow_up"


def read_cohort(
    cohort: Cohort | str | Path,
    mapping: str | Path | Mapping | None = None,
    site_column: str | None = None,
    patients: Sequence[str] | None = None,
    with_text: bool = False,
    encoder: NoteEncoder | None = None,
    on_sentences: OnSentences | None = None,
) -> LongitudinalData:
    """Read a cohort.

    A person's clock starts at the first visit; cases and the controls matched to them share a group. People whom
    nobody saw are left out.

    Args:
        cohort: a finished cohort or its folder.
        mapping: a mapping, a name of the library or a path; the pack's own if None.
        site_column: a column of the personas that tells sites apart; none if None.
        patients: ids wanted, all if None.
        with_text: keep the labelled sentences beside their counts, for explanations.
        encoder: also reads all sentences of the notes; their mean at each visit is one more modality.
        on_sentences: told how many the encoder has read.

    Raises:
        ProgressionError: the mapping names what the cohort does not have, or a patient is not there.
        CohortError: not a finished cohort.
        ClassifierError: the encoder cannot be read.
    """
    opened = cohort if isinstance(cohort, Cohort) else open_cohort(cohort)
    chosen = mapping if isinstance(mapping, Mapping) else load_mapping(mapping or opened.pack_id)
    if site_column is not None:
        chosen = chosen.model_copy(update={"site": site_column})
    people = opened.table("personas").to_pylist()
    if patients is not None:
        known = {each["patient_id"] for each in people}
        missing = sorted(set(patients) - known)
        if missing:
            raise ProgressionError(f"{opened.folder}: no patient '{missing[0]}'", "give ids it holds")
        wanted = set(patients)
        people = [each for each in people if each["patient_id"] in wanted]
    visits = _visits(opened, chosen, {each["patient_id"] for each in people})
    records = _records(opened, chosen, people, visits, with_text)
    starts: dict[str, float] = {}
    data = read_records(records, chosen, str(opened.folder), starts=starts)
    if encoder is None:
        return data
    return with_note_vectors(data, encoder, _said(opened, _times(data, visits, starts)), on_sentences)


def _visits(cohort: Cohort, mapping: Mapping, wanted: set[str]) -> list[dict[str, Any]]:
    """Return the visits of people who are wanted, with the columns that the mapping reads."""
    columns = [code.removeprefix(VISIT) for code in sorted(mapping.codes()) if code.startswith(VISIT)]
    table = cohort.table("visits", ["note_id", "patient_id", "date", "scores", *columns])
    return [row for row in table.to_pylist() if row["patient_id"] in wanted]


def _records(
    cohort: Cohort,
    mapping: Mapping,
    people: list[dict[str, Any]],
    visits: list[dict[str, Any]],
    with_text: bool,
) -> Iterator[Record]:
    codes = mapping.codes()
    columns = [code for each in mapping.static.values() for code in each.codes if code != BIRTH]
    columns += [mapping.site] if mapping.site is not None else []
    for person in people:
        patient = person["patient_id"]
        for column in columns:
            if column not in person:
                raise ProgressionError(
                    f"the cohort's personas have no column '{column}'", f"use one of {', '.join(person)}"
                )
            yield Record(patient, None, column, person[column])
        yield Record(patient, None, "group", person["matched_to"] or patient)
        yield Record(patient, _days(person["birth_date"]), BIRTH)
        yield Record(patient, _days(person["index_date"]), "diagnosis" if person["is_case"] else _END)
    seen = {row["patient_id"] for row in visits}
    yield from _visit_records(cohort, codes, visits, with_text)
    if any(code.startswith(MEASUREMENT) for code in codes):
        for row in _measurements(cohort):
            if row["patient_id"] in seen and row["value"] is not None:
                code = MEASUREMENT + row["measurement"]
                yield Record(row["patient_id"], _days(row["date"]), code, row["value"])


def _visit_records(
    cohort: Cohort, codes: frozenset[str], visits: list[dict[str, Any]], with_text: bool
) -> Iterator[Record]:
    """Yield scores and levels of each visit, and what notes of one day say, counted together."""
    labels = sorted(code.removeprefix(LABEL) for code in codes if code.startswith(LABEL))
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    texts: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    if labels or "sentences" in codes:
        wanted = {row["note_id"] for row in visits}
        columns = ["note_id", "labels", *(["text"] if with_text else [])]
        for part in cohort.iterate("sentences", columns):
            for note, found, *text in zip(*(part[name].to_pylist() for name in columns), strict=True):
                if note in wanted:
                    counts[note][""] += 1
                    for label in found:
                        counts[note][label] += 1
                        texts[note][label] += text
    days: dict[tuple[str, float], list[dict[str, Any]]] = defaultdict(list)
    for row in visits:
        days[row["patient_id"], _days(row["date"])].append(row)
    for (patient, day), notes in days.items():
        names = [note["note_id"] for note in notes]
        yield Record(patient, day, "notes", len(notes))
        yield Record(patient, day, "sentences", sum(counts[name][""] for name in names))
        for label in labels:
            said = "\n".join(text for name in names for text in texts[name][label])
            count = sum(counts[name][label] for name in names)
            yield Record(patient, day, LABEL + label, count, text=said or None)
        for note in notes:
            for score in note["scores"]:
                yield Record(patient, day, SCORE + score["instrument"], score["value"])
            for code in codes:
                if code.startswith(VISIT) and note[code.removeprefix(VISIT)] is not None:
                    yield Record(patient, day, code, note[code.removeprefix(VISIT)])


def _measurements(cohort: Cohort) -> list[dict[str, Any]]:
    try:
        table = cohort.table("measurements", ["patient_id", "date", "measurement", "value"])
    except CohortError:
        raise ProgressionError(
            f"{cohort.folder}: no measurements", "make the cohort again with a version that writes them"
        ) from None
    return list(table.to_pylist())


def _times(
    data: LongitudinalData, visits: list[dict[str, Any]], starts: dict[str, float]
) -> dict[str, tuple[str, float]]:
    """Return subject and time in years of each note at a time that the data hold."""
    seen = data.observations
    kept = set(zip(seen["subject"].to_pylist(), seen["time"].to_pylist(), strict=True))
    times = {
        row["note_id"]: (row["patient_id"], (_days(row["date"]) - starts[row["patient_id"]]) / YEAR_DAYS)
        for row in visits
        if row["patient_id"] in starts
    }
    return {note: time for note, time in times.items() if time in kept}


def _said(cohort: Cohort, times: dict[str, tuple[str, float]]) -> Iterator[Said]:
    """Yield the sentences of each note that is wanted."""
    for part in cohort.iterate("sentences", ["note_id", "text"]):
        texts = zip(part["note_id"].to_pylist(), part["text"].to_pylist(), strict=True)
        for note, rows in groupby(texts, key=itemgetter(0)):
            if note in times:
                yield (*times[note], [text for _, text in rows])


def _days(day: date) -> float:
    return days_of(day, "")
