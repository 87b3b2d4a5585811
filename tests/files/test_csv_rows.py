"""Open quotes, extra cells and lost headers: each row is accounted for, or the file is refused by line."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from dualalign.errors import InputDataError
from dualalign.files import read_rows


def rows(folder: Path, text: str, column: str = "text") -> list[str]:
    """Return the text of each row, or why it is bad."""
    path = folder / "notes.csv"
    path.write_bytes(text.encode("utf-8"))
    return [row.problem or row.values[column] for row in read_rows(path, [column])]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('id,text\n1,well\n2,"ill\n3,tired\n', 3),
        ('id,text\n1,well\n2,"ill\n3,tired\n4,"sad"\n5,well\n', 3),
        ('id,text\r\n1,well\r\n2,"ill\r\n3,"tired, too"\r\n', 3),
        ('"id","text"\n"1","well"\n"2","ill\n"3","tired"\n', 3),
        ('id,"text\n1,well\n', 1),
        ('id,text\n1,"two\nlines"\n2,"ill\n3,tired\n', 4),
    ],
)
def test_a_quote_that_is_never_closed_is_named_by_its_line(tmp_path: Path, text: str, line: int) -> None:
    with pytest.raises(InputDataError, match=f"line {line}: a quote is opened .* never closed"):
        rows(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "bad", "lines"),
    [
        ('id,text\n1,well\n2,"ill\n3,tired"\n4,sad\n', 1, "line 3 .* to line 4"),
        ('text,label\n"ill,a\ntired",b\nsad,a\n', 0, "line 2 .* to line 3"),
        (
            'id,day,text,age\n1,2020-01-01,"ill,70\n1,2021-01-01,sad,71\n2,2020-01-01,well",60\n',
            0,
            "to line 4",
        ),
    ],
)
def test_lines_that_look_like_rows_make_a_bad_row(tmp_path: Path, text: str, bad: int, lines: str) -> None:
    found = rows(tmp_path, text)
    assert [place for place, each in enumerate(found) if "look like rows" in each] == [bad]
    with pytest.raises(AssertionError, match=lines):
        raise AssertionError(found[bad])


def test_notes_of_several_lines_are_no_rows(tmp_path: Path) -> None:
    notes = [
        "First, and more.\nSecond, and more.",
        "Labs:\nNa,138\nK,4.1",
        'He said "no".\n\nShe left.',
        "a\r\nb",
    ]
    out = io.StringIO(newline="")
    csv.writer(out).writerows([["id", "text"], *enumerate(notes)])
    assert rows(tmp_path, out.getvalue()) == notes
    alone = io.StringIO(newline="")
    csv.writer(alone).writerows([["text"], *([each] for each in notes)])
    assert rows(tmp_path, alone.getvalue()) == notes


def test_a_row_whose_quotes_are_wrong_in_its_own_line_is_bad_alone(tmp_path: Path) -> None:
    found = rows(tmp_path, 'id,text\n1,"He said "no" to it."\n2,well\n')
    assert found == ["a quote inside a quoted cell that is not doubled", "well"]


def test_a_row_of_another_width_is_bad(tmp_path: Path) -> None:
    found = rows(tmp_path, "text,id\nwell, and happy,1\nill\ntired,3\n")
    assert found == ["3 cells where the header has 2", "1 cells where the header has 2", "tired"]


def test_cells_of_any_length_are_read(tmp_path: Path) -> None:
    assert rows(tmp_path, f'id,text\n1,"{"x" * 300_000}"\n') == ["x" * 300_000]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1,Zebulon forgets\n2,well\n", "2 cells that are not shown"),
        ("Zebulon\nwell\n", "1 cells that are not shown"),
        ("id,Zebulon forgets\n1,x\n", "2 cells that are not shown"),
        ("id,note\n1,x\n", "its columns are id, note"),
        ("ID,TEXT\n1,x\n", "TEXT"),
    ],
)
def test_the_first_line_is_shown_only_where_it_is_a_header(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(InputDataError, match=f"no column 'text' - .*{says}") as error:
        rows(tmp_path, text)
    assert "Zebulon" not in str(error.value)


def test_two_columns_of_one_name_are_asked_back(tmp_path: Path) -> None:
    with pytest.raises(InputDataError, match="two columns have the same name"):
        rows(tmp_path, "text,text\na,b\n")
