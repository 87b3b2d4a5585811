"""Read a cohort of dualalign as longitudinal data: labels counted note by note, scores, measurements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from dualalign.cohort.reader import Cohort, open_cohort
from dualalign.errors import CohortError, ProgressionError
from dualalign.progression.longitudinal import GROUP, SITE, LongitudinalData
from dualalign.progression.mapping import YEAR_DAYS
from dualalign.progression.note_encoder import NoteEncoder
from dualalign.progression.note_vectors import OnSentences, Said, with_note_vectors
from dualalign.progression.readers.cohort_mapping import CohortMapping, load_cohort_mapping
from dualalign.progression.readers.rows import Rows

Counts = dict[str, dict[str, int]]
Texts = dict[str, dict[str, list[str]]]


def read_cohort(
    cohort: Cohort | str | Path,
    mapping: str | Path | CohortMapping | None = None,
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
    chosen = mapping if isinstance(mapping, CohortMapping) else load_cohort_mapping(mapping or opened.pack_id)
    folder = Path(mapping).parent if isinstance(mapping, (str, Path)) else Path()
    rows = Rows(chosen.schema_for(folder), str(opened.folder))
    wanted = None if patients is None else set(patients)
    visits = [row for row in _visits(opened, chosen) if wanted is None or row["patient_id"] in wanted]
    starts: dict[str, date] = {}
    for row in visits:
        starts[row["patient_id"]] = min(row["date"], starts.get(row["patient_id"], row["date"]))
    if wanted is not None:
        missing = sorted(wanted - set(opened.table("personas", ["patient_id"])["patient_id"].to_pylist()))
        if missing:
            raise ProgressionError(f"{opened.folder}: no patient '{missing[0]}'", "give ids it holds")
    _people(opened, chosen, rows, starts, site_column)
    counts, texts = _labels(opened, chosen, wanted, with_text)
    days: dict[tuple[str, float], list[dict[str, Any]]] = defaultdict(list)
    for row in visits:
        days[row["patient_id"], _years(starts[row["patient_id"]], row["date"])].append(row)
    for (patient, time), notes in days.items():
        _observe(chosen, rows, patient, time, notes, counts, texts)
    if chosen.measurements:
        _measurements(opened, chosen, rows, starts)
    if chosen.only_with is not None:
        _keep_only(rows, chosen.only_with)
    if chosen.first_above is not None:
        rule = chosen.first_above
        rows.first_above(rule.event, rule.feature, rule.above)
    data = rows.build()
    if encoder is None:
        return data
    kept = {(row[0], row[1]) for row in rows.observations}
    times = {
        note["note_id"]: (patient, time)
        for (patient, time), notes in days.items()
        if (patient, time) in kept
        for note in notes
    }
    return with_note_vectors(data, encoder, _said(opened, times), on_sentences)


def _said(cohort: Cohort, times: dict[str, tuple[str, float]]) -> Iterator[Said]:
    """Yield the sentences of each note that is wanted."""
    for part in cohort.iterate("sentences", ["note_id", "text"]):
        texts = zip(part["note_id"].to_pylist(), part["text"].to_pylist(), strict=True)
        for note, rows in groupby(texts, key=itemgetter(0)):
            if note in times:
                yield (*times[note], [text for _, text in rows])


def _visits(cohort: Cohort, mapping: CohortMapping) -> list[dict[str, Any]]:
    columns = ["note_id", "patient_id", "date", "scores", *(each.column for each in mapping.visits)]
    return list(cohort.table("visits", columns).to_pylist())


def _years(start: date, day: date) -> float:
    return (day - start).days / YEAR_DAYS


def _people(
    cohort: Cohort, mapping: CohortMapping, rows: Rows, starts: dict[str, date], site_column: str | None
) -> None:
    for person in cohort.table("personas").to_pylist():
        patient = person["patient_id"]
        if patient not in starts:
            continue
        facts: dict[str, Any] = {GROUP: person["matched_to"] or patient}
        if site_column is not None:
            facts[SITE] = str(_column(person, site_column))
        for feature, each in mapping.static.items():
            if each.column == "age":
                facts[feature] = _years(person["birth_date"], starts[patient])
            else:
                value = _column(person, each.column)
                facts[feature] = each.values.get(value, value) if value is not None else None
        rows.subjects[patient] = facts
        if mapping.event is not None:
            end = _years(starts[patient], person["index_date"])
            rows.events.append((patient, end, mapping.event if person["is_case"] else "end_of_follow_up"))


def _column(person: dict[str, Any], column: str) -> Any:
    if column not in person:
        raise ProgressionError(
            f"the cohort's personas have no column '{column}'", f"use one of {', '.join(person)}"
        )
    return person[column]


def _labels(
    cohort: Cohort, mapping: CohortMapping, wanted: set[str] | None, with_text: bool
) -> tuple[Counts, Texts]:
    """Count the sentences of each note, all and by label."""
    counts: Counts = defaultdict(lambda: defaultdict(int))
    texts: Texts = defaultdict(lambda: defaultdict(list))
    if not mapping.labels and "sentences" not in mapping.counts:
        return counts, texts
    columns = ["note_id", "patient_id", "labels", *(["text"] if with_text else [])]
    for part in cohort.iterate("sentences", columns):
        cells = [part[name].to_pylist() for name in columns]
        for note, patient, labels, *text in zip(*cells, strict=True):
            if wanted is not None and patient not in wanted:
                continue
            counts[note][""] += 1
            for label in labels:
                counts[note][label] += 1
                if text:
                    texts[note][label].append(text[0])
    return counts, texts


def _observe(
    mapping: CohortMapping,
    rows: Rows,
    patient: str,
    time: float,
    notes: Sequence[dict[str, Any]],
    counts: Counts,
    texts: Texts,
) -> None:
    if "notes" in mapping.counts:
        rows.observe(patient, time, mapping.counts["notes"], float(len(notes)))
    if "sentences" in mapping.counts:
        total = sum(counts[note["note_id"]][""] for note in notes)
        rows.observe(patient, time, mapping.counts["sentences"], float(total))
    for label, feature in mapping.labels.items():
        said = "\n".join(text for note in notes for text in texts[note["note_id"]][label])
        count = sum(counts[note["note_id"]][label] for note in notes)
        rows.observe(patient, time, feature, float(count), text=said or None)
    found: dict[str, list[float]] = defaultdict(list)
    for note in notes:
        for score in note["scores"]:
            if score["instrument"] in mapping.scores:
                found[mapping.scores[score["instrument"]]].append(score["value"])
        for each in mapping.visits:
            if note[each.column] in each.values:
                found[each.feature].append(each.values[note[each.column]])
    for feature, values in found.items():
        rows.observe(patient, time, feature, _mean(values))


def _measurements(cohort: Cohort, mapping: CohortMapping, rows: Rows, starts: dict[str, date]) -> None:
    try:
        table = cohort.table("measurements", ["patient_id", "date", "measurement", "value"]).to_pylist()
    except CohortError:
        raise ProgressionError(
            f"{cohort.folder}: no measurements", "make the cohort again with a version that writes them"
        ) from None
    days: dict[tuple[str, date, str], list[float]] = defaultdict(list)
    for row in table:
        if (
            row["patient_id"] in starts
            and row["measurement"] in mapping.measurements
            and row["value"] is not None
        ):
            days[row["patient_id"], row["date"], row["measurement"]].append(row["value"])
    for (patient, day, name), values in days.items():
        each = mapping.measurements[name]
        rows.observe(patient, _years(starts[patient], day), each.feature, _mean(values), each.unit)


def _keep_only(rows: Rows, feature: str) -> None:
    """Keep the days on which a feature was observed."""
    days = {(row[0], row[1]) for row in rows.observations if row[2] == feature}
    rows.observations = [row for row in rows.observations if (row[0], row[1]) in days]
    left = {subject for subject, _ in days}
    rows.subjects = {subject: facts for subject, facts in rows.subjects.items() if subject in left}
    rows.events = [event for event in rows.events if event[0] in left]


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / len(found)
