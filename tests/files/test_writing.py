import os
import stat
from pathlib import Path

import pytest

from dualalign.errors import CohortError, DualAlignError
from dualalign.files import (
    check_writable,
    folder_beside,
    read_object,
    refusals_said,
    remove_parts,
    sole_run,
    write_text,
    written_beside,
)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def fill(path: Path) -> None:
    path.write_text("ha")
    raise OSError("full")


def test_what_lay_there_is_whole_when_writing_fails(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text("good")
    with pytest.raises(OSError, match="full"), written_beside(file) as half:
        fill(half)
    assert file.read_text() == "good"
    assert names(tmp_path) == ["page.html"]


def test_a_file_behind_a_link_is_replaced_and_the_link_stays(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link").symlink_to("real.txt")
    write_text(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "new"


def test_a_device_is_written_to_as_it_is() -> None:
    check_writable(Path("/dev/null"), "--json")
    write_text(Path("/dev/null"), "figures")
    assert Path("/dev/null").is_char_device()
    reading, writing = os.pipe()
    write_text(Path(f"/dev/fd/{writing}"), "figures")
    assert os.read(reading, 100) == b"figures"
    os.close(reading)
    os.close(writing)


def test_real_text_is_for_its_owner_alone_and_other_modes_are_kept(tmp_path: Path) -> None:
    write_text(tmp_path / "real", "a note", private=True)
    assert mode(tmp_path / "real") == 0o600
    (tmp_path / "shared").write_text("")
    (tmp_path / "shared").chmod(0o640)
    write_text(tmp_path / "shared", "figures")
    assert mode(tmp_path / "shared") == 0o640
    with sole_run(tmp_path / "silver", private=True):
        assert mode(tmp_path / "silver") == 0o700


def test_a_folder_is_replaced_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    model = tmp_path / "model"
    with folder_beside(model) as half:
        (half / "model.json").write_text("1")
        (half / "network").mkdir()
        (half / "network" / "a").write_text("1")
    (model / "mine.txt").write_text("mine")
    with pytest.raises(OSError, match="full"), folder_beside(model) as half:
        fill(half / "model.json")
    assert (model / "model.json").read_text() == "1"
    with folder_beside(model) as half:
        (half / "network").mkdir()
        (half / "network" / "b").write_text("2")
    assert names(model / "network") == ["b"]
    assert names(model) == ["mine.txt", "model.json", "network"]


def test_parts_are_removed_also_behind_a_link(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    for name in ("part-00000.parquet", "part-00001.csv", ".part-00002.parquet.77", "mine.txt"):
        (disk / name).write_text("")
    (tmp_path / "sentences").symlink_to("disk")
    remove_parts(tmp_path / "sentences")
    assert names(disk) == ["mine.txt"]
    assert (tmp_path / "sentences").is_symlink()


def test_a_second_run_is_refused_and_touches_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with sole_run(folder):
        (folder / "part").write_text("first")
        with pytest.raises(CohortError, match="another run is writing there"), sole_run(folder):
            raise AssertionError("held twice")
        assert names(folder) == ["part"]
    with sole_run(folder):
        pass


def test_a_folder_made_for_nothing_is_removed_and_one_that_was_there_is_not(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    for name in ("there", "made"):
        with pytest.raises(ValueError, match="no"), sole_run(tmp_path / name):
            raise ValueError("no")
    assert names(tmp_path) == ["there"]


def test_what_cannot_be_written_is_told_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DualAlignError, match="is a folder - name a file with --out"):
        check_writable(tmp_path, "--out")
    with pytest.raises(
        DualAlignError, match=r"cannot be written \(No such file or directory\) - choose another"
    ):
        check_writable(tmp_path / "none" / "r.html", "--out")

    def read_only(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "touch", read_only)
    with pytest.raises(DualAlignError, match="Read-only file system"):
        check_writable(tmp_path / "r.html", "--out")


def test_a_refusal_without_words_is_one_line_all_the_same(tmp_path: Path) -> None:
    with (
        pytest.raises(CohortError, match=r"cannot be written \(torn\)"),
        refusals_said(tmp_path, CohortError),
    ):
        raise OSError("torn\nin two")


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff", b"[" * 100_000])
def test_what_is_no_object_is_none(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "m.json").write_bytes(content)
    assert read_object(tmp_path / "m.json") == {}
    assert read_object(tmp_path / "none.json") == {}


def test_a_run_that_lost_its_folder_to_another_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    open_folder = os.open

    def removed_meanwhile(path: Path, flags: int, *more: int) -> int:
        handle = open_folder(path, flags, *more)
        folder.rmdir()
        return handle

    monkeypatch.setattr("dualalign.files.writing.os.open", removed_meanwhile)
    with pytest.raises(CohortError, match="run the same command again"), sole_run(folder):
        raise AssertionError("held a folder that is gone")
