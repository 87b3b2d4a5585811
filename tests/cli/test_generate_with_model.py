from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from dualalign.cli import generate as command
from dualalign.cli.model_progress import line_of
from dualalign.cohort.model_parts import WritingProgress
from dualalign.errors import DualAlignError
from dualalign.llm import ChatReply, Statistics

URL = "http://127.0.0.1:9/v1"
SERVER = ("--writer", "llm", "--base-url", URL, "--model", "m")
runner = CliRunner()


@pytest.fixture(scope="module")
def application() -> typer.Typer:
    app = typer.Typer()
    command.register(app)
    app.command("other")(lambda: None)
    return app


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (("--writer", "gpt"), "passages"),
        (("--writer", "llm", "--model", "m"), "--base-url"),
        ((*SERVER, "--alignment", "full"), "trajectory"),
        ((*SERVER, "--repairs", "-1"), "0 to"),
        ((*SERVER, "--most-notes", "0"), "at least 1"),
        ((*SERVER, "--extra-body", "{"), "object"),
        (("--model", "m"), "--writer"),
        (("--dry-run",), "--writer"),
        (("--in-flight", "4"), "--writer"),
        (("--price-reply", "0"), "--writer"),
        (("--alignment", "none"), "--writer"),
        (("--repairs", "0"), "--writer"),
        (("--writer", "llama-cpp", "--model", "absent.gguf"), "--model"),
    ],
)
def test_bad_input_names_what_to_change_and_writes_nothing(
    application: typer.Typer, tmp_path: Path, words: tuple[str, ...], remedy: str
) -> None:
    out = tmp_path / "cohort"
    result = runner.invoke(application, ["generate", "alzheimers", "-n", "1", "-o", str(out), *words])
    assert isinstance(result.exception, DualAlignError)
    assert remedy in result.exception.remedy
    assert not out.exists()


def test_a_dry_run_shows_prompts_and_sends_nothing(application: typer.Typer, tmp_path: Path) -> None:
    out = tmp_path / "cohort"
    words = ["generate", "alzheimers", "-n", "2", "--most-notes", "3", "-o", str(out), *SERVER, "--dry-run"]
    result = runner.invoke(application, [*words, "--price-prompt", "1", "--price-reply", "2"])
    assert result.exit_code == 0, result.stderr
    assert result.stdout.count("TO SAY") + result.stdout.count("VISIT:") >= 3
    assert "6 notes, one call each; at most 18 calls" in result.stdout
    assert "cost unknown" not in result.stdout
    assert not out.exists()


def test_the_progress_line_says_what_is_left() -> None:
    statistics = Statistics()
    statistics.add(ChatReply("note", 900, 300, 1.0, 0.002))
    progress = WritingProgress(
        10, statistics, patients=1, notes=5, planned=20, begun=2, repairs=3, failing=1, began=100.0
    )
    said = "5/100, 3 repairs, 1 failing, 30 tokens/s, $0.0020, 3:10 left"
    assert line_of(progress, 110.0) == said


def test_a_cohort_without_a_note_is_no_success(application: typer.Typer, tmp_path: Path) -> None:
    (tmp_path / "replies.jsonl").write_text('{"key": "other", "reply": "x"}\n')
    words = [
        "--writer",
        "replay",
        "--replay",
        str(tmp_path / "replies.jsonl"),
        "-o",
        str(tmp_path / "c"),
        "-q",
    ]
    result = runner.invoke(application, ["generate", "alzheimers", "-n", "1", "--most-notes", "1", *words])
    assert isinstance(result.exception, DualAlignError)
    assert "no note was written" in str(result.exception)
