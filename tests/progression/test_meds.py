"""Longitudinal data in the Medical Event Data Standard: what is written comes back, and what it does not allow is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as parquet
import pytest
import yaml

from dualalign.errors import ProgressionError
from dualalign.progression import LongitudinalData, open_data, read_meds, stream_meds, write_meds
from tests.progression.planted import SCHEMA, made, planted

MAPPING = {
    "schema": "schema.yaml",
    "static": {"sex": {"codes": ["GENDER"], "values": {"female": "F"}}, "age": "MEDS_BIRTH"},
    "features": {"marker": "LAB//MRK", "noise": ["LAB//N", "LAB//N2"], "report": "NOTE"},
    "events": {"onset": "ICD//1"},
}


def same(one: LongitudinalData, other: LongitudinalData) -> bool:
    """Return whether two data sets hold the same, numbers within single precision."""
    for name in ("subjects", "observations", "events"):
        first, second = getattr(one, name), getattr(other, name)
        for column in second.column_names:
            mine, theirs = first[column].to_pylist(), second[column].to_pylist()
            numbers = pa.types.is_floating(second.schema.field(column).type)
            assert mine == (pytest.approx(theirs, rel=1e-6, abs=1e-6) if numbers else theirs)
    return one.schema == other.schema


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    data = planted(7)
    assert same(open_data(write_meds(data, tmp_path / "data")), data)


def test_what_is_written_is_meds(tmp_path: Path) -> None:
    meds = pytest.importorskip("meds")
    folder = write_meds(planted(3), tmp_path / "data")
    meds.DataSchema.validate(parquet.read_table(folder / "data" / "0.parquet"))
    meds.CodeMetadataSchema.validate(parquet.read_table(folder / meds.code_metadata_filepath))
    meds.DatasetMetadataSchema.validate(json.loads((folder / meds.dataset_metadata_filepath).read_text()))


@pytest.mark.parametrize("portion", [1, 3, 100])
def test_streams_hold_the_same_rows(portion: int, tmp_path: Path) -> None:
    data = planted(7)
    parts = list(stream_meds(write_meds(data, tmp_path / "data"), portion=portion))
    assert [len(part) for part in parts] == [min(portion, 7 - at) for at in range(0, 7, portion)]
    whole = [
        pa.concat_tables([getattr(part, name) for part in parts])
        for name in ("subjects", "observations", "events")
    ]
    assert same(LongitudinalData(SCHEMA, *whole), data)


def foreign(folder: Path, rows: list[tuple[int, str | None, str, float | None, str | None]]) -> Path:
    """Write rows as another's MEDS data set, one shard."""
    times = [None if row[1] is None else np.datetime64(row[1], "us") for row in rows]
    (folder / "meds" / "data" / "train").mkdir(parents=True, exist_ok=True)
    table = pa.table(
        {
            "subject_id": pa.array([row[0] for row in rows], pa.int64()),
            "time": pa.array(times, pa.timestamp("us")),
            "code": [row[2] for row in rows],
            "numeric_value": pa.array([row[3] for row in rows], pa.float32()),
            "text_value": pa.array([row[4] for row in rows], pa.large_string()),
        }
    )
    parquet.write_table(table, folder / "meds" / "data" / "train" / "0.parquet")
    (folder / "schema.yaml").write_text(yaml.safe_dump(SCHEMA.model_dump(mode="json", exclude_defaults=True)))
    (folder / "mapping.yaml").write_text(yaml.safe_dump(MAPPING))
    return folder / "meds"


ROWS: list[tuple[int, str | None, str, float | None, str | None]] = [
    (7, None, "GENDER", None, "female"),
    (7, "1950-01-01", "MEDS_BIRTH", None, None),
    (7, "2020-01-01", "LAB//MRK", 28.0, None),
    (7, "2020-01-01", "LAB//N", 1.0, None),
    (7, "2020-01-01", "LAB//N2", 3.0, None),
    (7, "2020-07-01", "NOTE", None, "Well."),
    (7, "2020-07-02", "ICD//1", None, None),
    (7, "2021-01-01", "OTHER", 5.0, None),
    (7, "2022-01-01", "MEDS_DEATH", None, None),
]


