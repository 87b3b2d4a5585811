import os
import subprocess
import sys
from pathlib import Path

import pytest

from dualalign.cohort import generate_cohort, open_cohort
from dualalign.errors import CohortError, PackError
from dualalign.files import sole_run

from .conftest import TABLES

TOY = Path(__file__).parents[1] / "packs" / "toy"
pytestmark = pytest.mark.usefixtures("warm_maker")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seed": 6}, r"\(seed 5 instead of 6\)"),
        ({"profile": "paper"}, r"\(profile clinical instead of paper\)"),
        ({"patients": 4}, r"\(patients 3 instead of 4\)"),
        ({"pack_name": TOY}, r"\(pack alzheimers instead of \w+;"),
    ],
)
def test_another_run_s_folder_is_refused(real: Path, asked: dict, digests, change, said) -> None:
    before = digests(real)
    with pytest.raises(CohortError, match=said) as caught:
        generate_cohort(folder=real, **{"pack_name": "alzheimers", **asked, **change})
    assert "--overwrite" in caught.value.remedy
    assert digests(real) == before


def test_overwrite_replaces_the_cohort_and_nothing_else(
    cohort_folder: Path, made: Path, asked: dict, digests
) -> None:
    (cohort_folder / "my_analysis.py").write_text("mine")
    generate_cohort(TOY, cohort_folder, overwrite=True, **{**asked, "seed": 6, "patients": 2})
    assert (cohort_folder / "my_analysis.py").read_text() == "mine"
    assert len(open_cohort(cohort_folder).parts("notes")) == 3
    generate_cohort(TOY, cohort_folder, overwrite=True, **asked)
    (cohort_folder / "my_analysis.py").unlink()
    assert digests(cohort_folder) == digests(made)


def test_overwrite_killed_half_way_never_mixes_two_cohorts(
    cohort_folder: Path, asked: dict, tmp_path: Path, digests
) -> None:
    other = {**asked, "seed": 6}

    class Killed(BaseException):
        pass

    def killed(*_, **__):
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dualalign.cohort.folder.remove_parts", killed)
        with pytest.raises(Killed):
            generate_cohort(TOY, cohort_folder, overwrite=True, **other)
    with pytest.raises(CohortError, match="seed 5 instead of 6"):
        generate_cohort(TOY, cohort_folder, **other)
    generate_cohort(TOY, cohort_folder, overwrite=True, **other)
    assert digests(cohort_folder) == digests(generate_cohort(TOY, tmp_path / "fresh", **other))


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_of_somebody_s_is_never_touched(tmp_path: Path, asked: dict, overwrite: bool) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "thesis.txt").write_text("years of work")
    with pytest.raises(CohortError, match="is not empty and holds no cohort"):
        generate_cohort(TOY, tmp_path, overwrite=overwrite, **asked)
    assert [path.name for path in tmp_path.rglob("*")] == ["notes", "thesis.txt"]


def test_an_unwritable_place_is_one_line(tmp_path: Path, asked: dict) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CohortError, match="file: is a file - name a folder"):
        generate_cohort(TOY, tmp_path / "file", **asked)
    with pytest.raises(CohortError, match=r"cannot be written \(Not a directory\)"):
        generate_cohort(TOY, tmp_path / "file" / "cohort", **asked)


def test_a_disk_that_fills_up_is_one_line_and_the_run_can_go_on(
    tmp_path: Path, made: Path, asked: dict, digests
) -> None:
    import pyarrow.parquet as pq

    write = pq.write_table
    calls = []

    def full(table, where, **options):
        calls.append(where)
        if len(calls) == TABLES + 2:
            raise OSError(28, "Error writing bytes to file")
        write(table, where, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pq, "write_table", full)
        with pytest.raises(CohortError, match=r"part-00001.parquet: cannot be written \(No space left"):
            generate_cohort(TOY, tmp_path / "c", **asked)
    generate_cohort(TOY, tmp_path / "c", **asked)
    assert digests(tmp_path / "c") == digests(made)


def test_an_error_in_a_worker_keeps_its_words() -> None:
    import pickle

    error = CohortError("part: cannot be written (No space left on device)", "make room")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_two_runs_never_share_a_folder(tmp_path: Path, asked: dict) -> None:
    folder = tmp_path / "c"
    hold = (
        "import sys, pathlib; from dualalign.files import sole_run\n"
        "with sole_run(pathlib.Path(sys.argv[1])):\n    print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(CohortError, match="another run is writing there"):
            generate_cohort(TOY, folder, **asked)
        other.kill()
        other.wait()
    with sole_run(folder):
        assert os.listdir(folder) == []


def test_bad_counts_are_refused_before_anything_is_made(tmp_path: Path) -> None:
    for change in (
        {"patients": 0},
        {"patients": -1},
        {"controls": -1},
        {"seed": -1},
        {"workers": 0},
        {"part_patients": 0},
    ):
        with pytest.raises(CohortError, match="give a whole number of at least"):
            generate_cohort(TOY, tmp_path / "c", **change)
    for change in ({"patients": 1_000_001}, {"patients": 200_000, "part_patients": 1}):
        with pytest.raises(CohortError, match="at most"):
            generate_cohort(TOY, tmp_path / "c", **change)
    with pytest.raises(PackError, match="did you mean 'alzheimers'"):
        generate_cohort("alzheimer", tmp_path / "c")
    with pytest.raises(PackError, match="clinical, paper"):
        generate_cohort("alzheimers", tmp_path / "c", profile="papers")
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, b'{"options": 1}'])
def test_a_damaged_manifest_can_be_overwritten(
    cohort_folder: Path, made: Path, asked: dict, digests, content: bytes
) -> None:
    (cohort_folder / "manifest.json").write_bytes(content)
    with pytest.raises(CohortError) as caught:
        generate_cohort(TOY, cohort_folder, **asked)
    assert "--overwrite" in caught.value.remedy
    generate_cohort(TOY, cohort_folder, overwrite=True, **asked)
    assert digests(cohort_folder) == digests(made)


def test_a_manifest_of_somebody_else_is_left_alone(tmp_path: Path, asked: dict) -> None:
    (tmp_path / "manifest.json").write_text('{"name": "web app"}')
    with pytest.raises(CohortError, match="not the manifest of a cohort"):
        generate_cohort(TOY, tmp_path, overwrite=True, **asked)
    assert os.listdir(tmp_path) == ["manifest.json"]


def test_overwrite_leaves_no_old_part_behind_a_link(cohort_folder: Path, tmp_path: Path, asked: dict) -> None:
    (cohort_folder / "notes").rename(tmp_path / "disk")
    (cohort_folder / "notes").symlink_to(tmp_path / "disk")
    generate_cohort(TOY, cohort_folder, overwrite=True, **{**asked, "patients": 1, "controls": 0})
    assert os.listdir(tmp_path / "disk") == ["part-00000.parquet"]
    assert len(open_cohort(cohort_folder).parts("notes")) == 1
