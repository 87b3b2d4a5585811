"""Identifiers in the text, which of them nobody invented on purpose, and which were copied from notes that were seen."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from dualalign.measures.measure import Measure, bootstrap_interval
from dualalign.measures.note_sets import NoteSet
from dualalign.measures.privacy.attack import UNSEEN, Attack, Rate, attack_measure
from dualalign.measures.privacy.finder import Identifier, SecondOpinion, find_identifiers, kinds
from dualalign.measures.privacy.written_dates import date_key
from dualalign.packs.loader import MATERIAL, folders_of

if TYPE_CHECKING:
    from dualalign.cohort.reader import Cohort
    from dualalign.packs.pack import Pack


_BY_RULES = "names without a title, role or common given name and places without a cue were not looked for (--names-by)"


class _Planned(NamedTuple):
    """What a note may say on purpose: dates of the patient's own visits and events, ages, and names of informants."""

    dates: frozenset[str]
    ages: frozenset[str]
    names: frozenset[str]


def scan_identifiers(cohort: Cohort, pack: Pack, second: SecondOpinion | None = None) -> Measure:
    """Return identifiers per 1,000 notes that are neither dates of the patient's record nor anything else invented.

    Invented on purpose are days and months of the patient's visits and events, ages of the patient and of relatives, first names of informants, and names and places in the pack's lines.

    The breakdown counts by kind, those that the plan put there apart.

    Args:
        cohort: a finished cohort.
        pack: the pack it was made with.
        second: a model's opinion beside the rules'.

    Raises:
        CohortError: a table is missing or cut short.
    """
    planned = _planned(cohort)
    invented = _invented(pack)
    strange: Counter[str] = Counter()
    meant: Counter[str] = Counter()
    by_patient: dict[str, list[int]] = {}
    for part in cohort.iterate("notes", ["note_id", "patient_id", "text"]):
        for row in part.to_pylist():
            plan = planned.get(row["note_id"])
            count = 0
            for each in find_identifiers(row["text"], second):
                if each.key in invented or _is_planned(each, plan):
                    meant[each.kind] += 1
                else:
                    strange[each.kind] += 1
                    count += 1
            mine = by_patient.setdefault(row["patient_id"], [0, 0])
            mine[0] += count
            mine[1] += 1
    counts = np.array(list(by_patient.values()), dtype=np.float64)

    def rate(rows: npt.NDArray[np.intp]) -> float:
        return float(1000 * counts[rows, 0].sum() / counts[rows, 1].sum())

    return Measure(
        "identifiers",
        "min",
        (0.0, np.inf),
        rate(np.arange(len(counts))),
        bootstrap_interval(len(counts), rate),
        {kind: float(strange[kind]) for kind in kinds()}
        | {f"planned: {kind}": float(meant[kind]) for kind in kinds()},
        unit="per 1,000 notes",
        note="things with the form of an identifier that are neither dates and ages of the patient's record nor an "
        "invented name; counts by kind, and those that were planned" + ("" if second else f"; {_BY_RULES}"),
        caution="" if second else _BY_RULES,
    )


def measure_copied_identifiers(
    synthetic: NoteSet, saw: NoteSet, held_out: NoteSet, second: SecondOpinion | None = None
) -> Measure:
    """Return the risk that an identifier of a seen note stands in the synthetic text.

    The control looks for identifiers of unseen notes, and the naive guess for seen ones in unseen notes: common first
    names and days coincide.

    Args:
        synthetic: notes of the cohort.
        saw: notes that the generator saw.
        held_out: notes of the same kind that it did not see.
        second: a model's opinion beside the rules'.
    """
    ours, seen, unseen = (_keys(each, second) for each in (synthetic, saw, held_out))
    found = Attack(
        Rate(len(seen & ours), len(seen)),
        Rate(len(seen & unseen), len(seen)),
        Rate(len(unseen & ours), len(unseen)),
        {f"copied: {kind}": float(sum(1 for k, _ in seen & ours if k == kind)) for kind in kinds()},
        UNSEEN,
    )
    return attack_measure(
        "copied_identifiers",
        found,
        f"{len(seen):,} different identifiers in seen notes, {len(unseen):,} in unseen ones",
        "" if second else _BY_RULES,
    )


def _keys(notes: NoteSet, second: SecondOpinion | None) -> set[tuple[str, str]]:
    return {found.key for text in notes.texts for found in find_identifiers(text, second)}


def _is_planned(found: Identifier, plan: _Planned | None) -> bool:
    if plan is None:
        return False
    if found.kind == "date":
        return date_key(found.value) in plan.dates
    if found.kind == "age":
        return found.value in plan.ages
    return found.kind == "name" and found.value in plan.names


def _keys_of(day: date) -> tuple[str, ...]:
    """Return the keys of a day as notes give it: whole, without its year, and as a month with and without one."""
    whole = day.isoformat()
    return whole, whole[:7], f"-{whole[4:]}", f"-{whole[4:7]}"


def _planned(cohort: Cohort) -> dict[str, _Planned]:
    people = cohort.table("personas", ["patient_id", "informants"]).to_pylist()
    names = {
        row["patient_id"]: frozenset(i["name"] for i in row["informants"] or () if i["name"])
        for row in people
    }
    dates: dict[str, set[str]] = defaultdict(set)
    for table in ("visits", "events"):
        for batch in cohort.batches(table, ["patient_id", "date"]):
            for row in batch.to_pylist():
                dates[row["patient_id"]].update(_keys_of(row["date"]))
    ages: dict[str, set[str]] = defaultdict(set)
    for row in cohort.table("family").to_pylist():
        if row["death_year"] is not None:
            ages[row["patient_id"]].add(str(row["death_year"] - row["birth_year"]))
    of_record = {patient: (frozenset(days), frozenset(ages[patient])) for patient, days in dates.items()}
    found = {}
    for batch in cohort.batches("visits", ["note_id", "patient_id", "age"]):
        for row in batch.to_pylist():
            days, old = of_record[row["patient_id"]]
            found[row["note_id"]] = _Planned(days, old | {str(row["age"])}, names[row["patient_id"]])
    return found


def _invented(pack: Pack) -> frozenset[tuple[str, str]]:
    named = (folder / f"{stem}.yaml" for folder in folders_of(pack.folder) for stem in MATERIAL)
    paths = [*(path for each in pack.material_paths.values() for path in each), *filter(Path.is_file, named)]
    texts = (path.read_text(encoding="utf-8") for path in paths)
    return frozenset(
        each.key for text in texts for each in find_identifiers(text) if each.kind in ("name", "place")
    )
