import re
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from dualalign.cli import generate as command
from dualalign.cli.app import COMMAND_MODULES
from dualalign.cohort import open_cohort

TOY = Path(__file__).parents[1] / "packs" / "toy"
runner = CliRunner()


@pytest.fixture(scope="module")
def application() -> typer.Typer:
    app = typer.Typer()
    command.register(app)
    app.command("other")(lambda: None)
    return app


@pytest.fixture(scope="module")
def run(application, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "a [b] cohort"
    words = ["generate", str(TOY), "--out", str(folder), "-n", "2", "--controls", "1", "--seed", "4"]
    return folder, words, runner.invoke(application, words)


def test_options_reach_the_cohort(run) -> None:
    folder, _, result = run
    assert result.exit_code == 0, result.stderr
    options = open_cohort(folder).manifest["options"]
    assert (options["patients"], options["controls"], options["seed"]) == (2, 1, 4)
    assert options["profile"] == "plain"


def test_says_what_was_made_and_nothing_on_stdout(run) -> None:
    folder, _, result = run
    counts = open_cohort(folder).manifest["counts"]
    lines = result.stderr.splitlines()
    assert result.stdout == ""
    assert re.fullmatch(
        re.escape(
            f"{folder}: 3 patients, {counts['notes']:,} notes, {counts['sentences']:,} sentences, "
            f"{counts['mentions']:,} mentions in "
        )
        + r"\d+\.\d s",
        lines[0],
    )
    assert len(lines) == 1 + len(counts["labels"]) + 1
    assert lines[-1].split() == ["no", "label", f"{counts['unlabelled_sentences']:,}", "sentences"]


def test_names_no_command_that_does_not_exist(run) -> None:
    assert set(re.findall(r"dualalign (\w+)", run[2].stderr)) <= set(COMMAND_MODULES)


def test_a_second_run_says_that_nothing_was_to_do(application, run) -> None:
    folder, words, _ = run
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.parquet")}
    again = runner.invoke(application, words)
    assert again.exit_code == 0
    assert "complete already, left as it is" in again.stderr.splitlines()[0]
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.parquet")} == before


def test_quiet_says_nothing(application, run) -> None:
    result = runner.invoke(application, [*run[1], "--quiet"])
    assert (result.exit_code, result.output) == (0, "")


def test_workers_follow_from_the_cohort_and_the_cores(monkeypatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(4)), raising=False)
    assert command.default_workers(100) == 4
    assert command.default_workers(10) == 1
    assert command.default_workers(-1) == 1
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(64)), raising=False)
    assert command.default_workers(10_000) == 8
