"""Visits as arrays: one row a visit, subject by subject, missing values as nan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from dualalign.errors import ProgressionError
from dualalign.progression.longitudinal import LongitudinalData
from dualalign.progression.schema import Feature, LongitudinalSchema

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]
_YEAR_DAYS = 365.25


@dataclass(frozen=True, slots=True)
class Visits:
    """All visits of some subjects.

    Args:
        schema: what the columns mean.
        subjects: S ids.
        starts: S + 1 row numbers; subject s has rows starts[s] to starts[s + 1] - 1.
        times: N times in years.
        values: N x F values of `schema.numeric`, transformed as the schema says; nan where nothing was observed.
        static: S x P numbers, levels as 0 or 1 for each but the first; nan where unknown.
        moves: P marks of static columns that grow by one a year.
        event_times: S times of the conversion, nan where none was seen.
        end_times: S times until which subjects are known.
    """

    schema: LongitudinalSchema
    subjects: tuple[str, ...]
    starts: Places
    times: Floats
    values: Floats
    static: Floats
    moves: npt.NDArray[np.bool_]
    event_times: Floats
    end_times: Floats

    @property
    def subject_of_row(self) -> Places:
        """Subject number of each row."""
        return np.repeat(np.arange(len(self.subjects)), np.diff(self.starts))

    def column(self, feature: str) -> Floats:
        """Return one feature's N values."""
        return self.values[:, self.schema.numeric.index(feature)]

    def person_at_rows(self) -> Floats:
        """Return the static columns at each visit (N x P), those that move with time moved."""
        rows = self.subject_of_row
        return np.asarray(self.static[rows] + np.outer(self.times, self.moves))

    def take(self, subjects: Sequence[int]) -> Visits:
        """Return the visits of some subjects, given by number, in that order."""
        parts = [np.arange(self.starts[s], self.starts[s + 1]) for s in subjects]
        rows = np.concatenate(parts) if parts else np.zeros(0, dtype=np.intp)
        chosen = np.asarray(subjects, dtype=np.intp)
        starts = np.concatenate([[0], np.cumsum([len(part) for part in parts])]).astype(np.intp)
        return replace(
            self,
            subjects=tuple(self.subjects[s] for s in subjects),
            starts=starts,
            times=self.times[rows],
            values=self.values[rows],
            static=self.static[chosen],
            event_times=self.event_times[chosen],
            end_times=self.end_times[chosen],
        )

    def keep_rows(self, keep: npt.NDArray[np.bool_]) -> Visits:
        """Return the visits that are marked; a subject may be left without any."""
        counts = np.add.reduceat(np.append(keep, False).astype(np.intp), self.starts[:-1])
        counts[np.diff(self.starts) == 0] = 0
        return replace(
            self,
            starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.intp),
            times=self.times[keep],
            values=self.values[keep],
        )

    def without(self, features: Sequence[str]) -> Visits:
        """Return the visits with some features never observed.

        Raises:
            ProgressionError: the schema has no such feature.
        """
        self.check_hidden(features)
        values = self.values.copy()
        values[:, [self.schema.numeric.index(each) for each in features]] = np.nan
        return replace(self, values=values)

    def knows_state(self) -> bool:
        """Return whether the feature that tells the state was ever observed."""
        state = self.schema.state
        return state is not None and not bool(np.isnan(self.column(state.feature)).all())

    def check_hidden(self, features: Sequence[str]) -> None:
        """Refuse to hide what is not there.

        Raises:
            ProgressionError: the schema has no such feature.
        """
        for feature in features:
            if feature not in self.schema.numeric:
                raise ProgressionError(
                    f"cannot hide '{feature}': no feature of schema '{self.schema.name}'",
                    f"use one of {', '.join(self.schema.numeric)}",
                )

    def __len__(self) -> int:
        return len(self.subjects)


