import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from dualalign.cli import compose as command
from dualalign.errors import WriterError

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
