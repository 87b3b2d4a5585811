"""How many planted faults the checker finds, kind by kind."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dualalign.measures.contradictions import find_contradictions

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

    from dualalign.cohort.reader import Cohort
    from dualalign.measures.contradictions import Contradiction
    from dualalign.packs.pack import Pack


@dataclass(frozen=True, slots=True)
class Recall:
    """Faults of one kind: how many were planted, how many found, and those that were not."""

    kind: str
    planted: int
    found: int
    missed: tuple[dict[str, object], ...]

    @property
    def share(self) -> float:
        """Share of planted faults that were found."""
        return self.found / self.planted if self.planted else 1.0


def recall_of(cohort: Cohort, faults: pa.Table, pack: Pack | None = None) -> list[Recall]:
    """Return what the checker finds of the faults planted in a cohort.

    A fault counts as found if something of its kind is found at its place, or in another note against its note.

    Args:
        cohort: the planted cohort.
        faults: its `faults.parquet`.
        pack: the pack it was made with; None loads it by id.

    Raises:
        CohortError: tables that do not belong together.
    """
    return matched(find_contradictions(cohort, pack), faults)


def matched(found: Iterable[Contradiction], faults: pa.Table) -> list[Recall]:
    """Return which of the faults are among what was found."""
    at: dict[tuple[str, str], list[tuple[int | None, int | None]]] = {}
    against: set[tuple[str, str]] = set()
    for each in found:
        at.setdefault((each.kind, each.note_id), []).append((each.start, each.end))
        if each.against:
            against.add((each.kind, each.against))
    planted: Counter[str] = Counter()
    hits: Counter[str] = Counter()
    missed: dict[str, list[dict[str, object]]] = {}
    for row in faults.to_pylist():
        key = (row["kind"], row["note_id"])
        planted[row["kind"]] += 1
        here = any(
            start is None or end is None or (start < row["end"] and row["start"] < end) or _beside(row)
            for start, end in at.get(key, ())
        )
        if here or key in against:
            hits[row["kind"]] += 1
        else:
            missed.setdefault(row["kind"], []).append(row)
    return [
        Recall(kind, count, hits[kind], tuple(missed.get(kind, ())))
        for kind, count in sorted(planted.items())
    ]


_TWO_SIDED = frozenset({"both_said", "value_disagrees", "living_changed", "device_disagrees"})
"""Kinds that take two sentences of one note: either may be the one that is found."""


def _beside(row: dict[str, object]) -> bool:
    return row["kind"] in _TWO_SIDED
