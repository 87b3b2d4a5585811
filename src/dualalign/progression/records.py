"""Records of any source in one form, that of MEDS: who, when, which code, what value; and how a mapping reads them.

Each slip is refused by name: subject, feature, and file and row where the reader knows them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from dualalign.errors import ProgressionError
from dualalign.files import number, person, shown
from dualalign.progression.longitudinal import (
    EVENTS,
    GROUP,
    MARGIN,
    OBSERVATIONS,
    SITE,
    LongitudinalData,
    subjects_schema,
)
from dualalign.progression.mapping import BIRTH, YEAR_DAYS, Mapping, Source
from dualalign.progression.schema import Feature, LongitudinalSchema, StaticFeature

BOUND = "values that are bounds (< or >)"
PERSON = "person"
"""Code of a record that says only that someone is known, for sources that list people."""
_EPOCH = date(1970, 1, 1).toordinal()
_ROUNDING = 1e-6
"""Share by which a value may miss a bound: files may hold numbers of single precision."""


class Record(NamedTuple):
    """One thing that was recorded.

    Args:
        subject: id.
        days: since 1970, or since any day of the subject's own; None for what holds at all times.
        code: in the records' own words.
        value: number, word or text; None where the code says it all.
        unit: None where the records give none.
        text: words that a number rests on, for explanations.
        where: file and row, for messages.
    """

    subject: str
    days: float | None
    code: str
    value: Any = None
    unit: str | None = None
    text: str | None = None
    where: str = ""


class _Seen(NamedTuple):
    days: float
    feature: str
    value: float | None
    text: str | None


def days_of(value: Any, where: str) -> float:
    """Return the days since 1970 of an ISO date or time; a year or a month alone stands for its first day.

    Raises:
        ProgressionError: it is no date.
    """
    day = str(value)[:10]
    try:
        found = date.fromisoformat(day + {4: "-01-01", 7: "-01"}.get(len(day), ""))
    except ValueError:
        raise ProgressionError(f"{where}: {shown(value)} is no date", "write dates as 2026-01-31") from None
    return float(found.toordinal() - _EPOCH)


def subject_of(value: Any, where: str) -> str:
    """Return whose record it is.

    Raises:
        ProgressionError: it does not say so.
    """
    try:
        found = person(value)
    except ValueError:
        raise ProgressionError(f"{where}: {shown(value)} is no id", "name the subject") from None
    if found is None:
        raise ProgressionError(f"{where}: is empty", "name the subject in every row")
    return found


def number_of(value: Any, where: str, remedy: str = "correct it") -> float:
    """Return a number.

    Raises:
        ProgressionError: it is none.
    """
    try:
        return number(value)
    except ValueError:
        raise ProgressionError(f"{where}: {shown(value)} is no number", remedy) from None


def only_of_people(records: Iterable[Record], source: str) -> Iterator[Record]:
    """Yield records, and refuse those of someone whom the source does not list as a person.

    Raises:
        ProgressionError: there is one.
    """
    people: set[str] = set()
    others: dict[str, None] = {}
    for record in records:
        if record.code == PERSON:
            people.add(record.subject)
        else:
            others[record.subject] = None
        yield record
    strange = [subject for subject in others if subject not in people]
    if strange:
        raise ProgressionError(
            f"{source}: observations of {shown(strange[0])}, who has no record as a person", "add it"
        )


def read_records(
    records: Iterable[Record],
    mapping: Mapping,
    source: str,
    schema: LongitudinalSchema | None = None,
    averaged: bool = True,
    left_out: Counter[str] | None = None,
    starts: dict[str, float] | None = None,
) -> LongitudinalData:
    """Return records as longitudinal data.

    Each subject's clock starts at the first observation that is mapped; subjects without one are left out. Of an
    event the first time counts, and one before the clock starts lies at time 0.

    Args:
        records: in any order.
        mapping: which codes are read.
        source: where they come from, for messages.
        schema: the mapping's own if None.
        averaged: numbers of one feature at one time become their mean; if not, they are refused.
        left_out: what the reader did not use, by reason, filled while records are read.
        starts: is filled with the day on which each subject's clock starts.

    Raises:
        ProgressionError: nobody was observed, a value or unit that cannot be read or lies outside the schema's range,
            a feature twice at one time, or an observation after a subject's end.
    """
    known = schema or mapping.schema_of()
    features = {
        code: (known.feature(name), each) for name, each in mapping.features.items() for code in each.codes
    }
    lasting = {code for each in mapping.static.values() for code in each.codes} | {
        mapping.group,
        mapping.site,
    }
    events = mapping.events_of(known)
    event_of = {code: name for name, each in events.items() for code in each.codes}
    facts: dict[str, dict[str, Record]] = {}
    seen: dict[str, list[_Seen]] = {}
    happened: list[tuple[str, float, str]] = []
    for record in records:
        own = facts.setdefault(record.subject, {})
        if record.code in features and record.days is not None:
            seen.setdefault(record.subject, []).append(
                _observation(record, record.days, *features[record.code], mapping, source)
            )
        elif record.code in event_of and record.days is not None:
            happened.append((record.subject, record.days, event_of[record.code]))
        # Of a fact that stands in every row, such as an age, the earliest holds at the start of the clock.
        before = own.get(record.code)
        if record.code in lasting and (before is None or (record.days or 0.0) < (before.days or 0.0)):
            own[record.code] = record
    if mapping.only_with is not None:
        seen = _days_with(seen, mapping.only_with)
    clocks = {subject: min(row.days for row in rows) for subject, rows in seen.items()}
    if not clocks:
        raise ProgressionError(
            f"{source}: no subjects with an observation", "give some, or correct the codes"
        )
    if starts is not None:
        starts |= clocks
    people, observed = [], []
    for subject in facts:
        if subject in clocks:
            people.append(
                {"subject": subject, **_facts(facts[subject], clocks[subject], mapping, known, source)}
            )
            for row in _of_one_time(seen[subject], averaged, f"{source}: subject {shown(subject)}"):
                observed.append((subject, (row.days - clocks[subject]) / YEAR_DAYS, *row[1:]))
    for name, rule in events.items():
        happened += [
            (subject, row.days, name)
            for subject, rows in seen.items()
            for row in rows
            if row.feature == rule.feature and row.value is not None and row.value > (rule.above or 0.0)
        ]
    first: dict[tuple[str, str], float] = {}
    for subject, days, name in happened:
        if subject in clocks:
            years = max(0.0, (days - clocks[subject]) / YEAR_DAYS)
            first[subject, name] = min(years, first.get((subject, name), years))
    table = pa.Table.from_pylist(people, schema=subjects_schema(known))
    filled = pa.array([each.get(GROUP) or each["subject"] for each in people], pa.string())
    table = table.set_column(table.column_names.index(GROUP), GROUP, filled)
    data = LongitudinalData(
        known,
        table,
        _table(observed, OBSERVATIONS),
        _table([(subject, years, name) for (subject, name), years in sorted(first.items())], EVENTS),
    )
    _check_ends(data, source)
    said = tuple(f"{count:,} {reason}" for reason, count in sorted((left_out or Counter()).items()))
    return replace(data, left_out=said)


def _observation(
    record: Record, days: float, feature: Feature, source: Source, mapping: Mapping, files: str
) -> _Seen:
    """Return a text, or a value in the schema's unit and range."""
    where = record.where or f"{files}: subject {shown(record.subject)}: {feature.id}"
    if feature.text:
        if not isinstance(record.value, str):
            raise ProgressionError(
                f"{where}: {feature.id} has no text", "leave it out where nothing was written"
            )
        return _Seen(days, feature.id, None, record.value)
    said = source.values.get(str(record.value), record.value) if source.values else record.value
    value = number_of(said, where, "correct it, or list it under `missing`")
    unit = record.unit or source.unit
    unit = mapping.units.get(unit, unit) if unit is not None else None
    if unit is not None and unit != feature.unit:
        if unit not in feature.units:
            raise ProgressionError(
                f"{where}: {feature.id} in {shown(unit)}",
                f"the schema knows {', '.join([feature.unit, *feature.units])}; add the unit and its factor there",
            )
        value *= feature.units[unit]
    _check_range(feature, value, where)
    return _Seen(days, feature.id, value, record.text)


