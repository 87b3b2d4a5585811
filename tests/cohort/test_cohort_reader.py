import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
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


def test_a_flipped_bit_is_noticed_wherever_the_rows_are(cohort_folder: Path, made: Path) -> None:
    path = cohort_folder / "notes" / "part-00000.parquet"
    whole, content = open_cohort(made).table("notes"), path.read_bytes()
    noticed = 0
    for at in range(100, len(content) * 3 // 4, len(content) // 40):
        path.write_bytes(content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :])
        try:
            # What a page's head says of it may change without a row being another.
            assert open_cohort(cohort_folder).table("notes").equals(whole)
        except CohortError as error:
            noticed += "it was damaged or changed" in str(error)
    assert noticed >= 20


def _column(name: str, values: Callable[[list[Any]], Any]) -> Callable[[pa.Table], pa.Table]:
    def changed(table: pa.Table) -> pa.Table:
        place = table.schema.get_field_index(name)
        return table.set_column(place, name, pa.array(values(table[name].to_pylist())))

    return changed


def _emptied(table: pa.Table) -> pa.Table:
    factor = next(name for name in table.column_names if name.startswith("factor_"))
    place = table.schema.get_field_index(factor)
    return table.set_column(place, factor, pa.nulls(len(table), pa.string()))


CHANGED_BY_HAND = {
    "a row less": ("visits", lambda table: table.slice(1), "rows where the manifest counts"),
    "a row twice": ("personas", lambda table: pa.concat_tables([table, table.slice(0, 1)]), "5 rows where"),
    "a column less": ("mentions", lambda table: table.drop_columns(["polarity"]), "has no column 'polarity'"),
    "words for numbers": ("visits", _column("age", lambda old: list(map(str, old))), "'age' holds string instead"),
    "numbers for words": ("notes", _column("text", lambda old: [0] * len(old)), "'text' holds int64 instead"),
    "an empty cell": ("sentences", _column("text", lambda old: [None, *old[1:]]), "'text' has 1 empty cells"),
    "a factor emptied": ("personas", lambda table: _emptied(table), "4 empty cells"),
    "beyond the range": ("visits", _column("age", lambda old: [10**6] * len(old)), "cannot hold"),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGED_BY_HAND)
def test_a_table_changed_by_hand_is_one_clear_line(cohort_folder: Path, change: str) -> None:
    name, changed, said = CHANGED_BY_HAND[change]
    file = f"{name}/part-00000.parquet" if name in ("notes", "sentences") else f"{name}.parquet"
    table = pq.ParquetFile(cohort_folder / file).read()
    pq.write_table(changed(table), cohort_folder / file)
    cohort = open_cohort(cohort_folder)

    def read() -> None:
        cohort.check()
        cohort.table(name)

    with pytest.raises(CohortError, match=said) as caught:
        read()
    assert "\n" not in str(caught.value)


def test_other_widths_of_a_type_are_read_as_ours(cohort_folder: Path, made: Path) -> None:
    path = cohort_folder / "visits.parquet"
    table = pq.ParquetFile(path).read()
    wide = table.schema.set(table.schema.get_field_index("age"), pa.field("age", pa.int64())).set(
        table.schema.get_field_index("stage"), pa.field("stage", pa.large_string())
    )
    pq.write_table(table.cast(wide), path)
    assert open_cohort(cohort_folder).table("visits").equals(open_cohort(made).table("visits"))


def test_the_heads_of_all_files_are_looked_at_at_once(cohort_folder: Path) -> None:
    open_cohort(cohort_folder).check()
    visits = pq.ParquetFile(cohort_folder / "visits.parquet").read()
    pq.write_table(visits.drop_columns(["stage"]), cohort_folder / "visits.parquet")
    with pytest.raises(CohortError, match=r"visits\.parquet: has no column 'stage'"):
        open_cohort(cohort_folder).check()
    pq.write_table(visits, cohort_folder / "visits.parquet")
    path = cohort_folder / "sentences" / "part-00003.parquet"
    pq.write_table(pq.ParquetFile(path).read().slice(1), path)
    with pytest.raises(CohortError, match="rows where the manifest counts"):
        open_cohort(cohort_folder).check()
