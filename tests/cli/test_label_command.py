from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from dualalign.cli import label as command
from dualalign.errors import InputDataError

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