def _check_range(feature: Feature | StaticFeature, value: float, where: str) -> None:
    low = -np.inf if feature.low is None else feature.low
    high = np.inf if feature.high is None else feature.high
    spare = _ROUNDING * abs(value)
    if not low - spare <= value <= high + spare:
        unit = f" {feature.unit}" if feature.unit else ""
        raise ProgressionError(
            f"{where}: {feature.id} {value:g} lies outside {low:g} to {high:g}{unit}",
            "check the unit and the column; the range is the schema's",
        )


def _facts(
    own: dict[str, Record], start: float, mapping: Mapping, schema: LongitudinalSchema, source: str
) -> dict[str, Any]:
    """Return the lasting facts of a subject whose clock starts at `start`."""
    found: dict[str, Any] = {SITE: ""}
    for each in schema.static:
        wanted = mapping.static.get(each.id)
        record = (
            next((own[code] for code in wanted.codes if code in own), None) if wanted is not None else None
        )
        if wanted is None or record is None:
            continue
        where = record.where or f"{source}: subject {shown(record.subject)}: {record.code}"
        said = _word(record, where)
        if record.code == BIRTH and record.days is not None:
            said = str((start - record.days) / YEAR_DAYS)
        if said is None:
            continue
        value = wanted.values.get(said, said)
        if not each.levels:
            found[each.id] = number_of(value, where, "correct it, or list it under `missing`")
            _check_range(each, found[each.id], where)
        elif value not in each.levels:
            raise ProgressionError(f"{where}: {each.id} {shown(value)}", f"use {', '.join(each.levels)}")
        else:
            found[each.id] = value
    for column, code in ((GROUP, mapping.group), (SITE, mapping.site)):
        if code in own:
            found[column] = _word(own[code], f"{source}: {code}") or found.get(column)
    return found


