import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from dualalign.cli import label as command
from dualalign.errors import InputDataError, ModelError

runner = CliRunner()


def application() -> typer.Typer:
    app = typer.Typer()
    command.register(app)
    app.command("other")(lambda: None)
    return app


def test_labels_a_file_and_says_what_it_found(tmp_path: Path) -> None:
    notes = tmp_path / "notes.csv"
    notes.write_text('TEXT\nShe forgets SECRETNAME.\n""\n')
    result = runner.invoke(
        application(), ["label", str(notes), "--text-column", "TEXT", "--out", str(tmp_path / "s")]
    )
    assert result.exit_code == 0
    assert "1 notes, 1 sentences" in result.stderr
    assert "1 rows could not be labelled" in result.stderr
    assert "SECRETNAME" not in result.output
    assert result.stdout == ""
    assert (tmp_path / "s" / "manifest.json").exists()


def test_bad_input_is_an_error_of_the_user_s(tmp_path: Path) -> None:
    notes = tmp_path / "notes.csv"
    notes.write_text("NOTE\nx\n")
    result = runner.invoke(
        application(), ["label", str(notes), "--text-column", "TEXT", "--out", str(tmp_path / "s")]
    )
    assert isinstance(result.exception, InputDataError)
    with pytest.raises(InputDataError, match="no column 'TEXT' - its columns are NOTE"):
        raise result.exception


def run(tmp_path: Path, *words: str):
    notes = tmp_path / "notes.csv"
    notes.write_text('TEXT\n"She forgets SECRETNAME. Gait is steady."\n')
    return runner.invoke(
        application(), ["label", str(notes), "--text-column", "TEXT", "--out", str(tmp_path / "s"), *words]
    )


def recorded(tmp_path: Path, reply: str) -> Path:
    path = tmp_path / "replies.jsonl"
    path.write_text(json.dumps({"key": "row-1/0/vote-1", "reply": reply}) + "\n")
    return path


def test_a_model_labels_beside_the_rules_and_kappa_is_told(tmp_path: Path) -> None:
    pytest.importorskip("json_repair", reason="the llm extra is not installed")
    replies = recorded(tmp_path, '{"s1": ["cognitive"], "s2": ["unsure"]}')
    result = run(tmp_path, "--annotator", "replay", "--replay", str(replies))
    assert result.exit_code == 0, result.exception
    assert "SECRETNAME" not in result.output
    assert "kappa of rules and llm:" in result.stderr
    assert "2 sentences, 1 abstained, 0 asked again" in result.stderr
    assert "its replies lie in journal.sqlite of the folder, as confidential as your notes" in result.stderr
    assert (tmp_path / "s" / "journal.sqlite").exists()
    assert b"SECRETNAME" not in (tmp_path / "s" / "journal.sqlite").read_bytes()


def test_no_journal_is_kept_if_none_is_wanted(tmp_path: Path) -> None:
    pytest.importorskip("json_repair", reason="the llm extra is not installed")
    replies = recorded(tmp_path, '{"s1": ["cognitive"], "s2": []}')
    result = run(tmp_path, "--annotator", "replay", "--replay", str(replies), "--no-journal")
    assert result.exit_code == 0, result.exception
    assert "replies lie" not in result.stderr
    assert not list((tmp_path / "s").glob("journal*"))


def test_a_dry_run_sends_and_writes_nothing(tmp_path: Path) -> None:
    words = ("--annotator", "llm", "--base-url", "http://127.0.0.1:9/v1", "--model", "m", "--votes", "3")
    result = run(tmp_path, *words, "--dry-run")
    assert result.exit_code == 0, result.exception
    assert "1 notes, 2 sentences: 3 requests" in result.stdout
    assert "SECRETNAME" not in result.output
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--votes", "3"), "--votes has no effect with the rules"),
        (("--model", "m"), "--model has no effect with the rules"),
        (("--annotator", "llm", "--model", "m"), "llm needs base url"),
        (("--annotator", "oracle"), "'oracle' is no language model"),
        (("--annotator", "llm", "--base-url", "https://8.8.8.8/v1", "--model", "m"), "real patient text"),
    ],
)
def test_options_without_sense_are_errors_of_the_user_s(tmp_path: Path, words, complaint: str) -> None:
    result = run(tmp_path, *words)
    assert isinstance(result.exception, ModelError)
    assert complaint in str(result.exception)
    assert not (tmp_path / "s").exists()
