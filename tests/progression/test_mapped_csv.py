from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from dualalign.errors import ProgressionError
from dualalign.progression.readers import read_mapped_csv
from tests.progression.planted import SCHEMA

WIDE = {
    "schema": "schema.yaml",
    "table": {"subject": "ID", "time": {"column": "When", "unit": "date"}, "missing": ["", "?"]},
    "static": {"sex": "Sex", "age": "Age"},
    "features": {"marker": "Marker", "noise": {"codes": ["Lab"], "unit": "g/L"}, "report": "Report"},
    "events": {"onset": "Onset"},
}
LONG = {
    "schema": "schema.yaml",
    "table": {
        "layout": "long",
        "subject": "ID",
        "time": {"column": "Months", "unit": "months"},
        "code": "What",
        "value": "Value",
        "unit": "Unit",
    },
    "features": {"marker": "MRK", "noise": "N"},
    "events": {"onset": {"feature": "marker", "above": 28}},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    content = SCHEMA.model_dump(mode="json", exclude_defaults=True)
    (tmp_path / "schema.yaml").write_text(yaml.safe_dump(content))
    (tmp_path / "wide.yaml").write_text(yaml.safe_dump(WIDE))
    (tmp_path / "long.yaml").write_text(yaml.safe_dump(LONG))
    return tmp_path


def write(folder: Path, text: str) -> Path:
    path = folder / "data.csv"
    path.write_text(text)
    return path


HEAD = "ID,When,Sex,Age,Marker,Lab,Report,Onset\n"


def test_a_wide_file(folder: Path) -> None:
    text = (
        HEAD
        + "a,2021-01-01,M,71,25,0.01,,2021-07-02\na,2020-01-01,M,70,?,0.02,fine,2021-07-02\nb,2020-05-01,F,?,29,,,\n"
    )
    data = read_mapped_csv(write(folder, text), folder / "wide.yaml")
    rows = [tuple(row.values()) for row in data.observations.to_pylist()]
    assert sorted(rows[:2], key=lambda row: row[2]) == [
        ("a", 0.0, "noise", 2.0, None),
        ("a", 0.0, "report", None, "fine"),
    ]
    assert rows[2][:3] == ("a", pytest.approx(366 / 365.25), "marker")
    assert data.event_times[0] == pytest.approx(1.5, abs=0.01)
    assert data.subjects["age"].to_pylist() == [70.0, None]


def test_a_long_file_and_a_derived_event(folder: Path) -> None:
    text = "ID,Months,What,Value,Unit\na,0,MRK,27,points\na,12,MRK,29,points\na,12,N,0.1,g/L\na,12,other,9,\n"
    mapping = folder / "long.yaml"
    with pytest.raises(ProgressionError, match="no column"):
        read_mapped_csv(write(folder, "ID,Months\n"), mapping)
    data = read_mapped_csv(write(folder, text), mapping)
    assert data.observations["value"].to_pylist() == [27.0, 29.0, 10.0]
    assert data.event_times.tolist() == [1.0]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("a,2020-01-01,M,70,many,,,", "line 2: Marker: 'many' is no number"),
        ("a,01/01/2020,M,70,25,,,", "is no date"),
        (",2020-01-01,M,70,25,,,", "line 2: ID: is empty"),
        ("NaN,2020-01-01,M,70,25,,,", "line 2: ID: is empty"),
        ("a,2020-01-01,M,inf,25,,,", "Age: 'inf' is no number"),
        ("a,2020-01-01,M,70,25,,well, and happy,", "9 cells where the header has 8"),
        ('a,2020-01-01,M,70,25,,"well,', "line 2: a quote is opened"),
        ("a,2020-01-01,M,70,Zebulon forgets,,,", r"Marker: \(a text of 15 characters\) is no number"),
        ("a,2020-01-01,M,70,45,,,", "marker 45 lies outside"),
    ],
)
def test_bad_cells_are_named(folder: Path, line: str, words: str) -> None:
    with pytest.raises(ProgressionError, match=words):
        read_mapped_csv(write(folder, HEAD + line + "\n"), folder / "wide.yaml")


def test_unknown_units_are_refused(folder: Path) -> None:
    text = "ID,Months,What,Value,Unit\na,0,N,27,stone\n"
    with pytest.raises(ProgressionError, match="noise in 'stone'"):
        read_mapped_csv(write(folder, text), folder / "long.yaml")


def test_long_notes_and_ids_written_as_decimals(folder: Path) -> None:
    note = "x" * 200_000
    text = HEAD + f"1,2020-01-01,M,70,25,,{note},\n1.0,2021-01-01,M,70,24,,,\n"
    data = read_mapped_csv(write(folder, text), folder / "wide.yaml")
    assert data.ids == ("1",)
    assert note in data.observations["text"].to_pylist()


def test_people_without_a_group_are_no_group(folder: Path) -> None:
    text = (
        HEAD
        + "a,2020-01-01,M,70,25,,,\nb,2020-01-01,M,70,25,,,\nc,2020-01-01,M,70,25,1,,\nd,2020-01-01,M,70,25,1.0,,\n"
    )
    wide = WIDE | {"group": "Family", "features": {"marker": "Marker"}}
    (folder / "grouped.yaml").write_text(yaml.safe_dump(wide))
    data = read_mapped_csv(write(folder, text.replace("Lab", "Family")), folder / "grouped.yaml")
    assert data.groups == ("a", "b", "1", "1")


def test_a_row_twice_is_refused(folder: Path) -> None:
    text = HEAD + "a,2020-01-01,M,70,25,,,\na,2020-01-01,M,70,26,,,\n"
    with pytest.raises(ProgressionError, match="subject 'a': duplicate visit: marker stands twice"):
        read_mapped_csv(write(folder, text), folder / "wide.yaml")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"table": None}, "the mapping has no `table`"),
        ({"features": {"hat": "Marker"}}, "no feature 'hat'"),
        ({"static": {"hat": "Sex"}}, "'hat', no lasting fact"),
        ({"features": {"marker": "Marker", "noise": "Marker"}}, "'Marker' stands for two features"),
        ({"events": {"onset": {"feature": "marker"}}}, "give `codes`, or `feature` and `above`"),
        ({"table": LONG["table"] | {"value": None}}, "the long layout needs"),
        ({"observations": []}, "observations: Extra inputs"),
    ],
)
def test_slips_of_a_mapping_are_named(folder: Path, changed: dict[str, object], words: str) -> None:
    (folder / "wrong.yaml").write_text(yaml.safe_dump(WIDE | changed))
    with pytest.raises(ProgressionError, match=words):
        read_mapped_csv(write(folder, HEAD + "a,2020-01-01,M,70,25,,,\n"), folder / "wrong.yaml")