def test_anothers_data_are_read_through_a_mapping(tmp_path: Path) -> None:
    data = open_data(foreign(tmp_path, ROWS), tmp_path / "mapping.yaml")
    assert data.subjects.to_pylist()[0] | {"age": 0} == {
        "subject": "7",
        "group": "7",
        "site": "",
        "sex": "F",
        "age": 0,
    }
    assert data.subjects["age"][0].as_py() == pytest.approx(70, abs=0.01)
    assert data.observations["value"].to_pylist() == [28.0, 2.0, None]
    assert data.event_times[0] == pytest.approx(183 / 365.25)
    assert data.end_times[0] == pytest.approx(731 / 365.25)
    with pytest.raises(ProgressionError, match="--mapping"):
        open_data(tmp_path / "meds")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([ROWS[3], ROWS[1]], "row 2: subject '7': unsorted times"),
        ([ROWS[2], (8, "2020-01-01", "LAB//N", 1.0, None), ROWS[3]], "'7' comes again after another"),
        ([(7, "2020-01-01", "LAB//MRK", 45.0, None)], "row 1: marker 45 lies outside 0 to 30 points"),
        ([(7, "2020-01-01", "LAB//MRK", None, None)], "row 1: .NoneType. is no number"),
        ([(7, "2020-01-01", "NOTE", 3.0, None)], "report has no text"),
        ([*ROWS[:4], ROWS[8], (7, "2023-01-01", "LAB//N", 1.0, None)], "after the end at 2"),
        ([(7, None, "GENDER", None, "X"), *ROWS[1:4]], "sex 'X'"),
        ([(7, "1750-01-01", "MEDS_BIRTH", None, None), ROWS[2]], "age 269.993 lies outside 18 to 110"),
        (ROWS[:2], "no subjects with an observation"),
    ],
)
def test_each_slip_is_named(
    tmp_path: Path, rows: list[tuple[int, str | None, str, float | None, str | None]], words: str
) -> None:
    with pytest.raises(ProgressionError, match=words):
        open_data(foreign(tmp_path, rows), tmp_path / "mapping.yaml")


def test_lacking_and_strange_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(ProgressionError, match="no such folder"):
        read_meds(tmp_path / "none")
    with pytest.raises(ProgressionError, match=r"no data/\*.parquet"):
        read_meds(tmp_path)
    folder = write_meds(planted(2), tmp_path / "data")
    file = folder / "data" / "0.parquet"
    table = parquet.read_table(file)
    parquet.write_table(table.drop_columns(["code"]), file)
    with pytest.raises(ProgressionError, match="not as MEDS asks"):
        read_meds(folder)
    marked = pc.if_else(pc.equal(table["code"], "marker"), "hat", table["code"])
    parquet.write_table(table.set_column(2, "code", marked), file)
    with pytest.raises(ProgressionError, match="no feature 'hat' in schema 'planted'"):
        read_meds(folder)
    file.write_text("no parquet")
    with pytest.raises(ProgressionError, match="cannot be read"):
        read_meds(folder)


def test_the_future_is_refused_and_cut() -> None:
    rows = [
        (name, time, "marker", 20.0)
        for name, times in (("a", (0.0, 1.0)), ("b", (0.0, 2.0)))
        for time in times
    ]
    data = made(rows)
    data.check_past(2.0)
    with pytest.raises(
        ProgressionError, match="'b': an observation at 2 years lies after the prediction at 1"
    ):
        data.check_past(1.0)
    cut = data.until(1.0)
    cut.check_past(1.0)
    assert len(cut.observations) == 3
