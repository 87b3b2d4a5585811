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
    monkeypatch.setattr("dualalign.measures.measure_any", None)
    for file in (tmp_path, tmp_path / "nowhere" / "figures.json"):
        code, out, err = run("measure", cohort, "--json", file)
        assert (code, out) == (2, "")
        assert "--json" in err


def _notes(file: Path, rows: list[dict[str, object]]) -> Path:
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return file


def test_notes_from_elsewhere_are_measured_by_their_columns(
    tmp_path: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    rows = [
        {
            "text": f"She {'forgets' if person % 2 else 'recalls'} names on visit {visit}. Allergies: none.",
            "who": person,
            "day": f"2020-01-{visit + 1:02d}",
            "ill": bool(person % 2),
        }
        for person in range(50)
        for visit in range(3)
    ]
    notes = _notes(tmp_path / "notes.jsonl", rows)
    real = _notes(tmp_path / "real.jsonl", [{"text": row["text"]} for row in rows[:40]])
    command = ("measure", notes, "--group-column", "who", "--date-column", "day", "--case-column", "ill")
    code, _, err = run(*command, "--pack", "alzheimers", "--reference", real, "--json", tmp_path / "f.json")
    assert code == 0, err
    found = json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))
    names = {each["name"] for step in found.values() for each in step}
    assert names == {
        "contradictions_in_text", "distinct_4", "self_bleu_4", "compression_ratio", "semantic_spread", "leakage_excess",
        "two_sample_notes", "two_sample_sentences", "note_form", "mauve", "topic_overlap", "identifiers",
    }  # fmt: skip
    (leakage,) = found["leakage"]
    assert leakage["breakdown"] == {"AUC 0 years before": 1.0}
    assert "weight_leaps" in found["coherence"][0]["breakdown"]
    assert "50 patients" in found["coherence"][0]["note"]


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("--date-column", "someday", "row 2: the date is not one"),
        ("--case-column", "perhaps", "row 2: not said whether it is a case"),
        ("--case-column", None, "row 2: not said whether it is a case"),
        ("--group-column", None, "row 2: no patient in 'it'"),
    ],
)
def test_values_that_mean_nothing_are_refused_by_row(
    column: str, value: object, said: str, tmp_path: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    good = {"--date-column": "2020-01-01", "--case-column": "yes", "--group-column": "a"}[column]
    notes = _notes(tmp_path / "notes.jsonl", [{"text": "A.", "it": good}, {"text": "B.", "it": value}])
    code, out, err = run("measure", notes, column, "it")
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


def test_what_is_neither_a_cohort_nor_notes_is_refused(
    tmp_path: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    (tmp_path / "empty").mkdir()
    code, _, err = run("measure", tmp_path / "empty")
    assert code == 2
    assert "so this is not a cohort" in err
    code, _, err = run("measure", tmp_path / "nowhere.jsonl")
    assert code == 2
    assert err.count("\n") == 1
