"""`dualalign packs`: what it prints, where, and its exit codes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from dualalign.cli import packs as command
from dualalign.errors import PackError

TOY = Path(__file__).parents[1] / "packs" / "toy"
runner = CliRunner(env={"COLUMNS": "200"})


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    command.register(app)
    app.command("other")(lambda: None)
    return app


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A copy of the toy pack with a misspelt stage and a pattern that does not compile."""
    folder = Path(shutil.copytree(TOY, tmp_path / "toy"))
    for name, old, new in (
        ("lexicon.yaml", "earliest: one_sided", "earliest: two_sided"),
        ("patterns.yaml", '"resting tremor"', '"<sid> tremor"'),
    ):
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new), encoding="utf-8")
    return folder


def dualalign(*arguments: str) -> subprocess.CompletedProcess[str]:
    code = "from dualalign.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def test_list_shows_diseases_only(app: typer.Typer) -> None:
    result = runner.invoke(app, ["packs", "list"])
    assert result.exit_code == 0
    assert "alzheimers" in result.stdout
    assert "clinical_english" not in result.stdout


def test_show_tells_what_a_pack_holds_and_its_sources(app: typer.Typer) -> None:
    result = runner.invoke(app, ["packs", "show", str(TOY)])
    assert result.exit_code == 0
    for said in (
        "subtle, one_sided",
        "motor, function, noticed",
        "plain (default plain)",
        "Schwab and England scale",
        "carbidopa-levodopa (1975)",
        "Invented to show the form of a pack.",
        "of which 2 unverified (--unverified)",
    ):
        assert said in result.stdout, said


def test_unverified_lists_the_placeholders_and_nothing_else(app: typer.Typer) -> None:
    result = runner.invoke(app, ["packs", "show", str(TOY), "--unverified"])
    assert result.exit_code == 0
    rows = [line.split() for line in result.stdout.splitlines()[1:]]
    assert [row[0] for row in rows] == ["drugs.drugs.levodopa", "population.relative_risks.0"]
    assert "Year from memory." in result.stdout
    assert "A placeholder; nobody has checked it." in result.stdout


def test_unverified_counts_agree_with_the_tags_in_the_files(app: typer.Typer) -> None:
    from dualalign.packs import load_pack

    result = runner.invoke(app, ["packs", "show", "alzheimers", "--unverified"])
    listed = [line for line in result.stdout.splitlines() if line.strip() and not line.startswith("   ")]
    library = load_pack("alzheimers").folder.parent
    tagged = sum(
        text.count("evidence: M")
        for folder in ("alzheimers", "clinical_english", "old_age_medicine")
        for text in (path.read_text(encoding="utf-8") for path in (library / folder).glob("*.yaml"))
    )
    assert tagged > 0
    assert len([line for line in listed if line.strip()[:5] != "where"]) == tagged


def test_check_of_a_sound_pack_is_one_line_and_0(app: typer.Typer) -> None:
    result = runner.invoke(app, ["packs", "check", str(TOY)])
    assert result.exit_code == 0
    assert result.stdout == "toy 0.0.1: ok (5 factors, 4 terms)\n"
    assert result.stderr == ""


def test_check_of_a_broken_pack_is_one_line_a_problem_and_2(app: typer.Typer, broken: Path) -> None:
    result = runner.invoke(app, ["packs", "check", str(broken)])
    assert result.exit_code == 2
    assert result.stdout == ""
    first, second = result.stderr.splitlines()
    assert first.startswith(f"{broken}/lexicon.yaml:")
    assert first.endswith("'two_sided' is no stage - did you mean 'one_sided'?")
    assert second.startswith(f"{broken}/patterns.yaml:")
    assert "no word class 'sid'" in second


def test_a_file_that_does_not_load_is_the_user_s_error(app: typer.Typer, broken: Path) -> None:
    (broken / "visits.yaml").write_text("types: [", encoding="utf-8")
    result = runner.invoke(app, ["packs", "check", str(broken)])
    assert isinstance(result.exception, PackError)
    assert "visits.yaml:" in result.exception.message


@pytest.mark.parametrize("verb", ["check", "show"])
def test_bad_input_is_exit_code_2_and_one_line_without_traceback(verb: str) -> None:
    result = dualalign("packs", verb, "alzheimer")
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("dualalign: no pack is named 'alzheimer' - did you mean 'alzheimers'?")


def test_generating_from_a_file_that_is_no_utf_8_is_refused_the_same_way(
    broken: Path, tmp_path: Path
) -> None:
    (broken / "labels.yaml").write_bytes(b"\xff\xfe")
    result = dualalign("generate", str(broken), "--out", str(tmp_path / "cohort"))
    assert result.returncode == 2
    assert result.stderr.endswith("labels.yaml: byte 0 is not UTF-8 - save the file as UTF-8\n")
    assert not (tmp_path / "cohort").exists()
