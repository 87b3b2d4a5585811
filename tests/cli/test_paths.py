"""Names and paths that a library takes for something else: addresses, markup, emoji."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest
from rich.table import Table

from dualalign.cli.console import new_console, print_led
from tests.cli.conftest import TOY

Run = Callable[..., tuple[int, str, str]]
ODD = ["silver-2024-03-01T10:20:30", "[/x]", "set [final]", "a[/foo]b:1", ":heart:", "[red]x"]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.jsonl").write_text(json.dumps({"text": "She forgets names."}) + "\n")
    return tmp_path


@pytest.mark.parametrize("name", ODD)
def test_label_writes_to_any_folder_and_prints_it_as_it_is(place: Path, run: Run, name: str) -> None:
    code, _, errors = run("label", "notes.jsonl", "-t", "text", "-o", name)
    assert code == 0
    assert errors.startswith(f"{name}: 1 notes")
    assert (place / name / "manifest.json").is_file()


@pytest.mark.parametrize("name", ["run:1", "a[/foo]b:1"])
def test_cohorts_lie_in_any_folder(place: Path, run: Run, toy: Path, name: str) -> None:
    code, _, errors = run("generate", TOY, "-n", 1, "-o", name)
    assert (code, errors[: len(name) + 1]) == (0, f"{name}:")
    code, _, errors = run("compose", TOY, "--per-label", 1, "-o", f"{name}-b")
    assert (code, errors[: len(name) + 3]) == (0, f"{name}-b:")
    copytree(toy, place / f"{name}-c")
    code, _, errors = run("report", f"{name}-c", "--pack", TOY)
    assert code == 0
    assert f"{name}-c/report.html: open it" in errors


@pytest.mark.parametrize("name", [*ODD, "notes[/b].csv", "a:b.jsonl"])
def test_a_name_in_an_error_is_printed_as_it_is(place: Path, run: Run, name: str) -> None:
    code, _, errors = run("label", name, "-t", "text")
    assert code == 2
    assert errors.startswith(f"dualalign: {name}: ")


def test_nothing_in_a_text_or_a_table_is_markup(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table("[/head]", title="[/title]")
    table.add_row("[/cell] :heart:")
    console = new_console(width=60)
    console.print(table)
    print_led(console, "[/bold]", " [/said] :heart:")
    said = capsys.readouterr().out
    for words in ("[/head]", "[/title]", "[/cell] :heart:", "[/bold] [/said] :heart:"):
        assert words in said
