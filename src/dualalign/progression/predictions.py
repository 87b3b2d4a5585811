"""What a fitted model says of subjects: risks by horizon, the state to come, decline, next values with spread."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as parquet

from dualalign.errors import ProgressionError
from dualalign.files import refusals_said, written_beside
from dualalign.progression.dualpath import FittedDualPath
from dualalign.progression.longitudinal import LongitudinalData
from dualalign.progression.questions import Kind, Questions
from dualalign.progression.visits import Floats, Places, Visits, last_rows, to_visits

STATE_YEARS = (1.0, 2.0, 3.0)
"""Years ahead for which state and values are predicted."""


def predict_subjects(fitted: FittedDualPath, data: LongitudinalData, times: Floats | None = None) -> pa.Table:
    """Return one row a subject: predictions from all visits up to a time.

    Args:
        fitted: the model.
        data: subjects with at least one visit each.
        times: S times of prediction in years, each at or after a visit; each subject's last visit if None.

    Returns:
        Columns `subject`, `time`, one per prediction; the event's risk is null for those who had it.

    Raises:
        ProgressionError: a subject has no visit at or before the time.
    """
    visits = to_visits(data)
    subjects = np.arange(len(visits))
    last = np.array([visits.times[end - 1] if end else 0.0 for end in visits.starts[1:].tolist()])
    asked = last if times is None else times
    rows = last_rows(visits, subjects, asked)
    if (rows < 0).any():
        missing = visits.subjects[int(np.flatnonzero(rows < 0)[0])]
        raise ProgressionError(
            f"subject '{missing}' has no visit at or before the time of prediction", "leave the subject out"
        )
    schema = visits.schema
    columns: dict[str, pa.Array] = {"subject": pa.array(visits.subjects), "time": pa.array(asked)}

    def probabilities(kind: Kind, years: tuple[float, ...]) -> Floats:
        each, many = len(subjects), len(years)
        asked_of = Questions(
            kind,
            np.tile(subjects, many),
            np.tile(rows, many),
            np.tile(asked, many),
            np.repeat(years, each),
            np.zeros(each * many, dtype=np.bool_),
        )
        return fitted.predict(visits, asked_of).reshape(many, each)

    if schema.conversion is not None:
        had_it = visits.event_times <= asked + 1e-9
        horizons = schema.conversion.horizons
        for year, found in zip(horizons, probabilities(Kind.CONVERSION, horizons), strict=True):
            columns[f"{schema.conversion.event}_within_{year:g}y"] = pa.array(found, mask=had_it)
    if schema.state is not None:
        for year, found in zip(STATE_YEARS, probabilities(Kind.STATE, STATE_YEARS), strict=True):
            columns[f"state_in_{year:g}y"] = pa.array(found)
    if schema.decline is not None:
        years = (schema.decline.years,)
        columns[f"decline_in_{years[0]:g}y"] = pa.array(probabilities(Kind.DECLINE, years)[0])
    columns |= _values(fitted, visits, rows, asked)
    return pa.table(columns)


def _values(fitted: FittedDualPath, visits: Visits, rows: Places, asked: Floats) -> dict[str, pa.Array]:
    columns: dict[str, pa.Array] = {}
    if not visits.schema.forecast:
        return columns
    delay = asked - visits.times[rows]
    for years in STATE_YEARS:
        mean, spread = fitted.forecast(visits, rows, delay + years)
        for place, feature in enumerate(visits.schema.forecast):
            columns[f"{feature}_in_{years:g}y"] = pa.array(mean[:, place])
            columns[f"{feature}_in_{years:g}y_sd"] = pa.array(spread[:, place])
    return columns


class PredictionFile:
    """Writes tables one after another to a CSV or Parquet file, by its ending.

    Args:
        path: the file.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self._writer: Any = None
        self._opened = ExitStack()

    def write(self, table: pa.Table) -> None:
        """Append a table.

        Raises:
            ProgressionError: the file cannot be written.
        """
        with refusals_said(self._path, ProgressionError, "choose another --out"):
            if self._writer is None:
                is_parquet = self._path.suffix.lower() == ".parquet"
                make = parquet.ParquetWriter if is_parquet else csv.CSVWriter
                stream = self._opened.enter_context(
                    self._opened.enter_context(written_beside(self._path)).open("wb")
                )
                self._writer = self._opened.enter_context(make(stream, table.schema))
            self._writer.write_table(table)

    def __enter__(self) -> PredictionFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with refusals_said(self._path, ProgressionError, "choose another --out"):
            self._opened.__exit__(kind, error, trace)
