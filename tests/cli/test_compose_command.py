import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from dualalign.cli import compose as command
from dualalign.errors import ModelError, WriterError
from tests.labels.novel_sentences import novel_reply

TOY = Path(__file__).parents[1] / "packs" / "toy"
runner = CliRunner()


@pytest.fixture(scope="module")
def application() -> typer.Typer:
    app = typer.Typer()
    command.register(app)
    app.command("other")(lambda: None)
    return app


def compose(application: typer.Typer, out: Path, *words: str):
    return runner.invoke(application, ["compose", str(TOY), "--out", str(out), "--per-label", "20", *words])


def test_writes_as_many_sentences_as_asked_and_says_so(application, tmp_path: Path) -> None:
    out = tmp_path / "a [b] set"
    result = compose(application, out)
    assert result.exit_code == 0, result.stderr
    rows = pq.read_table(out / "sentences" / "part-00000.parquet").to_pylist()
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["options"]["per_label"] == 20
    labels = {row["written_for"] for row in rows}
    assert len(rows) == 20 * len(labels) == manifest["counts"]["sentences"]
    assert all(row["written_for"] in row["labels"] for row in rows)
    assert result.stdout == ""
    assert result.stderr.splitlines()[0] == f"{out}: {len(rows)} sentences"
    assert len(result.stderr.splitlines()) == 1 + len(labels)


def test_the_same_seed_gives_the_same_bytes(application, tmp_path: Path) -> None:
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        assert compose(application, tmp_path / name, "--seed", seed).exit_code == 0
    a, b, c = ((tmp_path / name / "sentences" / "part-00000.parquet").read_bytes() for name in "abc")
    assert a == b != c


def test_a_second_run_needs_overwrite(application, tmp_path: Path) -> None:
    assert compose(application, tmp_path / "b").exit_code == 0
    assert "holds a bronze set already" in str(compose(application, tmp_path / "b").exception)
    assert compose(application, tmp_path / "b", "--overwrite").exit_code == 0


def test_a_negative_seed_is_an_error_of_the_user_s(application, tmp_path: Path) -> None:
    result = compose(application, tmp_path / "b", "--seed", "-1")
    assert isinstance(result.exception, WriterError)
    assert not (tmp_path / "b").exists()


@pytest.fixture
def replies(tmp_path: Path) -> Path:
    """Recorded replies for the toy pack's labels, by the request's key."""
    path = tmp_path / "replies.jsonl"
    with path.open("w") as lines:
        for label in ("motor", "function", "noticed"):
            for number in range(4):
                key = f"compose/{label}/{number}"
                lines.write(json.dumps({"key": key, "reply": novel_reply(key)}) + "\n")
    return path


def test_a_model_s_replies_become_a_set_with_counts_of_what_was_refused(
    application, tmp_path: Path, replies: Path
) -> None:
    out = tmp_path / "b"
    words = ("--writer", "replay", "--replay", str(replies))
    result = compose(application, out, *words)
    assert result.exit_code == 0, result.exception
    rows = pq.read_table(out / "sentences" / "part-00000.parquet").to_pylist()
    assert len(rows) == 60
    assert {row["label_source"] for row in rows} == {"prompt"}
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["counts"]["asked"]["motor"]["kept"] == 20
    assert manifest["counts"]["shortfalls"] == {}
    assert "motor: 20 received in 3 requests, 20 kept; refused none" in result.stderr
    assert (out / "refused.jsonl").read_text() == ""
    # The journal that the run wrote gives the same bytes again, and so does the table of replies.
    again = compose(
        application, tmp_path / "again", "--writer", "replay", "--replay", str(out / "journal.sqlite")
    )
    assert again.exit_code == 0, again.exception
    first, second = (folder / "sentences" / "part-00000.parquet" for folder in (out, tmp_path / "again"))
    assert first.read_bytes() == second.read_bytes()


def test_a_quota_not_met_is_said(application, tmp_path: Path, replies: Path) -> None:
    words = ("--writer", "replay", "--replay", str(replies), "--most-requests", "2")
    result = compose(application, tmp_path / "b", *words)
    assert result.exit_code == 0
    assert "motor falls short: 16 of 20 after 2 requests, the most allowed" in result.stderr


def test_a_model_that_declines_everything_is_no_success(application, tmp_path: Path, replies: Path) -> None:
    declined = [json.loads(line) | {"reply": "I cannot assist with that request."} for line in replies.open()]
    replies.write_text("".join(json.dumps(each) + "\n" for each in declined))
    words = ("--writer", "replay", "--replay", str(replies), "--most-requests", "3")
    result = compose(application, tmp_path / "b", *words)
    assert result.exit_code != 0
    assert "no sentence was kept" in str(result.exception)


def test_a_model_that_cannot_be_used_leaves_no_folder(application, tmp_path: Path) -> None:
    (tmp_path / "none.jsonl").write_text("")
    result = compose(
        application, tmp_path / "b", "--writer", "replay", "--replay", str(tmp_path / "none.jsonl")
    )
    assert isinstance(result.exception, ModelError)
    assert not (tmp_path / "b").exists()


def test_options_of_a_model_need_a_model(application, tmp_path: Path) -> None:
    result = compose(application, tmp_path / "b", "--base-url", "http://localhost:1/v1")
    assert isinstance(result.exception, ModelError)
    assert "--base-url has no effect with the embedded writer" in str(result.exception)
    assert not (tmp_path / "b").exists()


def test_a_dry_run_shows_three_prompts_and_writes_nothing(application, tmp_path: Path, replies: Path) -> None:
    result = compose(application, tmp_path / "b", "--writer", "replay", "--replay", str(replies), "--dry-run")
    assert result.exit_code == 0, result.exception
    assert "9 requests if every sentence is kept, 60 at most" in result.stdout
    assert result.stdout.count("--- prompt") == 3
    assert not (tmp_path / "b").exists()
