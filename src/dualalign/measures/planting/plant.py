"""Copy a cohort and plant faults in its notes, each with its kind and place."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from dualalign.cohort.folder import WHOLE
from dualalign.cohort.parts import read_parquet_part, write_parquet
from dualalign.cohort.reader import Cohort
from dualalign.errors import CohortError, MeasureError
from dualalign.files import folder_beside, refusals_said, write_text
from dualalign.measures.contradictions.patients import Patient, read_patients
from dualalign.measures.planting.change import Change, Place
from dualalign.measures.planting.lines import add_line
from dualalign.measures.planting.swaps import Swaps

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack

FAULTS = pa.schema(
    [
        ("kind", pa.string()),
        ("patient_id", pa.string()),
        ("note_id", pa.string()),
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("before", pa.string()),
        ("after", pa.string()),
    ],
    metadata={b"synthetic": b"true"},
)
"""The truth of a planted cohort: kind of contradiction, place in the note as it is now, text before and after."""

PLANTED = (
    "score_disagrees", "drug_too_early", "drug_not_listed", "dose_off_table", "dose_off_list",
    "drug_despite_allergy", "allergy_changed", "value_disagrees", "weight_leaps", "name_too_early",
    "symptom_denied", "both_said", "function_regained", "device_disagrees", "outside_horizon", "header_date",
    "diagnosis_early", "condition_not_listed", "informant_changed", "sex_disagrees", "wrong_sex",
    "age_disagrees", "job_changed", "marriage_changed", "schooling_changed", "living_changed",
    "family_changed", "operation_changed", "fact_changed", "wrong_setting", "speaker_cannot_know",
    "assessment_unsupported", "plan_unsupported", "danger_unanswered",
)  # fmt: skip
"""Kinds of contradiction that can be planted, in the order of `KINDS`."""

_Make = Callable[[Place, random.Random], "Change | None"]
_TRIES = 12


def plant_faults(
    cohort: Cohort,
    out: str | Path,
    pack: Pack,
    kinds: Sequence[str] = PLANTED,
    per_kind: int = 100,
    seed: int = 0,
) -> pa.Table:
    """Copy a cohort to a folder with faults planted in its notes, at most one a note.

    Spans of sentences and mentions stay exact. A sentence put in has no labels, and `planted` as their source. The
    faults are spread over the patients; where too few notes allow a kind, fewer are planted.

    Args:
        cohort: a finished cohort.
        out: a new or empty folder.
        pack: the pack it was made with.
        kinds: which kinds, out of `PLANTED`.
        per_kind: how many of each.
        seed: of the choice.

    Returns:
        The table of faults, as `faults.parquet` in the folder holds it.

    Raises:
        MeasureError: an unknown kind, or a folder that holds something.
        CohortError: the cohort cannot be read, or the folder not be written.
    """
    folder = Path(out)
    unknown = [kind for kind in kinds if kind not in PLANTED]
    if unknown:
        raise MeasureError(f"'{unknown[0]}' cannot be planted", f"choose among {', '.join(PLANTED)}")
    if per_kind < 1:
        raise MeasureError(f"{per_kind} faults a kind", "plant at least 1")
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise MeasureError(f"{folder}: is not empty", "choose a new folder with --out")
    wanted = [kind for kind in PLANTED if kind in kinds]
    changes = dict(_choose(cohort, pack, wanted, per_kind, seed))
    with refusals_said(folder, CohortError):
        folder.mkdir(parents=True, exist_ok=True)
        with folder_beside(folder) as half:
            faults, inserted = _write(cohort, half, changes)
            table = pa.Table.from_pylist(faults, schema=FAULTS)
            write_parquet(table, half / "faults.parquet")
            _write_manifest(cohort, half, wanted, per_kind, seed, inserted)
    return table


def _choose(
    cohort: Cohort, pack: Pack, kinds: Sequence[str], per_kind: int, seed: int
) -> Iterator[tuple[str, tuple[str, Change]]]:
    """Yield note id, kind and change, patient by patient; a kind that lags behind catches up later."""
    swaps = Swaps(pack).of
    lines = pack.faults.lines
    total = max(1, len(cohort.table("personas", ["patient_id"])))
    made = dict.fromkeys(kinds, 0)
    for number, patient in enumerate(read_patients(cohort), start=1):
        rng = random.Random(f"{seed}:{patient.patient_id}")
        places = _places(patient)
        used: set[int] = set()
        for kind in rng.sample(list(kinds), len(kinds)):
            makers: list[_Make] = []
            if kind in swaps:
                makers.append(swaps[kind])
            if kind in lines:
                makers.append(lambda place, chance, own=lines[kind]: add_line(own, place, chance))  # type: ignore[misc]
            due = -(-per_kind * number // total) - made[kind]
            free = [place for place in places if place.number not in used]
            for place in rng.sample(free, len(free)):
                if due <= 0:
                    break
                change = rng.choice(makers)(place, rng)
                if change is not None:
                    used.add(place.number)
                    made[kind] += 1
                    due -= 1
                    yield place.visit.note_id, (kind, change)


def _places(patient: Patient) -> list[Place]:
    known: set[str] = set()
    places = []
    for number, visit in enumerate(patient.visits):
        places.append(Place(patient, number, frozenset(known)))
        known.update(row.term for row in visit.told if row.polarity == "affirmed")
    return places


def _write(
    cohort: Cohort, folder: Path, changes: dict[str, tuple[str, Change]]
) -> tuple[list[dict[str, Any]], int]:
    """Write every table with its changes; return the rows of faults and the number of sentences put in."""
    faults: dict[str, dict[str, Any]] = {}
    edits: dict[str, tuple[int, int, int, Change]] = {}
    inserted = 0
    for notes, sentences in zip(cohort.parts("notes"), cohort.parts("sentences"), strict=True):
        said: dict[str, list[dict[str, Any]]] = {}
        table = read_parquet_part(sentences)
        for row in table.to_pylist():
            said.setdefault(row["note_id"], []).append(row)
        texts = read_parquet_part(notes)
        rows = texts.to_pylist()
        for row in rows:
            if row["note_id"] not in changes:
                continue
            kind, change = changes[row["note_id"]]
            mine = said[row["note_id"]]
            row["text"], edit, before, after = _changed(row["text"], mine, change)
            edits[row["note_id"]] = edit
            start = edit[0] + (len(after) - len(after.lstrip("\n ")) if change.inserted else 0)
            stripped = after.lstrip("\n ") if change.inserted else after
            faults[row["note_id"]] = {
                "kind": kind,
                "patient_id": row["patient_id"],
                "note_id": row["note_id"],
                "start": start,
                "end": start + len(stripped),
                "before": before,
                "after": stripped,
            }
            said[row["note_id"]] = _sentences(mine, edit, row["text"])
            inserted += change.inserted
        out = [each for rows_of in said.values() for each in rows_of]
        for name, path, made, schema in (
            ("notes", notes, rows, texts.schema),
            ("sentences", sentences, out, table.schema),
        ):
            (folder / name).mkdir(exist_ok=True)
            write_parquet(pa.Table.from_pylist(made, schema=schema), folder / name / path.name)
    for name in WHOLE:
        path = cohort.folder / f"{name}.parquet"
        whole = read_parquet_part(path)
        if name == "mentions":
            whole = _mentions(whole, edits)
        write_parquet(whole, folder / path.name)
    return list(faults.values()), inserted


def _changed(
    text: str, sentences: list[dict[str, Any]], change: Change
) -> tuple[str, tuple[int, int, int, Change], str, str]:
    """Return the new text, the edit (start, old end, new end, change), and what stood and stands there."""
    if change.sentence < 0:
        start, end, after = change.start, change.end, change.after
    elif change.inserted:
        row = sentences[change.sentence]
        start = end = row["end"]
        after = ("\n" if text[end : end + 1] == "\n" else " ") + change.after
    else:
        offset = sentences[change.sentence]["start"]
        start, end, after = offset + change.start, offset + change.end, change.after
    return (
        text[:start] + after + text[end:],
        (start, end, start + len(after), change),
        text[start:end],
        after,
    )


def _sentences(
    rows: list[dict[str, Any]], edit: tuple[int, int, int, Change], text: str
) -> list[dict[str, Any]]:
    _, _, new_end, change = edit
    moved = []
    for row in rows:
        first, last = _shifted(row["start"], row["end"], edit)
        number = row["sentence"] + (change.inserted and row["sentence"] > change.sentence)
        moved.append({**row, "sentence": number, "start": first, "end": last, "text": text[first:last]})
        if change.inserted and row["sentence"] == change.sentence:
            moved.append(
                {
                    **row,
                    "sentence": row["sentence"] + 1,
                    "start": new_end - len(change.after),
                    "end": new_end,
                    "text": change.after,
                    "labels": [],
                    "label_source": "planted",
                }
            )
    return moved


def _shifted(first: int, last: int, edit: tuple[int, int, int, Change]) -> tuple[int, int]:
    """Return where a span lies after the edit; one that the edit touches grows or shrinks with it."""
    start, end, new_end, change = edit
    delta = new_end - end
    if change.inserted:
        return (first + delta, last + delta) if first >= end else (first, last)
    if last <= start and not (first <= start and last == start == end):
        return first, last
    if first >= end and not first <= start:
        return first + delta, last + delta
    return min(first, start) if first <= start else start, max(last + delta, new_end)


def _mentions(table: pa.Table, edits: dict[str, tuple[int, int, int, Change]]) -> pa.Table:
    """Move the spans of mentions in notes that were changed."""
    columns = {name: table.column(name).to_pylist() for name in ("note_id", "start", "end", "sentence")}
    for place, note in enumerate(columns["note_id"]):
        edit = edits.get(note)
        if edit is None or columns["start"][place] is None:
            continue
        columns["start"][place], columns["end"][place] = _shifted(
            columns["start"][place], columns["end"][place], edit
        )
        change = edit[3]
        if change.inserted and columns["sentence"][place] > change.sentence:
            columns["sentence"][place] += 1
    for name in ("start", "end", "sentence"):
        number = table.schema.get_field_index(name)
        table = table.set_column(
            number, table.schema.field(name), pa.array(columns[name], type=table.schema.field(name).type)
        )
    return table


def _write_manifest(
    cohort: Cohort, folder: Path, kinds: Sequence[str], per_kind: int, seed: int, inserted: int
) -> None:
    planted = {"kinds": list(kinds), "per_kind": per_kind, "seed": seed}
    manifest = json.loads(json.dumps(cohort.manifest))
    manifest["counts"]["sentences"] += inserted
    manifest["counts"]["unlabelled_sentences"] += inserted
    digest = hashlib.sha256(f"{manifest['fingerprint']}{json.dumps(planted)}".encode()).hexdigest()
    # Another fingerprint, so that no run takes the folder for its own cohort and goes on in it.
    manifest["fingerprint"] = f"planted:{digest[:32]}"
    manifest["planted"] = planted
    write_text(folder / "manifest.json", json.dumps(manifest, indent=2) + "\n")
