"""`dualalign experiment` on a small gold set, as a user runs it."""

import json
from pathlib import Path

import pytest

from dualalign.cli import main
from dualalign.files import sole_run

SAID = {
    "cognitive": ["Forgets names.", "Repeats questions.", "Loses track of dates."],
    "concern": ["Daughter is worried.", "Wife reports it.", "Son has noticed."],
    "assistance": ["Needs help bathing.", "Cannot pay bills.", "Dressed by an aide."],
    "physiological": ["Gait is unsteady.", "Sleeps poorly.", "Hearing is worse."],
    "neuropsychiatric": ["Tearful today.", "Is suspicious.", "Sees people who are absent."],
    "": ["Lungs clear.", "Refill sent.", "Pressure is stable.", "Return in May."],
}
GRID = """
training_sets:
- gold
- {id: full, name: + all, gold: true, source: synthetic, shares: [0.5, 1.0]}
- bronze
fractions: [1.0]
seeds: 1
prior_uses: [{offset: 0.5, scale: 0.0}]
models: [{name: linear, options: {ngrams: {bits: 10}, steps: 8}}]
"""


def rows(fold: str, times: int) -> list[dict[str, object]]:
    return [
        {
            "id": f"{fold}-{turn}-{label}-{place}",
            "text": f"{text[:-1]} on visit {fold} {turn}.",
            "labels": [label] if label else [],
            "group": f"{fold}-{turn}",
            "fold": fold,
        }
        for turn in range(times)
        for label, texts in SAID.items()
        for place, text in enumerate(texts)
    ]


def write(place: Path, found: list[dict[str, object]]) -> None:
    place.write_text("\n".join(map(json.dumps, found)), encoding="utf-8")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("experiment")
    write(folder / "gold.jsonl", rows("train", 3) + rows("test", 2))
    write(folder / "other.jsonl", rows("other", 4))
    (folder / "grid.yaml").write_text(GRID + "gold: gold.jsonl\nsynthetic: other.jsonl\n", encoding="utf-8")
    write(folder / "unlabelled.jsonl", [row | {"labels": []} for row in rows("train", 1)])
    write(folder / "unknown.jsonl", [row | {"labels": ["mood"]} for row in rows("train", 1)])
    write(folder / "untested.jsonl", rows("train", 2))
    write(folder / "one_class.jsonl", [row for row in rows("train", 3) + rows("test", 2) if row["labels"]])
    write(folder / "leaking.jsonl", [row | {"group": "g"} for row in rows("train", 1) + rows("test", 1)])
    write(
        folder / "twice.jsonl",
        rows("train", 3)
        + rows("test", 2)
        + [rows("train", 1)[0] | {"id": "again", "group": "t", "fold": "test"}],
    )
    return folder