def _word(record: Record, where: str) -> str | None:
    """Return a fact in one form, however a column of numbers wrote it: 8532.0 is the code 8532."""
    try:
        return person(record.value)
    except ValueError:
        raise ProgressionError(f"{where}: is neither text nor a number", "correct it") from None


def _days_with(seen: dict[str, list[_Seen]], feature: str) -> dict[str, list[_Seen]]:
    """Keep the days on which a feature was observed."""
    found = {}
    for subject, rows in seen.items():
        days = {row.days for row in rows if row.feature == feature}
        if days:
            found[subject] = [row for row in rows if row.days in days]
    return found


def _of_one_time(rows: list[_Seen], averaged: bool, where: str) -> list[_Seen]:
    """Return rows by time, numbers of one feature at one time as their mean."""
    numbers: dict[tuple[float, str], list[_Seen]] = {}
    for row in rows:
        if row.value is not None:
            numbers.setdefault((row.days, row.feature), []).append(row)
    found = [row for row in rows if row.value is None]
    for (days, feature), same in numbers.items():
        if len(same) > 1 and not averaged:
            raise ProgressionError(
                f"{where}: duplicate visit: {feature} stands twice at one time",
                "keep one of them, or give them their own times",
            )
        mean = sum(row.value for row in same if row.value is not None) / len(same)
        found.append(_Seen(days, feature, mean, same[0].text))
    return sorted(found, key=lambda row: row.days)


def _check_ends(data: LongitudinalData, source: str) -> None:
    times, ends = data.observations["time"].to_numpy(), data.end_times[data.owners]
    late = np.flatnonzero(times > ends + MARGIN)
    if len(late):
        name = shown(data.observations["subject"][int(late[0])].as_py())
        raise ProgressionError(
            f"{source}: subject {name}: observed at {times[late[0]]:g} years, after the end at {ends[late[0]]:g}",
            "check the dates: nothing can be observed after death or the end of follow-up",
        )


def _table(rows: list[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    return pa.table(dict(zip(schema.names, columns, strict=True)), schema=schema)
