"""What is known of a subject at each visit, as fixed columns: last value, mean, slope, how long ago, how often."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dualalign.progression.schema import LongitudinalSchema
from dualalign.progression.visits import Floats, Visits, static_columns

PER_FEATURE = ("last", "mean", "slope", "since", "count")
_SLOPE_SHRINKAGE = 1.0
"""Added to the spread of times (years squared), so that two close visits do not make a wild slope."""


@dataclass(frozen=True, slots=True)
class History:
    """One row a visit, only of what was seen up to it.

    Args:
        values: N x H.
        names: H names, for example `mmse:slope`, `sex=M`, `time`.
    """

    values: Floats
    names: tuple[str, ...]

    def columns(self, wanted: tuple[str, ...]) -> Floats:
        """Return the columns whose name ends in `:` and one of the words wanted, and those without a colon."""
        return self.values[:, [is_wanted(name, wanted) for name in self.names]]


def is_wanted(name: str, wanted: tuple[str, ...]) -> bool:
    """Return whether a column's name ends in `:` and one of the words wanted, or has no colon."""
    return ":" not in name or name.rsplit(":", 1)[1] in wanted


def history_names(schema: LongitudinalSchema) -> tuple[str, ...]:
    """Return the names of the columns of any history of a schema."""
    kept = [name for name, linear in zip(schema.numeric, schema.linear, strict=True) if linear]
    return (
        *(f"{feature}:{word}" for feature in kept for word in PER_FEATURE),
        *static_columns(schema),
        "time",
    )


def history_at_visits(visits: Visits) -> History:
    """Return the history of every visit; nan where something was never seen, slopes 0 from a single value.

    Features of modalities that the schema keeps out of linear reading are left out.
    """
    start = np.repeat(visits.starts[:-1], np.diff(visits.starts))
    times = visits.times[:, None]
    observed = visits.values[:, np.array(visits.schema.linear, dtype=np.bool_)]
    seen = ~np.isnan(observed)
    values = np.where(seen, observed, 0.0)
    count = _running(seen.astype(np.float64), start)
    last_row = _last_seen(seen, start)
    there = last_row >= 0
    place = np.maximum(last_row, 0)
    last = np.where(there, np.take_along_axis(values, place, axis=0), np.nan)
    since = np.where(there, times - visits.times[place], np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = _running(values, start) / count
        mean_time = _running(times * seen, start) / count
        spread = _running(times**2 * seen, start) - count * mean_time**2
        shared = _running(times * values, start) - count * mean_time * mean
        slope = np.where(there, shared / (spread + _SLOPE_SHRINKAGE), np.nan)
    found = np.stack([last, np.where(there, mean, np.nan), slope, since, count], axis=2)
    table = np.column_stack([found.reshape(len(found), -1), visits.person_at_rows(), times])
    return History(table, history_names(visits.schema))


def _running(values: Floats, start: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Floats:
    """Sum within each subject up to and with each row."""
    total = np.cumsum(values, axis=0)
    before = np.vstack([np.zeros((1, values.shape[1])), total])[start]
    return np.asarray(total - before)


def _last_seen(
    seen: np.ndarray[tuple[int, int], np.dtype[np.bool_]], start: np.ndarray[tuple[int], np.dtype[np.intp]]
) -> np.ndarray[tuple[int, int], np.dtype[np.intp]]:
    rows = np.where(seen, np.arange(len(seen))[:, None], -1)
    latest = np.maximum.accumulate(rows, axis=0) if len(rows) else rows
    return np.where(latest >= start[:, None], latest, -1).astype(np.intp)
