import json
import os
from pathlib import Path

import pytest

from dualalign.cohort import open_cohort
from dualalign.errors import CohortError


def test_parts_make_up_the_whole_table(made: Path) -> None:
    cohort = open_cohort(made, "toy")
    assert (cohort.pack_id, cohort.profile) == ("toy", "plain")
    texts = [text for part in cohort.iterate("notes", ["text"]) for text in part["text"].to_pylist()]
    assert texts == cohort.table("notes", ["text"])["text"].to_pylist()
    assert cohort.table("notes", ["text"]).column_names == ["text"]
    assert len(texts) == cohort.manifest["counts"]["notes"] > 0


@pytest.mark.parametrize("left", [0, 3, 500, -1])
@pytest.mark.parametrize("name", ["notes/part-00001.parquet", "visits.parquet"])
def test_a_file_cut_short_is_named(cohort_folder: Path, name: str, left: int) -> None:
    path = cohort_folder / name
    os.truncate(path, left if left >= 0 else path.stat().st_size - 1)
    table = name.partition("/")[0].partition(".")[0]
    with pytest.raises(CohortError, match="cannot be read as Parquet") as caught:
        open_cohort(cohort_folder).table(table)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "run `dualalign generate` again" in caught.value.remedy


def test_a_damaged_page_is_an_error_of_the_cohort_s(cohort_folder: Path) -> None:
    path = cohort_folder / "notes" / "part-00000.parquet"
    content = bytearray(path.read_bytes())
    content[40:4000] = bytes(3960)
    path.write_bytes(content)
    with pytest.raises(CohortError, match="cannot be read as Parquet"):
        open_cohort(cohort_folder).table("notes")


def test_a_missing_part_is_counted(cohort_folder: Path) -> None:
    (cohort_folder / "sentences" / "part-00001.parquet").unlink()
    cohort = open_cohort(cohort_folder)
    with pytest.raises(CohortError, match="sentences: 3 part files where the manifest counts 4"):
        cohort.table("sentences")
    with pytest.raises(CohortError, match="3 part files"):
        next(cohort.iterate("sentences"))


def test_a_missing_table_is_named(cohort_folder: Path) -> None:
    (cohort_folder / "mentions.parquet").unlink()
    with pytest.raises(CohortError, match=r"mentions\.parquet: missing - run `dualalign generate` again"):
        open_cohort(cohort_folder).table("mentions")


def test_an_unfinished_run_is_refused(cohort_folder: Path) -> None:
    path = cohort_folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "complete": False, "counts": None}))
    with pytest.raises(CohortError, match="not finished - run the same `dualalign generate` command again"):
        open_cohort(cohort_folder)


def test_another_pack_is_refused(made: Path) -> None:
    with pytest.raises(CohortError, match="made with pack 'toy', not 'mydisease'"):
        open_cohort(made, "mydisease")


def test_what_is_no_cohort_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CohortError, match="no such folder"):
        open_cohort(tmp_path / "absent")
    with pytest.raises(CohortError, match="this is not a cohort"):
        open_cohort(tmp_path)


def test_a_name_that_no_table_or_column_has(made: Path) -> None:
    """A slip in a name must not be taken for a damaged file, whose remedy is to delete it."""
    cohort = open_cohort(made)
    with pytest.raises(CohortError, match="a cohort has no table 'note' - ask for notes, sentences"):
        cohort.table("note")
    for table in ("notes", "visits"):
        with pytest.raises(CohortError, match="has no column 'txt' - its columns: note_id"):
            cohort.table(table, ["txt"])
