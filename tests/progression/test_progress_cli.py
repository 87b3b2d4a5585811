from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch")

from dualalign.progression import (
    DualPath,
    TrainingOptions,
    fit_model,
    load_model,
    save_model,
    write_meds,
)
from tests.progression.command import run
from tests.progression.planted import planted


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    data = planted(12)
    write_meds(data, folder / "data")
    write_meds(planted(6, seed=3), folder / "others")
    quick = DualPath(options=TrainingOptions(epochs=2), folds=2)
    save_model(fit_model(data, ("rating",), 0, quick), folder / "model")
    return folder


@pytest.mark.slow
def test_fit_writes_a_model(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, "fit", model / "data", "--hide", "rating", "--out", model / "fitted") == 0
    assert load_model(model / "fitted").fitted.hidden == ("rating",)


def test_predict_writes_one_row_a_subject(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = model / "predictions.csv"
    assert run(monkeypatch, "predict", model / "model", model / "others", "--out", out) == 0
    lines = out.read_text().splitlines()
    assert len(lines) == 7
    assert lines[0].startswith('"subject","time","onset_within_1y"')


def test_the_future_is_refused_or_cut(
    model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("predict", model / "model", model / "others", "--at", "2", "--out", model / "early.csv")
    assert run(monkeypatch, *arguments) == 2
    assert "lies after the prediction at 2 years" in capsys.readouterr().err
    assert run(monkeypatch, *arguments, "--cut-future") == 0
    assert len((model / "early.csv").read_text().splitlines()) == 7


def test_explain_draws_a_figure(
    model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = model / "figure.svg"
    code = run(
        monkeypatch, "explain", model / "model", model / "others", "-s", "S000", "--kind", "state", "-o", out
    )
    assert code == 0
    assert "rating above 0 in 3 years" in capsys.readouterr().out
    assert out.read_text().lstrip().startswith("<?xml")


def test_evaluating_on_training_subjects_is_refused(
    model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "evaluate", model / "data", "--model", model / "model") == 2
    assert "both folds" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("fit", "nowhere"), "nowhere: not there"),
        (("fit", "{}/data", "--hide", "hat"), "cannot hide 'hat'"),
        (("fit", "{}/data", "--seed", "-1"), "seed is -1"),
        (("fit", "{}/data", "--vectors", "{}/kept"), "--vectors has no effect without --encoder"),
        (("predict", "{}/model", "{}/others", "--vectors", "{}/kept"), "--vectors has no effect"),
        (("evaluate", "{}/data", "--hide", "hat"), "cannot hide 'hat'"),
        (("evaluate", "{}/data", "--folds", "1"), "folds is 1"),
        (("evaluate", "{}/data", "--repeats", "0"), "repeats is 0"),
        (
            ("evaluate", "{}/others", "--model", "{}/model", "--hide", "rating"),
            "--hide has no effect with --model",
        ),
        (("evaluate", "{}/others", "--model", "{}/model", "--ablate"), "--ablate has no effect with --model"),
        (("predict", "{}/data", "{}/data"), "missing"),
        (("explain", "{}/model", "{}/others", "-s", "nobody"), "no subject 'nobody'"),
        (("explain", "{}/model", "{}/others", "-s", "S000", "--kind", "hat"), "--kind hat"),
        (("explain", "{}/model", "{}/others", "-s", "S000", "--years", "0"), "0 years ahead"),
        (
            ("explain", "{}/model", "{}/others", "-s", "S000", "--kind", "state", "--years", "nan"),
            "nan years",
        ),
        (
            ("predict", "{}/model", "{}/others", "--at", "-3", "--cut-future", "-o", "{}/none.csv"),
            "nobody to",
        ),
        (
            ("predict", "{}/model", "{}/others", "--at", "nan", "--cut-future", "-o", "{}/none.csv"),
            "--at nan",
        ),
    ],
)
def test_what_the_user_must_put_right_is_one_line(
    model: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    words: str,
) -> None:
    assert run(monkeypatch, *(each.format(model) for each in arguments)) == 2
    said = capsys.readouterr().err.strip()
    assert words in said
    assert "Traceback" not in said


@pytest.mark.slow
def test_evaluate_prints_a_table(
    model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("evaluate", model / "data", "--hide", "rating", "--folds", "2", "--repeats", "1")
    assert run(monkeypatch, *arguments, "--json", model / "figures.json") == 0
    said = capsys.readouterr().out
    assert "state at the next visit" in said
    assert "Landmark Cox" in said
    assert (model / "figures.json").is_file()
