"""Identifiers in the text, which of them nobody invented on purpose, and which were copied from notes that were seen."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dualalign.measures.measure import Figure, Measure, bootstrap_interval
from dualalign.measures.metric import lower, measured
from dualalign.measures.note_sets import NoteSet
from dualalign.measures.privacy.attack import UNSEEN, Attack, Rate, attack_figure
from dualalign.measures.privacy.finder import Identifier, SecondOpinion, find_identifiers, kinds
from dualalign.measures.privacy.written_dates import date_key
from dualalign.packs.loader import MATERIAL, folders_of
from dualalign.stats.arrays import Rows

if TYPE_CHECKING:
    from dualalign.cohort.reader import Cohort
    from dualalign.packs.pack import Pack

_BY_RULES = "names without a title, role or common given name and places without a cue were not looked for (--names-by)"


class _Planned(NamedTuple):
    """What a note may say on purpose: dates of the patient's own visits and events, ages, and names of informants."""

    dates: frozenset[str]
    ages: frozenset[str]
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Invented:
    """What is in the text on purpose.

    Args:
        by_note: note id -> days, ages and names of its patient's record.
        anywhere: names and places in the lines that notes are made of.
    """

    by_note: Mapping[str, _Planned] = field(default_factory=dict)
    anywhere: frozenset[tuple[str, str]] = frozenset()

    def holds(self, note_id: str, found: Identifier) -> bool:
        """Return whether an identifier of a note was invented."""
        plan = self.by_note.get(note_id)
        if found.key in self.anywhere or plan is None:
            return found.key in self.anywhere
        if found.kind == "date":
            return date_key(found.value) in plan.dates
        return found.value in {"age": plan.ages, "name": plan.names}.get(found.kind, ())


@measured(identifiers=lower())
def identifiers(
    written: Iterator[tuple[str, str, str]], invented: Invented, second: SecondOpinion | None = None
) -> Measure:
    """Return identifiers per 1,000 notes that are neither dates of the patient's record nor anything else invented.

    Invented on purpose are days and months of the patient's visits and events, ages of the patient and of relatives,
    first names of informants, and names and places in the pack's lines. Of notes alone nothing is known to be invented.
    The breakdown counts by kind, those that the plan put there apart.

    Raises:
        CohortError: a table is missing or cut short.
    """
    strange: Counter[str] = Counter()
    meant: Counter[str] = Counter()
    by_patient: dict[str, list[int]] = {}
    for note, patient, text in written:
        found = list(find_identifiers(text, second))
        unknown = [each.kind for each in found if not invented.holds(note, each)]
        strange.update(unknown)
        meant.update(each.kind for each in found)
        mine = by_patient.setdefault(patient, [0, 0])
        mine[0] += len(unknown)
        mine[1] += 1
    meant.subtract(strange)
    counts = np.array(list(by_patient.values()), dtype=np.float64)

    def rate(rows: Rows) -> float:
        return float(1000 * counts[rows, 0].sum() / counts[rows, 1].sum())

    known = "neither dates and ages of the patient's record nor an invented name" if invented.by_note else ""
    said = (
        f"things with the form of an identifier that are {known}"
        if known
        else ("things with the form of an identifier; none is known to be invented")
    )
    return Figure(
        rate(np.arange(len(counts))),
        bootstrap_interval(len(counts), rate),
        {kind: float(strange[kind]) for kind in kinds()}
        | {f"planned: {kind}": float(meant[kind]) for kind in kinds()},
        unit="per 1,000 notes",
        note=f"{said}; counts by kind, and those that were planned" + ("" if second else f"; {_BY_RULES}"),
        caution="" if second else _BY_RULES,
    )


@measured(copied_identifiers=lower(0, 1))
def copied_identifiers(
    notes: NoteSet, saw: NoteSet, held_out: NoteSet, second: SecondOpinion | None = None
) -> Measure:
    """Return the risk that an identifier of a seen note stands in the synthetic text.

    The control looks for identifiers of unseen notes, and the naive guess for seen ones in unseen notes: common first
    names and days coincide.
    """
    ours, seen, unseen = (_keys(each, second) for each in (notes, saw, held_out))
    found = Attack(
        Rate(len(seen & ours), len(seen)),
        Rate(len(seen & unseen), len(seen)),
        Rate(len(unseen & ours), len(unseen)),
        {f"copied: {kind}": float(sum(1 for k, _ in seen & ours if k == kind)) for kind in kinds()},
        UNSEEN,
    )
    return attack_figure(
        found,
        f"{len(seen):,} different identifiers in seen notes, {len(unseen):,} in unseen ones",
        "" if second else _BY_RULES,
    )


def _keys(notes: NoteSet, second: SecondOpinion | None) -> set[tuple[str, str]]:
    return {found.key for text in notes.texts for found in find_identifiers(text, second)}


def _keys_of(day: date) -> tuple[str, ...]:
    """Return the keys of a day as notes give it: whole, without its year, and as a month with and without one."""
    whole = day.isoformat()
    return whole, whole[:7], f"-{whole[4:]}", f"-{whole[4:7]}"


def read_invented(cohort: Cohort, pack: Pack) -> Invented:
    """Return what a cohort's records and its pack put into the text."""
    return Invented(_planned(cohort), _named(pack))


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


def _named(pack: Pack) -> frozenset[tuple[str, str]]:
    named = (folder / f"{stem}.yaml" for folder in folders_of(pack.folder) for stem in MATERIAL)
    paths = [*(path for each in pack.material_paths.values() for path in each), *filter(Path.is_file, named)]
    texts = (path.read_text(encoding="utf-8") for path in paths)
    return frozenset(
        each.key for text in texts for each in find_identifiers(text) if each.kind in ("name", "place")
    )
