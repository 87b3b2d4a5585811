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
from dualalign.files import shown
from dualalign.progression.schema import LongitudinalSchema

OBSERVATIONS = pa.schema(
    [
        ("subject", pa.string()),
        ("time", pa.float64()),
        ("feature", pa.string()),
        ("value", pa.float64()),
        ("text", pa.string()),
    ]
)
EVENTS = pa.schema([("subject", pa.string()), ("time", pa.float64()), ("event", pa.string())])
GROUP, SITE = "group", "site"
MARGIN = 1e-9
"""Years by which two times may differ and still be one."""

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
    def owners(self) -> npt.NDArray[np.intp]:
        """Subject number of each observation."""
        return places_of(self.observations["subject"], self.subjects["subject"])

    @cached_property
    def event_times(self) -> Floats:
        """Time of the conversion of each subject in years, nan where none was seen."""
        conversion = self.schema.conversion
        return self._first({conversion.event} if conversion is not None else set())

    @cached_property
    def end_times(self) -> Floats:
        """Time until which each subject is known: the first censoring event, else the last that was recorded."""
        conversion = self.schema.conversion
        ending = set(conversion.censored_by) if conversion is not None else set()
        last = np.zeros(len(self))
        np.maximum.at(last, self.owners, self.observations["time"].to_numpy())
        for row in self.events.to_pylist():
            if row["event"] not in ending:
                at = self._places[row["subject"]]
                last[at] = max(last[at], row["time"])
        ends = self._first(ending)
        return np.where(np.isnan(ends), last, ends)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {subject: row for row, subject in enumerate(self.ids)}

    def _first(self, events: set[str]) -> Floats:
        found = np.full(len(self), np.nan)
        for row in self.events.to_pylist():
            if row["event"] in events:
                at = self._places[row["subject"]]
                found[at] = np.fmin(found[at], row["time"])
        return found

    def take(self, subjects: Sequence[str]) -> LongitudinalData:
        """Return the data of some subjects, in the order of this data set.

        Raises:
            ProgressionError: one of them is not there.
        """
        strange = sorted(set(subjects) - set(self.ids))
        if strange:
            raise ProgressionError(f"no subject '{strange[0]}'", "give ids of the table of subjects")
        return self._of(pa.array(sorted(set(subjects)), pa.string()))

    def check_past(self, time: float) -> None:
        """Refuse an observation dated after the time of the prediction it would be used for.

        Args:
            time: of the prediction, in years on each subject's own clock.

        Raises:
            ProgressionError: there is one.
        """
        times = self.observations["time"].to_numpy()
        later = np.flatnonzero(times > time + MARGIN)
        if len(later):
            subject = shown(self.observations["subject"][int(later[0])].as_py())
            raise ProgressionError(
                f"subject {subject}: an observation at {times[later[0]]:g} years lies after the prediction at {time:g} "
                "years",
                "a prediction may only use its past: cut the data (--cut-future), or predict later",
            )

    def until(self, time: float) -> LongitudinalData:
        """Return the data as they stood at a time, in years on each subject's own clock.

        Later observations and events are dropped, and so are subjects who were not yet seen.
        """
        seen, happened = (
            table.filter(pc.less_equal(table["time"], time + MARGIN))
            for table in (self.observations, self.events)
        )
        cut = replace(self, observations=seen, events=happened)
        return cut._of(pc.unique(seen["subject"]))

    def _of(self, subjects: pa.Array) -> LongitudinalData:
        return replace(
            self,
            **{
                name: table.filter(pc.is_in(table["subject"], value_set=subjects))
                for name, table in (
                    ("subjects", self.subjects),
                    ("observations", self.observations),
                    ("events", self.events),
                )
            },
        )

    def __len__(self) -> int:
        return len(self.ids)


def places_of(values: pa.ChunkedArray, among: pa.ChunkedArray) -> npt.NDArray[np.intp]:
    """Return the place of each value among others, -1 where it is not there."""
    found = pc.fill_null(pc.index_in(values, value_set=among.combine_chunks()), -1)
    return np.asarray(found.to_numpy(), dtype=np.intp)
