"""Faults across the files of a pack: each is one problem, at its line, with a remedy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from dualalign.packs.check import check_pack

Replace = Callable[[Path, str, str], int]

TOY = Path(__file__).parent / "toy"
FAULTS: list[dict[str, Any]] = yaml.safe_load((TOY.parent / "faults.yaml").read_text(encoding="utf-8"))


def test_shipped_and_toy_packs_are_sound() -> None:
    assert check_pack("alzheimers") == []
    assert check_pack(TOY) == []


@pytest.mark.parametrize("fault", FAULTS, ids=[f"{each['file']}-{each['field']}" for each in FAULTS])
def test_one_fault_is_one_problem_at_its_line(
    toy_copy: Path, replace: Replace, fault: dict[str, Any]
) -> None:
    path = toy_copy / f"{fault['file']}.yaml"
    line = replace(path, fault["old"], fault["new"])
    problems = check_pack(toy_copy)
    found = [each for each in problems if fault["what"] in each.what]
    assert len(found) == 1, "\n".join(map(str, problems))
    assert fault.get("others") or problems == found
    (problem,) = found
    assert problem.field == fault["field"]
    assert fault["remedy"] in problem.remedy
    if "at" in fault:
        path = toy_copy / f"{fault['at_file']}.yaml"
        line = 1 + path.read_text(encoding="utf-8").partition(fault["at"])[0].count("\n")
    assert (problem.file, problem.line) == (path, line)
    assert str(problem) == f"{path}:{line}: {problem.field}: {problem.what} - {problem.remedy}"


def test_a_misspelt_file_name_is_told(toy_copy: Path) -> None:
    (toy_copy / "people.yaml").rename(toy_copy / "poeple.yaml")
    (toy_copy / "symptoms/more.yml").write_text("source: toy\nevidence: D\n", encoding="utf-8")
    unread = {each.file.name: each for each in check_pack(toy_copy) if "nothing reads" in each.what}
    assert set(unread) == {"poeple.yaml", "more.yml"}
    assert unread["poeple.yaml"].remedy == "did you mean 'people.yaml'?"


def test_a_fault_of_an_inherited_file_names_that_file(
    toy_copy: Path, english_copy: Path, replace: Replace
) -> None:
    context = english_copy / "context.yaml"
    line = replace(context, '{say: "ø|nil"', '{say: "..2 nil"')
    (problem,) = check_pack(toy_copy)
    assert (problem.file, problem.line) == (context, line)
    assert "begins or ends with a gap" in problem.what


def test_patterns_of_the_shipped_pack_are_named_by_line(shipped_copy: Path, replace: Replace) -> None:
    patterns = shipped_copy / "patterns.yaml"
    first = replace(patterns, '- "adhd"', '- "ad|<hd>"')
    second = replace(patterns, '- "encephalopath*"', '- "re:encephal(opathy @encephalopathy"')
    problems = check_pack(shipped_copy)
    assert [(each.file, each.line) for each in problems] == [(patterns, first), (patterns, second)]
    assert problems[0].field.startswith("findings.cognitive.")
    assert "no word class 'hd'" in problems[0].what
    assert "unterminated subpattern" in problems[1].what


def test_a_broken_frame_is_told(toy_copy: Path, english_copy: Path, replace: Replace) -> None:
    frames = english_copy / "frames.yaml"
    line = replace(
        frames,
        '"{informant} [notes|notices|observes] that {clause}"',
        '"{informant} [notes|notices|observes] it"',
    )
    (problem,) = check_pack(toy_copy)
    assert (problem.file, problem.line) == (frames, line)
    assert "must hold {clause} once" in problem.what
