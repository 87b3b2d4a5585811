"""Records with dates: each person's clock starts at the first observation that is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from dualalign.errors import ProgressionError
from dualalign.files import person, shown
from dualalign.progression.longitudinal import LongitudinalData
from dualalign.progression.mapping import YEAR_DAYS
from dualalign.progression.readers.coded_mapping import CodedMapping
from dualalign.progression.readers.rows import Rows
from dualalign.progression.readers.values import number_of

BOUND = "values that are bounds (< or >)"


@dataclass
class DatedRows:
    """Gathers people, values, texts and events by date.

    Args:
        mapping: how codes are read.
        folder: where the mapping lies, for a schema beside it.
        source: where the records come from, for messages.
    """

    mapping: CodedMapping
    folder: Path
    source: str
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    births: dict[str, date] = field(default_factory=dict)
    values: list[tuple[str, date, str, float, str | None]] = field(default_factory=list)
    texts: list[tuple[str, date, str]] = field(default_factory=list)
    events: list[tuple[str, date, str]] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    def leave_out(self, reason: str) -> None:
        """Count a record that is not used."""
        self.left_out[reason] += 1

    def add_person(self, subject: str, facts: dict[str, Any], birth: date | None) -> None:
        """Add a person with raw facts by column; `age` is worked out from the birth date."""
        self.people[subject] = facts
        if birth is not None:
            self.births[subject] = birth

    def build(self) -> LongitudinalData:
        """Set the clocks, average values of one day, keep the first of each event, and check everything.

        Raises:
            ProgressionError: a unit the schema does not know, someone without a record of a person, or a check.
        """
        rows = Rows(self.mapping.schema_for(self.folder), self.source)
        with_levels = {each.id for each in rows.schema.static if each.levels}
        starts: dict[str, date] = {}
        for subject, day in [(v[0], v[1]) for v in self.values] + [(t[0], t[1]) for t in self.texts]:
            starts[subject] = min(day, starts.get(subject, day))
        for subject in starts:
            if subject not in self.people:
                raise ProgressionError(
                    f"{self.source}: observations of {shown(subject)}, who has no record as a person",
                    "add it",
                )
            rows.subjects[subject] = self._facts(subject, starts[subject], with_levels)
        self._observe(rows, starts)
        firsts: dict[tuple[str, str], date] = {}
        for subject, day, event in self.events:
            if subject in starts:
                firsts[subject, event] = min(day, firsts.get((subject, event), day))
        for (subject, event), day in sorted(firsts.items()):
            # What was so before the first observation was so at time 0.
            rows.events.append((subject, max(0.0, _years(starts[subject], day)), event))
        said = tuple(f"{count:,} {reason}" for reason, count in sorted(self.left_out.items()))
        return replace(rows.build(), left_out=said)

    def _facts(self, subject: str, start: date, with_levels: Set[str]) -> dict[str, Any]:
        facts: dict[str, Any] = {}
        for feature, column in self.mapping.static.items():
            where = f"{self.source}: {shown(subject)}: {column.column}"
            if column.column == "age":
                birth = self.births.get(subject)
                facts[feature] = None if birth is None else _years(birth, start)
            else:
                raw = self.people[subject].get(column.column)
                facts[feature] = _fact(raw, column.values, feature in with_levels, where)
        return facts

    def _observe(self, rows: Rows, starts: dict[str, date]) -> None:
        days: dict[tuple[str, date, str, str | None], list[float]] = {}
        for subject, day, feature, value, unit in self.values:
            known = self.mapping.units.get(unit, unit) if unit is not None else None
            days.setdefault((subject, day, feature, known), []).append(value)
        for (subject, day, feature, unit), found in days.items():
            mean = sum(found) / len(found)
            rows.observe(subject, _years(starts[subject], day), feature, mean, unit)
        for subject, day, text in self.texts:
            rows.write(subject, _years(starts[subject], day), self.mapping.notes or "", text)


def _fact(raw: Any, values: Mapping[str, Any], has_levels: bool, where: str) -> Any:
    """Return a lasting fact in the schema's words; 8532.0 is the code 8532."""
    try:
        said = person(raw)
    except ValueError:
        raise ProgressionError(f"{where}: is neither text nor a number", "correct it") from None
    if said is None:
        return None
    found = values.get(said, said)
    return str(found) if has_levels else number_of(found, where)


def parse_date(value: Any, where: str) -> date:
    """Return the date of an ISO date or time; a year or a month alone stands for its first day.

    Raises:
        ProgressionError: it is none.
    """
    whole = str(value)[:10]
    padded = whole + {4: "-01-01", 7: "-01"}.get(len(whole), "")
    try:
        return date.fromisoformat(padded)
    except ValueError:
        raise ProgressionError(f"{where}: {shown(value)} is no date", "write dates as 2026-01-31") from None


def _years(start: date, day: date) -> float:
    return (day - start).days / YEAR_DAYS
