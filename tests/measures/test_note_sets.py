import gzip
import json
from pathlib import Path

import pytest

from dualalign.cohort import generate_cohort, open_cohort
from dualalign.errors import InputDataError, MeasureError
from dualalign.measures.note_sets import NoteColumns, NoteSet, cohort_notes, read_note_set


def test_reads_notes_with_patients_and_years_and_leaves_empty_ones_out(tmp_path: Path) -> None:
    file = tmp_path / "notes.jsonl.gz"
    rows = [
        {"body": "First note.", "who": "a", "before": 3},
        {"body": "", "who": "a", "before": 2},
        {"body": "Third note.", "who": "b", "before": None},
    ]
    with gzip.open(file, "wt", encoding="utf-8") as stream:
        stream.writelines(json.dumps(row) + "\n" for row in rows)
    notes = read_note_set(file, NoteColumns("body", "who", "before"))
    assert notes == NoteSet(("First note.", "Third note."), ("a", "b"), (3, None))
    assert read_note_set(file, NoteColumns("body")).groups == ("row-1", "row-3")


def test_what_cannot_be_read_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "notes.csv"
    file.write_text("text,year\nA note.,soon\n", encoding="utf-8")
    with pytest.raises(InputDataError, match="row 1: the year"):
        read_note_set(file, NoteColumns(year="year"))
    with pytest.raises(InputDataError, match="no column 'words'"):
        read_note_set(file, NoteColumns("words"))
    file.write_text("text\n\n", encoding="utf-8")
    with pytest.raises(InputDataError, match="holds no note"):
        read_note_set(file)


@pytest.mark.parametrize("year", ["inf", "1e999", "9" * 5000, "soon", "-inf"])
def test_years_that_are_no_numbers_are_named(tmp_path: Path, year: str) -> None:
    file = tmp_path / "notes.csv"
    file.write_text(f"text,year\nFine.,3\nWell.,{year}\n", encoding="utf-8")
    with pytest.raises(InputDataError, match="row 2: the year is not a number"):
        read_note_set(file, NoteColumns(year="year"))


def test_missing_years_are_unknown_and_missing_patients_are_asked_back(tmp_path: Path) -> None:
    file = tmp_path / "notes.csv"
    file.write_text("text,year,who\nA.,3.0,1\nB.,NaN,1.0\nC.,NA,2\nD.,,2\n", encoding="utf-8")
    notes = read_note_set(file, NoteColumns(group="who", year="year"))
    assert (notes.years, notes.groups) == ((3, None, None, None), ("1", "1", "2", "2"))
    for missing in ("", "nan", "NA"):
        file.write_text(f"text,who\nA.,a\nB.,{missing}\n", encoding="utf-8")
        with pytest.raises(InputDataError, match="row 2: no patient in 'who'"):
            read_note_set(file, NoteColumns(group="who"))


def test_halves_part_no_patient() -> None:
    notes = NoteSet(tuple("abcdef"), ("x", "y", "x", "z", "y", "w"), (None,) * 6)
    first, second = notes.halves()
    assert not set(first.groups) & set(second.groups)
    assert sorted(first.texts + second.texts) == list("abcdef")
    with pytest.raises(MeasureError, match="one group"):
        notes.take([0, 2]).halves()


def test_notes_of_a_cohort_are_those_of_patients_only(tmp_path: Path) -> None:
    cohort = open_cohort(generate_cohort("alzheimers", tmp_path / "c", 3, 2, seed=1, part_patients=2))
    everything = cohort_notes(cohort, 10**9)
    table = cohort.table("notes", ["patient_id", "text"]).to_pylist()
    assert list(everything.texts) == [row["text"] for row in table if row["patient_id"].startswith("P")]
    some = cohort_notes(cohort, 60)
    assert 30 < len(some) < 95
    assert set(some.texts) < set(everything.texts)
