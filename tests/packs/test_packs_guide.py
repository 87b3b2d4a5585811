"""The guide shows what is really in the packs and what its commands really print."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from dualalign.cli import packs as command
from dualalign.packs.loader import LIBRARY, MODELS, OPTIONAL

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "packs.md").read_text(encoding="utf-8")
EXCERPTS = re.findall(r"```yaml\n# ((?:toy|alzheimers)/\S+)\n(.*?)```", GUIDE, re.S)


@pytest.mark.parametrize(("file", "excerpt"), EXCERPTS, ids=[file for file, _ in EXCERPTS])
def test_excerpts_stand_in_their_pack(file: str, excerpt: str) -> None:
    folder = ROOT / "tests/packs" if file.startswith("toy/") else LIBRARY
    assert excerpt in (folder / file).read_text(encoding="utf-8")


def test_every_yaml_block_is_an_excerpt() -> None:
    assert len(EXCERPTS) == GUIDE.count("```yaml\n") >= 10


def test_the_check_prints_what_the_guide_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    app = typer.Typer()
    command.register(app)
    app.command("other")(lambda: None)
    said = re.search(r"\$ dualalign (packs check \S+)\n(toy .*\n)```", GUIDE)
    assert said is not None
    assert CliRunner().invoke(app, said[1].split()).stdout == said[2]


def test_the_fault_shown_is_told_in_these_words(toy_copy: Path) -> None:
    from dualalign.packs.check import check_pack

    lexicon = toy_copy / "lexicon.yaml"
    text = lexicon.read_text(encoding="utf-8")
    lexicon.write_text(text.replace("earliest: one_sided", "earliest: onesided"), encoding="utf-8")
    (problem,) = check_pack(toy_copy)
    shown = str(problem).replace(str(toy_copy), "toy")
    assert shown in GUIDE.splitlines()


def test_every_file_of_a_pack_is_in_the_table() -> None:
    table = GUIDE[GUIDE.index("## The files") : GUIDE.index("## Where a figure")]
    assert {stem for stem in MODELS if f"`{stem}.yaml`" not in table} == set()
    for stem in set(OPTIONAL) - {"names", "jobs"}:
        row = next(line for line in table.splitlines() if f"`{stem}.yaml`" in line)
        assert "may be left out" in row, stem


def test_a_neighbour_goes_before_the_shipped_pack_of_its_name(shipped_copy: Path) -> None:
    from dualalign.packs.loader import folders_of

    beside = [shipped_copy.parent / name for name in ("clinical_english", "old_age_medicine")]
    assert folders_of(shipped_copy) == [shipped_copy, *beside]
