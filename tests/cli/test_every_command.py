"""What holds for every command: help, interrupts, names and paths as they are."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import dualalign

Run = Callable[..., tuple[int, str, str]]
TOY = Path(__file__).parents[1] / "packs" / "toy"
COMMANDS = (
    "generate", "show", "compose", "label", "measure", "plant", "report", "experiment", "packs", "packs list", "packs show",
    "packs check", "progress", "progress fit", "progress predict", "progress evaluate", "progress explain", "",
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_help_holds_an_example_that_names_the_command(command: str, run: Run) -> None:
    code, out, _ = run(*command.split(), "--help")
    assert code == 0
    assert f"Example: dualalign {command}".strip() in " ".join(out.split())


def test_the_version_is_told(run: Run) -> None:
    assert run("--version") == (0, f"dualalign {dualalign.__version__}\n", "")


@pytest.mark.parametrize(
    ("inner", "words"),
    [
        ("dualalign.cohort.generate_cohort", "generate alzheimers -o c"),
        ("dualalign.labels.silver.label_file", "label n.jsonl -t text"),
        ("dualalign.cohort.sentence_set.write_bronze", "compose alzheimers"),
        ("dualalign.cohort.open_cohort", "measure c"),
        ("dualalign.cohort.open_cohort", "report c"),
        ("dualalign.experiments.assemble", "experiment"),
        ("dualalign.packs.load_pack", "packs show alzheimers"),
        ("dualalign.cli.progress.open_any", "progress fit c"),
    ],
)
def test_an_interrupt_says_how_to_go_on(
    inner: str, words: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if words.startswith("progress"):
        pytest.importorskip("torch")

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(inner, interrupted)
    code, _, err = run(*words.split())
    assert code == 130
    assert "dualalign: interrupted - run the same command again to resume\n" in err


def test_paths_are_shown_as_they_are(run: Run, tmp_path: Path) -> None:
    notes = tmp_path / "n.jsonl"
    notes.write_text(json.dumps({"text": "She forgets names."}))
    for name in ("set [final]", "a[/foo]b", "at:10:20:smile:"):
        folder = tmp_path / name
        for words in (
            ("label", notes, "-t", "text", "-o", folder / "silver"),
            ("generate", TOY, "-n", "4", "-o", folder / "cohort"),
            ("compose", "alzheimers", "--per-label", "1", "-o", folder / "bronze"),
            ("report", folder / "cohort", "--pack", TOY, "-o", folder / "page.html"),
        ):
            code, _, err = run(*words)
            assert code == 0
            assert f"{words[-1]}: " in err


def test_a_relative_path_with_a_colon_is_a_path(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("n.jsonl").write_text(json.dumps({"text": "She forgets names."}))
    assert run("label", "n.jsonl", "-t", "text", "-o", "silver-10:20", "-q")[0] == 0
    assert run("compose", "alzheimers", "--per-label", "1", "-o", "b:1")[0] == 0
    assert run("generate", TOY, "-n", "1", "-o", "run:1", "-q")[0] == 0
    assert run("measure", "run:1", "--pack", TOY, "--only", "alignment")[0] == 0


def test_a_cohort_without_a_note_is_no_success(run: Run, toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dualalign.cohort import open_cohort

    empty = open_cohort(toy)
    empty.manifest["counts"] |= {"notes": 0}
    monkeypatch.setattr("dualalign.cohort.generate_cohort", lambda *_, **__: None)
    monkeypatch.setattr("dualalign.cohort.open_cohort", lambda *_: empty)
    code, _, err = run("generate", TOY, "-n", "1", "-o", toy, "-q")
    assert code == 2
    assert "no note was written (nobody has a visit)" in err
