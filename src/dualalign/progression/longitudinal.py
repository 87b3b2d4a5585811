"""Longitudinal data: subjects, what was observed of them and when, and what happened to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dualalign.errors import ProgressionError
from dualalign.progression.schema import LongitudinalSchema

OBSERVATIONS = pa.schema(
    [
        ("subject", pa.string()),
        ("time", pa.float64()),
        ("modality", pa.string()),
        ("feature", pa.string()),
        ("value", pa.float64()),
        ("text", pa.string()),
    ]
)
EVENTS = pa.schema([("subject", pa.string()), ("time", pa.float64()), ("event", pa.string())])
GROUP = "group"
SITE = "site"

Floats = npt.NDArray[np.float64]


def subjects_schema(schema: LongitudinalSchema) -> pa.Schema:
    """Return the columns of the table of subjects.

    `group` holds people who belong together (a case and its controls): no split may part them. `site` says where
    a person was seen. Both are the subject's own id, and empty, where a file does not give them.
    """
    fields = [("subject", pa.string()), (GROUP, pa.string()), (SITE, pa.string())]
    fields += [(each.id, pa.string() if each.levels else pa.float64()) for each in schema.static]
    return pa.schema(fields)


@dataclass(frozen=True)
class LongitudinalData:
    """A data set that passed every check.

    Args:
        schema: what it holds.
        subjects: one row a subject, as `subjects_schema` says.
        observations: subject by subject in the order of `subjects`, times ascending.
        events: what happened, in years on the subject's own clock.
        left_out: what a reader did not use, and how much of it, in words.
    """

    schema: LongitudinalSchema
    subjects: pa.Table
    observations: pa.Table
    events: pa.Table
    left_out: tuple[str, ...] = ()

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Ids of the subjects, in order."""
        return tuple(self.subjects["subject"].to_pylist())

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """Group of each subject, in order."""
        return tuple(self.subjects[GROUP].to_pylist())

    @cached_property
    def event_times(self) -> Floats:
        """Time of the conversion of each subject in years, nan where none was seen."""
        found = np.full(len(self.ids), np.nan)
        if self.schema.conversion is not None:
            place = {subject: row for row, subject in enumerate(self.ids)}
            for row in self.events.to_pylist():
                if row["event"] == self.schema.conversion.event:
                    found[place[row["subject"]]] = row["time"]
        return found

    @cached_property
    def end_times(self) -> Floats:
        """Time until which each subject is known: the first censoring event, else the last that was recorded."""
        place = {subject: row for row, subject in enumerate(self.ids)}
        last = np.zeros(len(self.ids))
        rows = np.array([place[each] for each in self.observations["subject"].to_pylist()], dtype=np.intp)
        np.maximum.at(last, rows, self.observations["time"].to_numpy())
        names = self.schema.conversion.censored_by if self.schema.conversion else ()
        ends = np.full(len(self.ids), np.nan)
        for row in self.events.to_pylist():
            at = place[row["subject"]]
            if row["event"] in names:
                ends[at] = np.fmin(ends[at], row["time"])
            else:
                last[at] = max(last[at], row["time"])
        return np.where(np.isnan(ends), last, ends)

    def take(self, subjects: Sequence[str]) -> LongitudinalData:
        """Return the data of some subjects, in the order of this data set.

        Raises:
            ProgressionError: one of them is not there.
        """
        strange = sorted(set(subjects) - set(self.ids))
        if strange:
            raise ProgressionError(f"no subject '{strange[0]}'", "give ids of the table of subjects")
        wanted = pa.array(sorted(set(subjects)))
        tables = {
            name: getattr(self, name).filter(pc.is_in(getattr(self, name)["subject"], value_set=wanted))
            for name in ("subjects", "observations", "events")
        }
        return replace(self, **tables)

    def __len__(self) -> int:
        return len(self.ids)