def to_visits(data: LongitudinalData) -> Visits:
    """Return longitudinal data as visits; observations within `visit_days` of a visit's first belong to it.

    A visit bears the time of its last observation: before that it is not whole, and nothing may rest on it.
    """
    schema = data.schema
    owners = data.owners
    times = data.observations["time"].to_numpy()
    values = data.observations["value"].to_numpy(zero_copy_only=False).astype(np.float64)
    columns = {feature: column for column, feature in enumerate(schema.numeric)}
    features = np.array([columns.get(each, -1) for each in data.observations["feature"].to_pylist()])
    rows = _visit_rows(owners, times, schema.visit_days / _YEAR_DAYS)
    count = int(rows[-1]) + 1 if len(rows) else 0
    first = np.unique(rows, return_index=True)[1]
    whole = np.zeros(count)
    np.maximum.at(whole, rows, times)
    table = np.full((count, len(columns)), np.nan)
    for column, feature in enumerate(schema.numeric):
        mine = features == column
        table[:, column] = _combine(schema.feature(feature), rows[mine], values[mine], count)
    counts = np.bincount(owners[first], minlength=len(data)) if count else np.zeros(len(data), dtype=int)
    static, moves = _static(data)
    return Visits(
        schema,
        data.ids,
        np.concatenate([[0], np.cumsum(counts)]).astype(np.intp),
        whole,
        table,
        static,
        moves,
        data.event_times,
        data.end_times,
    )


def _visit_rows(owners: Places, times: Floats, window: float) -> Places:
    rows = np.zeros(len(owners), dtype=np.intp)
    row, subject, start = -1, -1, -np.inf
    for at, (owner, time) in enumerate(zip(owners.tolist(), times.tolist(), strict=True)):
        if owner != subject or time > start + window:
            row, subject, start = row + 1, owner, time
        rows[at] = row
    return rows


def _combine(feature: Feature, rows: Places, values: Floats, count: int) -> Floats:
    found = np.full(count, np.nan)
    if feature.combine == "last":
        found[rows] = values
    else:
        total = np.bincount(rows, values, count)
        seen = np.bincount(rows, minlength=count)
        there = seen > 0
        found[there] = total[there] / (seen[there] if feature.combine == "mean" else 1)
    return np.log1p(found) if feature.transform == "log1p" else found


def _static(data: LongitudinalData) -> tuple[Floats, npt.NDArray[np.bool_]]:
    columns: list[Floats] = []
    moves: list[bool] = []
    for each in data.schema.static:
        cells = data.subjects[each.id].to_pylist()
        if each.levels:
            for level in each.levels[1:]:
                columns.append(np.array([np.nan if cell is None else float(cell == level) for cell in cells]))
                moves.append(False)
        else:
            columns.append(np.array([np.nan if cell is None else cell for cell in cells], dtype=np.float64))
            moves.append(each.moves_with_time)
    if not columns:
        return np.zeros((len(data), 0)), np.zeros(0, dtype=np.bool_)
    return np.column_stack(columns), np.array(moves)


def static_columns(schema: LongitudinalSchema) -> tuple[str, ...]:
    """Return the names of the static columns of `Visits`, for example `sex=M`."""
    names: list[str] = []
    for each in schema.static:
        names.extend(f"{each.id}={level}" for level in each.levels[1:])
        if not each.levels:
            names.append(each.id)
    return tuple(names)


def last_rows(visits: Visits, subjects: Places, times: Floats) -> Places:
    """Return the row of each subject's last visit at or before a time, -1 where there is none.

    Raises:
        ProgressionError: a subject number out of range.
    """
    if len(subjects) and (subjects.min() < 0 or subjects.max() >= len(visits)):
        raise ProgressionError("a question about an unknown subject", "ask about subjects of the same visits")
    found = np.full(len(subjects), -1, dtype=np.intp)
    for at, (subject, time) in enumerate(zip(subjects.tolist(), times.tolist(), strict=True)):
        low, high = visits.starts[subject], visits.starts[subject + 1]
        row = low + int(np.searchsorted(visits.times[low:high], time + 1e-9, side="right")) - 1
        found[at] = row if row >= low else -1
    return found