def run(
    folder: Path, words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> tuple[int, str, str]:
    monkeypatch.chdir(folder)
    monkeypatch.setattr("sys.argv", ["dualalign", "experiment", *words.split()])
    code = 0
    try:
        main()
    except SystemExit as end:
        code = int(end.code or 0)
    told = capsys.readouterr()
    return code, told.out, " ".join(told.err.split())


def test_a_grid_runs_prints_draws_and_goes_on(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = "--grid grid.yaml --out out --details --error-analysis flips.json"
    code, out, err = run(place, words, capsys, monkeypatch)
    assert code == 0
    for title in (
        "Symptom or not, all of the gold",
        "Precision / recall",
        "Ranking and calibration",
        "Volume of 'full'",
        "What changed against gold",
    ):
        assert title in out
    assert "left out without --bronze: + bronze" in err
    assert "flips.json holds real sentences of the gold set" in err
    assert "Gait is unsteady" not in out + err
    assert (place / "out" / "volume.png").is_file()
    results = json.loads((place / "out" / "results.json").read_text())
    assert [row["training_set"] for row in results] == ["gold", "full-050", "full-100"]
    assert {"pr_auc:cognitive", "macro_calibration_slope", "binary_brier"} <= results[0]["scores"].keys()
    before = {each: each.stat().st_mtime_ns for each in (place / "out" / "cells").iterdir()}
    assert run(place, words.replace("--details", ""), capsys, monkeypatch)[0] == 0
    assert {each: each.stat().st_mtime_ns for each in (place / "out" / "cells").iterdir()} == before
    assert run(place, "--grid grid.yaml --out out --calibration none", capsys, monkeypatch)[0] == 0
    assert {each: each.stat().st_mtime_ns for each in (place / "out" / "cells").iterdir()} == before
    plain = json.loads((place / "out" / "results.json").read_text())
    assert [
        (one["calibration"], other["calibration"]) for one, other in zip(results, plain, strict=True)
    ] == [("platt", "none")] * 3
    assert results[0]["scores"]["macro_brier"] != plain[0]["scores"]["macro_brier"]
    assert results[0]["scores"]["macro_f1"] == plain[0]["scores"]["macro_f1"]


def test_an_unknown_calibration_is_refused(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _, err = run(place, "--grid grid.yaml --out out --calibration beta", capsys, monkeypatch)
    assert code == 2
    assert "calibration beta" in err
    assert "temperature" in err


def test_others_may_be_held_against_another_set(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, _ = run(place, "--grid grid.yaml --out out --against full-100", capsys, monkeypatch)
    assert code == 0
    assert "F1 against + all 100%" in out
    results = {row["training_set"]: row for row in json.loads((place / "out" / "results.json").read_text())}
    assert not results["full-100"]["differences"]
    assert results["gold"]["differences"]


def test_the_same_words_in_two_folds_are_warned_of(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _, err = run(place, "--grid grid.yaml --gold twice.jsonl --out twice", capsys, monkeypatch)
    assert code == 0
    assert "Warning: 1 gold sentences stand in two folds, such as 'again' and 'train-0-cognitive-0'" in err


BAD = {
    "no gold": ("", "no gold set - give --gold FILE"),
    "gold without labels": ("--gold unlabelled.jsonl", "none of its 19 sentences has a label"),
    "an unknown label": (
        "--gold unknown.jsonl",
        "row 1: unknown label 'mood' - the scheme's labels are cognitive",
    ),
    "an empty fold": ("--gold untested.jsonl", "the gold set has no fold 'test' - its folds are 'train'"),
    "one class only": ("--gold one_class.jsonl", "has a label: one class only - add sentences without one"),
    "a group in two folds": ("--gold leaking.jsonl", "group 'g' stands in fold 'test' and in 'train'"),
    "no such grid": ("--gold gold.jsonl --grid best", "no grid is named 'best'"),
    "no such task": ("--gold gold.jsonl --task all", "correct the option"),
    "no such classifier": (
        "--gold gold.jsonl --model best",
        "no classifier is named 'best' - give one of linear",
    ),
    "no such reference": (
        "--grid grid.yaml --out out --against best",
        "no training set 'best' to hold others against",
    ),
    "two nameless cohorts": ("--gold gold.jsonl --synthetic a --synthetic b", "write it NAME=FOLDER"),
    "two cohorts of one name": ("--gold gold.jsonl --synthetic a=x --synthetic a=y", "a second 'a'"),
    "no such cohort": ("--gold gold.jsonl --synthetic nowhere", "nowhere: not there - give a cohort folder"),
    "no workers": ("--grid grid.yaml --workers 0", "0 workers - give at least one"),
    "a share above the whole": (
        "--gold gold.jsonl --gold-fraction 2",
        "gold fraction 2 - give a share above 0",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_named_in_one_line(
    place: Path, case: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words, complaint = BAD[case]
    code, _, err = run(place, words, capsys, monkeypatch)
    assert code == 2
    assert complaint in err
    assert "Traceback" not in err


def test_what_cannot_be_held_against_is_told_before_the_work(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for words, said in (
        ("--against nope", "no training set 'nope'"),
        ("--error-analysis none/flips.json", "choose another --error-analysis"),
        ("--out gold.jsonl", "gold.jsonl: is a file"),
    ):
        code, _, err = run(place, f"--grid grid.yaml --out late {words}", capsys, monkeypatch)
        assert code == 2
        assert said in err
        assert not (place / "late" / "cells").exists()


def test_a_second_experiment_in_a_folder_is_refused(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with sole_run(place / "held"):
        code, _, err = run(place, "--grid grid.yaml --out held", capsys, monkeypatch)
    assert code == 2
    assert "another run is writing there" in err
    assert not list((place / "held").iterdir())


def test_a_damaged_cell_is_run_again(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = "--grid grid.yaml --out mended"
    assert run(place, words, capsys, monkeypatch)[0] == 0
    cell = next((place / "mended" / "cells").glob("gold-*.parquet"))
    content, results = cell.read_bytes(), (place / "mended" / "results.json").read_bytes()
    cell.write_bytes(content[:60] + bytes([content[60] ^ 1]) + content[61:])
    assert run(place, words, capsys, monkeypatch)[0] == 0
    assert cell.read_bytes() == content
    assert (place / "mended" / "results.json").read_bytes() == results
