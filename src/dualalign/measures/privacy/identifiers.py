"""Identifiers in the text: names, dates, record numbers, phones, addresses; which of them nobody invented on purpose."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import yaml

from dualalign.measures.measure import Measure, bootstrap_interval
from dualalign.measures.note_sets import NoteSet
from dualalign.measures.privacy.attack import UNSEEN, Attack, Rate, attack_measure

if TYPE_CHECKING:
    from dualalign.cohort.reader import Cohort
    from dualalign.packs.pack import Pack


@dataclass(frozen=True, slots=True)
class Identifier:
    """Something in a text that could identify a person.

    Args:
        kind: `name`, `date`, `record_number`, `phone`, `address`, `email` or `web`.
        value: as written.
    """

    kind: str
    value: str

    @property
    def key(self) -> tuple[str, str]:
        """What makes two of them the same, whatever their letters' size and the form of a date."""
        day = day_of(self.value) if self.kind == "date" else None
        return self.kind, day.isoformat() if day else self.value.lower()


def find_identifiers(text: str) -> Iterator[Identifier]:
    """Yield what has the form of an identifier, kind by kind."""
    seen: set[tuple[str, int]] = set()
    for kind, patterns in _rules()["kinds"].items():
        for pattern in patterns:
            for match in pattern.finditer(text):
                value, place = match["value"], match.start("value")
                if (kind, place) in seen or (kind == "name" and value.split()[0] in _rules()["not_names"]):
                    continue
                if kind == "date" and day_of(value) is None:
                    continue
                seen.add((kind, place))
                yield Identifier(kind, value)


@cache
def day_of(value: str) -> date | None:
    """Return the day that a written date means, month before day; None if it means none."""
    for form in _rules()["date_forms"]:
        try:
            return datetime.strptime(value.replace(".", ""), form).date()
        except ValueError:
            continue
    return None


def scan_identifiers(cohort: Cohort, pack: Pack) -> Measure:
    """Return identifiers per 1,000 notes that are neither the visit's own date nor a name invented on purpose.

    Invented on purpose are the first names of the patient's informants, and names that stand in the pack's phrases.

    The breakdown counts by kind, those that the plan put there apart.

    Args:
        cohort: a finished cohort.
        pack: the pack it was made with.

    Raises:
        CohortError: a table is missing or cut short.
    """
    planned = _planned(cohort)
    invented = _invented_names(pack)
    strange: Counter[str] = Counter()
    meant: Counter[str] = Counter()
    by_patient: dict[str, list[int]] = {}
    for part in cohort.iterate("notes", ["note_id", "patient_id", "text"]):
        for row in part.to_pylist():
            day, names = planned.get(row["note_id"], (None, frozenset[str]()))
            count = 0
            for each in find_identifiers(row["text"]):
                if _is_planned(each, day, names | invented):
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

    kinds = _rules()["kinds"]
    return Measure(
        "identifiers",
        "min",
        (0.0, np.inf),
        rate(np.arange(len(counts))),
        bootstrap_interval(len(counts), rate),
        {kind: float(strange[kind]) for kind in kinds}
        | {f"planned: {kind}": float(meant[kind]) for kind in kinds},
        unit="per 1,000 notes",
        note="things with the form of an identifier that are neither the visit's date nor an invented name; "
        "counts by kind, and those that were planned",
    )


def measure_copied_identifiers(synthetic: NoteSet, saw: NoteSet, held_out: NoteSet) -> Measure:
    """Return the risk that an identifier of a seen note stands in the synthetic text.

    The control looks for identifiers of unseen notes, and the naive guess for seen ones in unseen notes: common first
    names and days coincide.

    Args:
        synthetic: notes of the cohort.
        saw: notes that the generator saw.
        held_out: notes of the same kind that it did not see.
    """
    ours, seen, unseen = (_keys(each) for each in (synthetic, saw, held_out))
    found = Attack(
        Rate(len(seen & ours), len(seen)),
        Rate(len(seen & unseen), len(seen)),
        Rate(len(unseen & ours), len(unseen)),
        {f"copied: {kind}": float(sum(1 for k, _ in seen & ours if k == kind)) for kind in _rules()["kinds"]},
        UNSEEN,
    )
    return attack_measure(
        "copied_identifiers",
        found,
        f"{len(seen):,} different identifiers in seen notes, {len(unseen):,} in unseen ones",
    )


def _keys(notes: NoteSet) -> set[tuple[str, str]]:
    return {found.key for text in notes.texts for found in find_identifiers(text)}


def _is_planned(found: Identifier, day: date | None, names: frozenset[str]) -> bool:
    if found.kind == "date":
        return day is not None and day_of(found.value) == day
    return found.kind == "name" and found.value in names


def _planned(cohort: Cohort) -> dict[str, tuple[date, frozenset[str]]]:
    """Return, by note, its date and the first names that its patient's informants were given."""
    people = cohort.table("personas", ["patient_id", "informants"]).to_pylist()
    names = {
        row["patient_id"]: frozenset(i["name"] for i in row["informants"] or () if i["name"])
        for row in people
    }
    found = {}
    for batch in cohort.batches("visits", ["note_id", "patient_id", "date"]):
        for row in batch.to_pylist():
            found[row["note_id"]] = row["date"], names[row["patient_id"]]
    return found


def _invented_names(pack: Pack) -> frozenset[str]:
    texts = (path.read_text(encoding="utf-8") for path in pack.phrase_paths)
    return frozenset(each.value for text in texts for each in find_identifiers(text) if each.kind == "name")


@cache
def _rules() -> dict[str, Any]:
    text = (
        resources.files("dualalign.measures.privacy").joinpath("identifiers.yaml").read_text(encoding="utf-8")
    )
    loaded: dict[str, Any] = yaml.safe_load(text)
    loaded["kinds"] = {
        kind: [re.compile(pattern) for pattern in patterns] for kind, patterns in loaded["kinds"].items()
    }
    loaded["not_names"] = frozenset(loaded["not_names"])
    return loaded
