import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dualalign.cohort import Progress, generate_cohort, open_cohort
from dualalign.errors import CohortError

from .conftest import PARTED, TABLES

RUN = """
import json, sys
from dualalign.cohort import generate_cohort
if __name__ == "__main__":
    generate_cohort(sys.argv[1], sys.argv[2], **json.loads(sys.argv[3]))
"""
TOY = Path(__file__).parents[1] / "packs" / "toy"
LONG = {"patients": 120, "seed": 3, "part_patients": 2}
PARTS = 60


class Killed(BaseException):
    """Stands for SIGKILL at a known moment: nothing of the library catches it."""


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory) -> Path:
    return generate_cohort(TOY, tmp_path_factory.mktemp("whole") / "cohort", **LONG)


def start(folder: Path, options: dict, script: Path) -> subprocess.Popen:
    script.write_text(RUN)
    return subprocess.Popen(
        [sys.executable, str(script), str(TOY), str(folder), json.dumps(options)], stderr=subprocess.DEVNULL
    )


def wait_until(true, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.005)


def finished(folder: Path) -> dict[str, tuple[int, int]]:
    """Parts whose last file, the notes, has its name: path -> inode and time of writing."""
    done = {path.name for path in (folder / "notes").glob("part-*.parquet")}
    parts = [path for path in folder.rglob("part-*.parquet") if path.name in done]
    return {str(path): (path.stat().st_ino, path.stat().st_mtime_ns) for path in parts}


def test_killed_at_random_moments_and_started_again(uninterrupted: Path, tmp_path: Path, digests) -> None:
    folder = tmp_path / "cohort"
    chance = random.Random()
    kept: dict[str, tuple[int, int]] = {}
    for _ in range(2):
        run = start(folder, LONG, tmp_path / "run.py")
        seen = len(kept) // TABLES
        wait_until(
            lambda run=run, seen=seen: len(finished(folder)) // TABLES > seen or run.poll() is not None
        )
        time.sleep(chance.uniform(0, 0.25))
        run.kill()
        run.wait()
        now = finished(folder)
        assert kept.items() <= now.items()
        kept = now
    assert 2 <= len(kept) // TABLES < PARTS, "the kills came too late to show anything"
    steps: list[Progress] = []
    inodes = []

    def watch(step: Progress) -> None:
        steps.append(step)
        inodes.append(finished(folder))

    generate_cohort(TOY, folder, on_progress=watch, **LONG)
    assert digests(folder) == digests(uninterrupted)
    assert len(steps) == PARTS - len(kept) // TABLES
    assert kept.items() <= inodes[-1].items()
    assert steps[-1] == Progress(PARTS, PARTS, 120, open_cohort(folder).manifest["counts"]["notes"])


def alive(pid: int) -> bool:
    try:
        # A child that ended and was not waited for still has an entry, in state Z.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads /proc")
