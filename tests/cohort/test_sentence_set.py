import json
from pathlib import Path
from shutil import copytree

import pyarrow.parquet as pq
import pytest

from dualalign.cohort import open_cohort
from dualalign.cohort.sentence_set import write_bronze
from dualalign.errors import CohortError
from dualalign.notes.compose import ComposedSentence

ROWS = [
    ComposedSentence("Forgets names.", ("cognitive",), "cognitive", "names"),
    ComposedSentence("Wife says he is low and lost.", ("cognitive", "concern"), "concern", "lost"),
]
OPTIONS = {"pack": "alzheimers", "seed": 0}


def test_sentences_come_back_with_their_labels(tmp_path: Path) -> None:
    manifest = write_bronze(iter(ROWS), tmp_path / "b", OPTIONS)
    path = tmp_path / "b" / "sentences" / "part-00000.parquet"
    assert pq.read_schema(path).metadata[b"synthetic"] == b"true"
    rows = pq.read_table(path).to_pylist()
    assert [(row["sentence_id"], row["text"], tuple(row["labels"])) for row in rows] == [
        ("B000000", ROWS[0].text, ROWS[0].labels),
        ("B000001", ROWS[1].text, ROWS[1].labels),
    ]
    assert manifest == json.loads((tmp_path / "b" / "manifest.json").read_text())
    assert (manifest["synthetic"], manifest["kind"], manifest["complete"]) == (True, "bronze", True)
    assert manifest["counts"] == {"parts": 1, "sentences": 2, "labels": {"cognitive": 2, "concern": 1}}
    assert [p.name for p in sorted((tmp_path / "b").iterdir())] == ["manifest.json", "sentences"]


def test_overwrite_replaces_a_bronze_set(tmp_path: Path) -> None:
    write_bronze(ROWS, tmp_path, OPTIONS)
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(CohortError, match=r"holds a bronze set already - .*--overwrite"):
        write_bronze(ROWS[:1], tmp_path, OPTIONS)
    assert write_bronze(ROWS[:1], tmp_path, OPTIONS, overwrite=True)["counts"]["sentences"] == 1
    assert (tmp_path / "mine.txt").read_text() == "mine"


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_of_somebody_s_is_never_emptied(tmp_path: Path, made: Path, overwrite: bool) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(CohortError, match="is not empty and holds no bronze set"):
        write_bronze(ROWS, tmp_path, OPTIONS, overwrite)
    assert (tmp_path / "thesis.txt").exists()
    with pytest.raises(CohortError, match=r"thesis\.txt: is a file"):
        write_bronze(ROWS, tmp_path / "thesis.txt", OPTIONS, overwrite)
    with pytest.raises(CohortError, match="holds no bronze set"):
        write_bronze(ROWS, made, OPTIONS, overwrite)
    assert open_cohort(made).table("notes").num_rows > 0


def test_material_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    def failing():
        yield ROWS[0]
        raise CohortError("too little material")

    with pytest.raises(CohortError, match="too little"):
        write_bronze(failing(), tmp_path / "b", OPTIONS)
    assert not (tmp_path / "b").exists()


def test_an_unwritable_place_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CohortError, match=r"cannot be written \(Not a directory\)"):
        write_bronze(ROWS, tmp_path / "file" / "b", OPTIONS)


def test_a_run_that_was_killed_can_be_made_again(tmp_path: Path, monkeypatch) -> None:
    def full(table, path):
        raise CohortError("the disk is full")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dualalign.cohort.sentence_set.write_parquet", full)
        with pytest.raises(CohortError, match="the disk is full"):
            write_bronze(ROWS, tmp_path / "b", OPTIONS)
    assert json.loads((tmp_path / "b" / "manifest.json").read_text())["complete"] is False
    assert write_bronze(ROWS, tmp_path / "b", OPTIONS, overwrite=True)["complete"] is True


def test_two_runs_never_share_a_folder(tmp_path: Path) -> None:
    def slow():
        yield ROWS[0]
        with pytest.raises(CohortError, match="another run is writing there"):
            write_bronze(ROWS, tmp_path / "b", OPTIONS, overwrite=True)

    assert write_bronze(slow(), tmp_path / "b", OPTIONS)["counts"]["sentences"] == 1


@pytest.mark.parametrize("content", [b"", b"{", b"\xff"])
def test_a_damaged_manifest_can_be_overwritten(tmp_path: Path, content: bytes) -> None:
    write_bronze(ROWS, tmp_path, OPTIONS)
    (tmp_path / "manifest.json").write_bytes(content)
    with pytest.raises(CohortError) as caught:
        write_bronze(ROWS, tmp_path, OPTIONS)
    assert "--overwrite" in caught.value.remedy
    assert write_bronze(ROWS[:1], tmp_path, OPTIONS, overwrite=True)["counts"]["sentences"] == 1


def test_a_damaged_cohort_is_not_replaced_by_sentences(tmp_path: Path, made: Path) -> None:
    cohort = copytree(made, tmp_path / "c")
    (cohort / "manifest.json").write_text("")
    with pytest.raises(CohortError, match="holds no bronze set"):
        write_bronze(ROWS, cohort, OPTIONS, overwrite=True)
    assert len(list((cohort / "sentences").iterdir())) == 4


def test_old_parts_behind_a_link_go(tmp_path: Path) -> None:
    out, disk = tmp_path / "b", tmp_path / "disk"
    write_bronze(ROWS, out, OPTIONS)
    (out / "sentences").rename(disk)
    (out / "sentences").symlink_to(disk)
    (disk / "part-00001.parquet").write_bytes(b"old")
    write_bronze(ROWS, out, OPTIONS, overwrite=True)
    assert [each.name for each in disk.iterdir()] == ["part-00000.parquet"]
