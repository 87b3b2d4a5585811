"""`dualalign measure` on good and bad cohorts, in this process."""

import json
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest

from dualalign.cohort import generate_cohort

TOY = Path(__file__).parents[1] / "packs" / "toy"


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate_cohort("alzheimers", tmp_path_factory.mktemp("measured") / "cohort", 2, 2, seed=1)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def _unfinished(path: Path) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | {"complete": False}))


DAMAGED = {
    "personas cut": ("personas.parquet", _cut, "personas.parquet: cannot be read"),
    "visits cut": ("visits.parquet", _cut, "visits.parquet: cannot be read"),
    "visits gone": ("visits.parquet", Path.unlink, "visits.parquet: missing"),
    "mentions cut": ("mentions.parquet", _cut, "mentions.parquet: cannot be read"),
    "mentions gone": ("mentions.parquet", Path.unlink, "mentions.parquet: missing"),
    "notes cut": ("notes/part-00000.parquet", _cut, "part-00000.parquet: cannot be read"),
    "sentences gone": ("sentences/part-00000.parquet", Path.unlink, "0 part files where the manifest counts 1"),
    "unfinished": ("manifest.json", _unfinished, "the run was not finished"),
    "no manifest": ("manifest.json", Path.unlink, "so this is not a cohort"),
}  # fmt: skip


@pytest.mark.parametrize("command", ["measure", "report"])
@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_cohort_is_one_line_and_exit_code_2(
    command: str, damage: str, cohort: Path, tmp_path: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    file, harm, said = DAMAGED[damage]
    broken = copytree(cohort, tmp_path / "cohort")
    harm(broken / file)
    code, out, err = run(command, broken)
    assert code == 2
    assert out == ""
    assert err.startswith("dualalign: ")
    assert err.count("\n") == 1, err
    assert said in err
    assert " - " in err
    assert not (broken / "report.html").exists()


def test_figures_are_shown_and_kept(
    cohort: Path, tmp_path: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    code, out, err = run("measure", cohort, "--breakdown", "--json", tmp_path / "figures.json")
    assert code == 0
    assert all(": not measured: " in line for line in err.splitlines())
    assert "(--reference)" in err
    figures = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    assert list(figures) == ["alignment", "coherence", "diversity", "privacy", "fairness", "labels"]
    for step in figures.values():
        for each in step:
            assert each["name"] in out
            assert f"{each['value']:.4f}" in out
            for cell, value in each["breakdown"].items():
                assert f"  {cell:<44}{value:>10.4f}" in out


def test_only_the_steps_asked_for_are_measured(
    cohort: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    code, out, _ = run("measure", cohort, "--only", "diversity, privacy")
    assert code == 0
    assert "identifiers" in out
    assert "visits_error" not in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--saw", "notes.jsonl"), "--saw without --held-out"),
        (("--reference", "none.jsonl"), "no such file"),
        (("--labels", "model"), "is not NAME=FILE"),
        (("--only", "beauty"), "no step 'beauty'"),
        (("--only", ""), "--only names no step"),
    ],
)
def test_options_that_make_no_sense_are_one_line(
    cohort: Path, run: Callable[..., tuple[int, str, str]], words: tuple[str, ...], message: str
) -> None:
    code, _, err = run("measure", cohort, *words)
    assert code == 2
    assert message in err
    assert len(err.strip().splitlines()) == 1


def test_a_pack_outside_the_package_is_given_by_its_folder(
    toy: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    code, _, err = run("measure", toy)
    assert code == 2
    assert "give its folder with --pack" in err
    code, out, err = run("measure", toy, "--pack", TOY)
    assert code == 0
    assert "changed" not in err
    assert "visits_error" in out


def test_another_pack_is_refused(toy: Path, run: Callable[..., tuple[int, str, str]]) -> None:
    code, _, err = run("measure", toy, "--pack", "alzheimers")
    assert code == 2
    assert "made with pack 'toy', not 'alzheimers'" in err


def test_a_pack_changed_since_is_said(
    toy: Path, tmp_path: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    changed = copytree(TOY, tmp_path / "toy")
    with (changed / "pack.yaml").open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    code, _, err = run("measure", toy, "--pack", changed)
    assert code == 0
    assert err.endswith(
        "note: pack 'toy' has changed since this cohort was made; targets are those of the pack as it is now\n"
    )


def test_figures_that_cannot_be_kept_are_refused_before_any_work(
    cohort: Path, tmp_path: Path, run: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dualalign.measures.measure_cohort", None)
    for file in (tmp_path, tmp_path / "nowhere" / "figures.json"):
        code, out, err = run("measure", cohort, "--json", file)
        assert (code, out) == (2, "")
        assert "--json" in err