def test_workers_end_with_their_killed_parent(uninterrupted: Path, tmp_path: Path, digests) -> None:
    folder = tmp_path / "cohort"
    run = start(folder, {**LONG, "workers": 2}, tmp_path / "run.py")
    wait_until(lambda: finished(folder) or run.poll() is not None)
    children = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
    for task in Path(f"/proc/{run.pid}/task").iterdir():
        children += (task / "children").read_text().split()
    workers = {int(pid) for pid in children}
    assert len(workers) >= 2
    run.kill()
    run.wait()
    wait_until(lambda: not any(alive(pid) for pid in workers), 10)
    generate_cohort(TOY, folder, **LONG)
    assert digests(folder) == digests(uninterrupted)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupt_of_the_whole_group_is_quiet(
    uninterrupted: Path, tmp_path: Path, digests, workers: int
) -> None:
    """Ctrl-C reaches workers too; only the command itself may speak."""
    folder = tmp_path / "cohort"
    command = [sys.executable, "-c", "from dualalign.cli import main; main()", "generate", "alzheimers"]
    run = subprocess.Popen(
        [*command, "--out", str(folder), "--patients", "200", "--workers", str(workers)],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_until(lambda: finished(folder) or run.poll() is not None)
    os.killpg(run.pid, signal.SIGINT)
    _, said = run.communicate(timeout=30)
    assert run.returncode == 130
    assert said == "dualalign: interrupted - run the same command again to resume\n"
    assert finished(folder)


def commits(monkeypatch, killed_at: int | None) -> list[str]:
    """Count the moments a file gets its name, and die just before one of them."""
    names: list[str] = []
    replace = Path.replace

    def counted(self: Path, target: Path) -> Path:
        if len(names) == killed_at:
            os.truncate(self, self.stat().st_size // 2)
            raise Killed
        names.append(Path(target).name)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", counted)
    return names


@pytest.mark.usefixtures("warm_maker")
def test_killed_before_any_file_got_its_name(tmp_path: Path, digests) -> None:
    small = {"patients": 2, "seed": 5, "part_patients": 1}
    with pytest.MonkeyPatch.context() as patch:
        names = commits(patch, None)
        whole = digests(generate_cohort(TOY, tmp_path / "whole", **small))
    assert len(names) == 1 + 2 * TABLES + (TABLES - PARTED) + 1
    for moment in range(len(names)):
        folder = tmp_path / f"killed-{moment}"
        with pytest.MonkeyPatch.context() as patch:
            commits(patch, moment)
            with pytest.raises(Killed):
                generate_cohort(TOY, folder, **small)
        if moment:
            with pytest.raises(CohortError, match="not finished"):
                open_cohort(folder)
        generate_cohort(TOY, folder, **small)
        assert digests(folder) == whole, f"killed before {names[moment]}, file {moment}"


@pytest.mark.usefixtures("warm_maker")
def test_killed_while_it_tidies_up(tmp_path: Path, digests, monkeypatch) -> None:
    small = {"patients": 2, "seed": 5, "part_patients": 1}
    whole = digests(generate_cohort(TOY, tmp_path / "whole", **small))

    def killed(path, **_):
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shutil.rmtree", killed)
        with pytest.raises(Killed):
            generate_cohort(TOY, tmp_path / "c", **small)
    assert open_cohort(tmp_path / "c").table("notes").num_rows > 0
    generate_cohort(TOY, tmp_path / "c", **small)
    assert digests(tmp_path / "c") == whole


@pytest.mark.usefixtures("warm_maker")
def test_a_part_cut_short_on_disk_is_made_again(tmp_path: Path, digests) -> None:
    small = {"patients": 2, "seed": 5, "part_patients": 1}
    whole = digests(generate_cohort(TOY, tmp_path / "whole", **small))
    folder = tmp_path / "c"
    with pytest.MonkeyPatch.context() as patch:
        commits(patch, 2 * TABLES - 2)
        with pytest.raises(Killed):
            generate_cohort(TOY, folder, **small)
    part = folder / ".parts" / "visits" / "part-00001.parquet"
    os.truncate(part, part.stat().st_size - 20)
    steps: list[Progress] = []
    generate_cohort(TOY, folder, on_progress=steps.append, **small)
    assert len(steps) == 1
    assert digests(folder) == whole


@pytest.mark.usefixtures("warm_maker")
def test_a_complete_cohort_is_left_as_it_is(cohort_folder: Path, asked: dict, digests) -> None:
    before = {path: path.stat().st_mtime_ns for path in cohort_folder.rglob("*")}
    whole = digests(cohort_folder)
    steps: list[Progress] = []
    generate_cohort(TOY, cohort_folder, on_progress=steps.append, **asked)
    assert steps == []
    assert {path: path.stat().st_mtime_ns for path in before if path.is_file()} == {
        path: when for path, when in before.items() if path.is_file()
    }
    assert digests(cohort_folder) == whole


@pytest.mark.usefixtures("warm_maker")
@pytest.mark.parametrize("lost", ["notes/part-00002.parquet", "visits.parquet"])
@pytest.mark.parametrize("how", ["removed", "cut short"])
def test_a_damaged_cohort_is_mended(cohort_folder: Path, made: Path, asked: dict, digests, lost, how) -> None:
    path = cohort_folder / lost
    path.unlink() if how == "removed" else os.truncate(path, path.stat().st_size // 2)
    generate_cohort(TOY, cohort_folder, **asked)
    assert digests(cohort_folder) == digests(made)
