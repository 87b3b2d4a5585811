"""Kinds of files, compressed or not, and what lies in the way of reading them."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from dualalign.errors import InputDataError
from dualalign.files import native, parse_json, read_rows
from dualalign.files.tables import read_table

LINES = b'{"text": "well"}\n'


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("NOTES.CSV", b"text\nwell\n"),
        ("NOTES.CSV.GZ", gzip.compress(b"text\nwell\n")),
        ("notes.csv", gzip.compress(b"text\nwell\n")),
        ("notes.ndjson", LINES),
        ("Notes.JSONL.gz", gzip.compress(b"\xef\xbb\xbf" + LINES)),
    ],
)
def test_the_kind_is_told_in_any_case_and_packed_files_by_what_they_hold(
    tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    assert [dict(row.values) for row in read_rows(tmp_path / name, ["text"])] == [{"text": "well"}]


def test_lines_of_jsonl_end_at_line_feeds_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    path.write_text(json.dumps({"text": "a\u2028b\x85c"}, ensure_ascii=False), encoding="utf-8")
    assert [row.values["text"] for row in read_rows(path, ["text"])] == ["a\u2028b\x85c"]


def test_bad_lines_of_jsonl_are_named_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    bad = [b'{"text": %s}' % (b"9" * 5000), b"[" * 5000, b'{"text": "\\ud800"}', b"\xff", b"[1]", b"{"]
    path.write_bytes(b"\n".join([*bad, LINES]))
    assert [row.problem for row in read_rows(path, ["text"])] == [
        "JSON with a number of too many digits",
        "JSON that nests too deeply",
        "not Unicode text",
        "not UTF-8",
        "a JSON list, not an object",
        "not JSON",
        "",
    ]


def test_what_is_no_file_is_named(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "notes.csv")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder.csv").mkdir()
    for name, words in {
        "notes.csv": "is a pipe",
        "pipe": "is a pipe",
        "folder.csv": "is a folder",
        "none.csv": "no such file",
    }.items():
        with pytest.raises(InputDataError, match=words):
            list(read_rows(tmp_path / name, ["text"]))


def test_damaged_parquet_quotes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "notes.parquet"
    parquet.write_table(pa.table({"text": ["Zebulon forgets."] * 300}), path, compression="none")
    whole = path.read_bytes()
    for cut in (10, len(whole) // 2, len(whole) - 3):
        path.write_bytes(whole[:cut])
        with pytest.raises(InputDataError, match=r"not a whole Parquet file|damaged") as error:
            list(read_rows(path, ["text"]))
        assert "Zebulon" not in str(error.value)


def test_a_column_whose_name_is_no_text_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "notes.parquet"
    parquet.write_table(pa.table({"text": ["well"], "quux": [1]}), path, store_schema=False)
    path.write_bytes(path.read_bytes().replace(b"quux", b"\x80uux"))
    for read in (lambda: list(read_rows(path, ["text"])), lambda: read_table(path, pa.schema([]))):
        with pytest.raises(InputDataError, match=r"Parquet"):
            read()


def test_values_out_of_range_are_bad_rows(tmp_path: Path) -> None:
    path = tmp_path / "notes.parquet"
    far = pa.array([2**62, 0], pa.timestamp("us"))
    torn = pa.array([b"\xff", b"well"]).cast(pa.binary()).view(pa.string())
    parquet.write_table(pa.table({"day": far, "text": torn}), path)
    assert [row.problem for row in read_rows(path, ["day"])] == ["a value out of range", ""]
    assert [row.problem for row in read_rows(path, ["text"])] == ["not UTF-8", ""]


def test_tables_have_one_column_a_name_and_hold_unicode(tmp_path: Path) -> None:
    path = tmp_path / "people.parquet"
    torn = pa.array([b"\xff"]).view(pa.string())
    for arrays, names, said in (([[1], [2]], ["sex", "sex"], "two columns"), ([torn], ["sex"], "as Parquet")):
        parquet.write_table(pa.Table.from_arrays([pa.array(each) for each in arrays], names=names), path)
        with pytest.raises(InputDataError, match=said):
            read_table(path, pa.schema([]))


def test_a_relative_path_with_a_colon_is_no_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a:1").mkdir()
    parquet.write_table(pa.table({"text": ["well"]}), native(Path("a:1/notes.parquet")))
    assert [row.values["text"] for row in read_rows(Path("a:1/notes.parquet"), ["text"])] == ["well"]


@pytest.mark.parametrize("text", ["[" * 5000, "9" * 5000, "{", b"\xff", "Zebulon"])
def test_no_json_is_a_value_error_that_quotes_nothing(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"JSON|UTF-8") as error:
        parse_json(text)
    assert "Zebulon" not in str(error.value)
