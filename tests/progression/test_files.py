from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as parquet
import pytest

from dualalign.errors import ProgressionError
from dualalign.progression.checks import make_longitudinal
from dualalign.progression.files import read_longitudinal, write_longitudinal
from dualalign.progression.longitudinal import OBSERVATIONS
from dualalign.progression.streaming import stream_longitudinal
from tests.progression.planted import SCHEMA, planted


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_what_is_written_is_read_back(form: str, tmp_path: Path) -> None:
    data = planted(7)
    found = read_longitudinal(write_longitudinal(data, tmp_path / "data", form))  # type: ignore[arg-type]
    assert found.schema == data.schema
    for name in ("subjects", "observations", "events"):
        assert getattr(found, name).equals(getattr(data, name))


@pytest.mark.parametrize("form", ["parquet", "csv"])
@pytest.mark.parametrize("portion", [1, 3, 100])
def test_streams_hold_the_same_rows(form: str, portion: int, tmp_path: Path) -> None:
    data = planted(7)
    folder = write_longitudinal(data, tmp_path / "data", form)  # type: ignore[arg-type]
    parts = list(stream_longitudinal(folder, SCHEMA, portion))
    assert [len(part) for part in parts] == [min(portion, 7 - at) for at in range(0, 7, portion)]
    for name in ("subjects", "observations", "events"):
        assert pa.concat_tables([getattr(part, name) for part in parts]).equals(getattr(data, name))


def test_observations_in_another_order_are_refused(tmp_path: Path) -> None:
    folder = write_longitudinal(planted(4), tmp_path / "data")
    table = parquet.read_table(folder / "observations.parquet")
    last = pc.equal(table["subject"], "S003")
    parquet.write_table(
        pa.concat_tables([table.filter(last), table.filter(pc.invert(last))]), folder / "observations.parquet"
    )
    with pytest.raises(ProgressionError, match="order"):
        list(stream_longitudinal(folder, SCHEMA, 2))


def test_lacking_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(ProgressionError, match="no such folder"):
        read_longitudinal(tmp_path / "none")
    with pytest.raises(ProgressionError, match=r"no subjects.parquet or subjects.csv"):
        read_longitudinal(tmp_path, SCHEMA)
    (tmp_path / "subjects.parquet").write_text("no parquet")
    with pytest.raises(ProgressionError, match="cannot be read"):
        read_longitudinal(tmp_path, SCHEMA)


def test_texts_with_line_breaks_come_back_from_csv(tmp_path: Path) -> None:
    text = "First, of several.\n" + "more words " * 60 + '\nHe said "no".'
    people = pa.table({"subject": ["a"], "sex": ["F"], "age": [70.0]})
    seen = [
        {
            "subject": "a",
            "time": 0.1 * row,
            "modality": "labs",
            "feature": "report",
            "value": None,
            "text": text,
        }
        for row in range(2500)
    ]
    data = make_longitudinal(SCHEMA, people, pa.Table.from_pylist(seen, schema=OBSERVATIONS))
    folder = write_longitudinal(data, tmp_path / "a:1", "csv")
    assert read_longitudinal(folder).observations.equals(data.observations)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (
            "observations",
            "subject,time,modality,feature,value,text\na,0,labs,noise,Zebulon forgets,\n",
            "row 1: value: .a text of 15",
        ),
        ("subjects", "subject,sex,age\n,F,70\n", "row 1: no subject"),
        ("subjects", "subject,sex,age\na,F,70,Zebulon\n", "row 1: 4 cells"),
        ("subjects", "Zebulon,F,70\n", "no column 'subject'"),
    ],
)
def test_bad_cells_are_named_and_not_quoted(tmp_path: Path, name: str, content: str, words: str) -> None:
    folder = write_longitudinal(planted(2), tmp_path / "data", "csv")
    (folder / f"{name}.csv").write_text(content)
    for read in (lambda: read_longitudinal(folder), lambda: list(stream_longitudinal(folder, SCHEMA, 1))):
        with pytest.raises(ProgressionError, match=words) as error:
            read()
        assert "Zebulon" not in str(error.value)
