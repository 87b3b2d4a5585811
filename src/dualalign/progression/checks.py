"""Checks of longitudinal data: each slip is refused by name, with subject, time and feature."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dualalign.errors import ProgressionError
from dualalign.files import shown
from dualalign.progression.longitudinal import (
    EVENTS,
    GROUP,
    OBSERVATIONS,
    SITE,
    LongitudinalData,
    subjects_schema,
)
from dualalign.progression.schema import Feature, LongitudinalSchema, StaticFeature


def make_longitudinal(
    schema: LongitudinalSchema,
    subjects: pa.Table,
    observations: pa.Table,
    events: pa.Table | None = None,
    source: str = "data",
) -> LongitudinalData:
    """Check three tables and return them as longitudinal data.

    Args:
        schema: what they must hold.
        subjects: column `subject`, the schema's static features, optionally `group` and `site`.
        observations: columns `subject`, `time` (years), `modality`, `feature`, `value`, optionally `text`.
        events: columns `subject`, `time` (years), `event`; None for none.
        source: where they come from, for messages.

    Raises:
        ProgressionError: a column that lacks or is unknown, a subject twice or unknown, times that are not
            sorted, a visit twice, a value out of its range, an event twice, or data after a subject's end.
    """
    known = [each.name for each in subjects_schema(schema)]
    _columns(subjects, known, {GROUP, SITE}, f"{source}: subjects")
    _columns(observations, OBSERVATIONS.names, {"text"}, f"{source}: observations")
    people = _with_defaults(subjects, schema, source)
    found = _cast(_add_missing(observations, OBSERVATIONS), OBSERVATIONS, f"{source}: observations")
    happened = EVENTS.empty_table()
    if events is not None:
        _columns(events, EVENTS.names, set(), f"{source}: events")
        happened = _cast(events, EVENTS, f"{source}: events")
    _check_people(people, schema, source)
    check_observations(found, schema, people["subject"].to_pylist(), source)
    data = LongitudinalData(schema, people, found, happened)
    _check_events(data, source)
    return data


def check_folds(training: Iterable[str], held_out: Iterable[str]) -> None:
    """Refuse a subject (or a group) that stands on both sides of a split.

    Raises:
        ProgressionError: there is one.
    """
    both = sorted(set(training) & set(held_out))
    if both:
        raise ProgressionError(
            f"{len(both)} subjects are in both folds, for example {shown(both[0])}",
            "split by subject (and by group), never by visit",
        )


def check_not_future(
    times: npt.NDArray[np.float64], subjects: Sequence[str], at: Mapping[str, float]
) -> None:
    """Refuse an observation dated after the time of the prediction it would be used for.

    Args:
        times: time of each observation in years.
        subjects: subject of each observation.
        at: time of prediction of each subject.

    Raises:
        ProgressionError: there is one.
    """
    for time, subject in zip(times.tolist(), subjects, strict=True):
        if subject in at and time > at[subject] + 1e-9:
            raise ProgressionError(
                f"subject {shown(subject)}: an observation at {time:g} years lies after the prediction at "
                f"{at[subject]:g} years",
                "a prediction may only use its past: cut the data (--cut-future), or predict later",
            )


def check_observations(
    table: pa.Table, schema: LongitudinalSchema, subjects: Sequence[str], source: str
) -> None:
    """Check observations of some subjects: names, order, repeats and ranges.

    Raises:
        ProgressionError: the first slip found, by subject, time and feature.
    """
    where = f"{source}: observations"
    names = np.array(table["subject"].to_pylist(), dtype=object)
    times = table["time"].to_numpy()
    features = np.array(table["feature"].to_pylist(), dtype=object)
    modalities = table["modality"].to_pylist()
    place = {subject: row for row, subject in enumerate(subjects)}
    for row, (name, feature, modality) in enumerate(zip(names, features, modalities, strict=True)):
        if name not in place:
            raise ProgressionError(
                f"{where}: row {row + 1}: subject {shown(name)} is not in the table of subjects",
                "add it there",
            )
        if schema.modality_of.get(feature) != modality:
            raise ProgressionError(
                f"{where}: row {row + 1}: no feature {shown(feature)} of modality {shown(modality)} in schema "
                f"'{schema.name}'",
                f"use one of {', '.join(f'{m}/{f}' for f, m in schema.modality_of.items())}",
            )
    _check_times(names, times, np.array([place[name] for name in names], dtype=np.intp), where)
    _check_repeats(names, times, features, schema, where)
    values = table["value"].to_numpy(zero_copy_only=False).astype(np.float64)
    no_text = table["text"].is_null().to_numpy()
    for each in schema.features:
        rows = np.flatnonzero(features == each.id)
        bad = rows[no_text[rows]] if each.text else rows[~np.isfinite(values[rows])]
        if len(bad):
            raise ProgressionError(
                f"{where}: subject {shown(names[bad[0]])}, {times[bad[0]]:g} years: {each.id} has no "
                f"{'text' if each.text else 'number'}",
                "leave the row out where nothing was observed",
            )
        if not each.text:
            _check_range(each, values[rows], names[rows], times[rows], where)


def _check_times(
    names: npt.NDArray[np.object_], times: npt.NDArray[np.float64], places: npt.NDArray[np.intp], where: str
) -> None:
    bad = np.flatnonzero(~np.isfinite(times) | (times < 0))
    if len(bad):
        raise ProgressionError(
            f"{where}: subject {shown(names[bad[0]])}: time {times[bad[0]]:g}",
            "give years since the subject's first visit, 0 or more",
        )
    step = np.diff(places)
    back = np.flatnonzero((step < 0) | ((step == 0) & (np.diff(times) < 0)))
    if len(back):
        row = int(back[0]) + 1
        what = (
            f"subject {shown(names[row])}: unsorted times, {times[row]:g} after {times[row - 1]:g} years"
            if step[row - 1] == 0
            else f"subject {shown(names[row])} comes after {shown(names[row - 1])}, not so in the table of subjects"
        )
        raise ProgressionError(
            f"{where}: row {row + 1}: {what}", "sort by subject (in the order of subjects), then by time"
        )


def _check_repeats(
    names: npt.NDArray[np.object_],
    times: npt.NDArray[np.float64],
    features: npt.NDArray[np.object_],
    schema: LongitudinalSchema,
    where: str,
) -> None:
    numeric = set(schema.numeric)
    seen: set[str] = set()
    at: tuple[str, float] = ("", -1.0)
    for name, time, feature in zip(names, times.tolist(), features, strict=True):
        if (name, time) != at:
            seen, at = set(), (name, time)
        if feature in seen:
            raise ProgressionError(
                f"{where}: duplicate visit: subject {shown(name)} has {feature} twice at {time:g} years",
                "keep one of them, or give them their own times",
            )
        if feature in numeric:
            seen.add(feature)


def _check_range(
    feature: Feature | StaticFeature,
    values: npt.NDArray[np.float64],
    names: npt.NDArray[np.object_],
    times: npt.NDArray[np.float64] | None,
    where: str,
) -> None:
    low = -np.inf if feature.low is None else feature.low
    high = np.inf if feature.high is None else feature.high
    bad = np.flatnonzero((values < low) | (values > high))
    if len(bad):
        first = bad[0]
        when = "" if times is None else f", {times[first]:g} years"
        unit = f" {feature.unit}" if feature.unit else ""
        raise ProgressionError(
            f"{where}: subject {shown(names[first])}{when}: {feature.id} {values[first]:g} lies outside {low:g} to "
            f"{high:g}{unit}",
            "check the unit and the column; the range is the schema's",
        )


def _check_people(table: pa.Table, schema: LongitudinalSchema, source: str) -> None:
    where = f"{source}: subjects"
    names = np.array(table["subject"].to_pylist(), dtype=object)
    if not len(names):
        raise ProgressionError(f"{where}: empty", "give at least one subject")
    if None in names:
        raise ProgressionError(f"{where}: row {list(names).index(None) + 1}: no subject", "name each subject")
    counts = pc.value_counts(table["subject"]).to_pylist()
    twice = [each["values"] for each in counts if each["counts"] > 1]
    if twice:
        raise ProgressionError(
            f"{where}: subject {shown(twice[0])} stands twice", "give each subject one row"
        )
    for each in schema.static:
        if each.levels:
            for name, level in zip(names, table[each.id].to_pylist(), strict=True):
                if level is not None and level not in each.levels:
                    raise ProgressionError(
                        f"{where}: subject {shown(name)}: {each.id} {shown(level)}",
                        f"use {', '.join(each.levels)}",
                    )
        else:
            values = table[each.id].to_numpy(zero_copy_only=False).astype(np.float64)
            _check_range(each, values, names, None, where)


def _check_events(data: LongitudinalData, source: str) -> None:
    where = f"{source}: events"
    known = set(data.ids)
    seen: set[tuple[str, str]] = set()
    for row in data.events.to_pylist():
        key = (row["subject"], row["event"])
        if row["subject"] not in known:
            raise ProgressionError(f"{where}: unknown subject {shown(row['subject'])}", "add it to subjects")
        if row["time"] is None or not np.isfinite(row["time"]) or row["time"] < 0:
            raise ProgressionError(
                f"{where}: subject {shown(key[0])}: {shown(key[1])} without a time", "give years, 0 or more"
            )
        if key in seen:
            raise ProgressionError(
                f"{where}: subject {shown(key[0])} has the event {shown(key[1])} twice", "keep the first"
            )
        seen.add(key)
    ends = dict(zip(data.ids, data.end_times.tolist(), strict=True))
    names = data.observations["subject"].to_pylist()
    for name, time in zip(names, data.observations["time"].to_pylist(), strict=True):
        if time > ends[name] + 1e-9:
            raise ProgressionError(
                f"{source}: subject {shown(name)}: observed at {time:g} years, after the end at {ends[name]:g}",
                "check the dates: nothing can be observed after death or the end of follow-up",
            )


def _columns(table: pa.Table, known: Sequence[str], optional: set[str], where: str) -> None:
    lacking = [name for name in known if name not in table.column_names and name not in optional]
    strange = [name for name in table.column_names if name not in known]
    if lacking or strange:
        what = f"no column '{lacking[0]}'" if lacking else f"unknown column {shown(strange[0])}"
        raise ProgressionError(f"{where}: {what}", f"columns are {', '.join(known)}")


def _add_missing(table: pa.Table, schema: pa.Schema) -> pa.Table:
    for field in schema:
        if field.name not in table.column_names:
            table = table.append_column(field.name, pa.nulls(table.num_rows, field.type))
    return table


def _cast(table: pa.Table, schema: pa.Schema, where: str) -> pa.Table:
    columns = []
    for field in schema:
        try:
            columns.append(table[field.name].cast(field.type))
        except (pa.ArrowException, UnicodeDecodeError):
            raise ProgressionError(
                f"{where}: column '{field.name}' holds other than {field.type}", "correct the column"
            ) from None
    return pa.Table.from_arrays(columns, schema=schema).combine_chunks()


def _with_defaults(table: pa.Table, schema: LongitudinalSchema, source: str) -> pa.Table:
    wanted = subjects_schema(schema)
    people = _cast(_add_missing(table, wanted), wanted, f"{source}: subjects")
    own = pc.coalesce(people[GROUP], people["subject"])
    people = people.set_column(people.column_names.index(GROUP), GROUP, own)
    return people.set_column(
        people.column_names.index(SITE), SITE, pc.coalesce(people[SITE], pa.scalar(""))
    ).combine_chunks()
