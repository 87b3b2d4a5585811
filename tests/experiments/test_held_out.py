"""Probabilities calibrated on development sentences: better ones, the same decisions, and nothing trained again."""

from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from pydantic import ValidationError

from dualalign.classifiers import DecisionOptions
from dualalign.classifiers.calibrated import Calibration, learn_decision
from dualalign.experiments import Experiment, load_grid, run_experiment, summarise
from dualalign.experiments import run as run_module
from dualalign.experiments.cells import HeldOut, Outcome
from dualalign.experiments.models import ModelChoice
from dualalign.experiments.tasks import Task
from dualalign.experiments.training_sets import TrainingSet
from dualalign.stats.thresholds import rate_thresholds
from tests.experiments.toy import gold_set

WAYS: tuple[Calibration, ...] = get_args(Calibration)
PROBABILITIES = ("brier", "calibration_error", "calibration_slope")

Ran = tuple[Path, list[Outcome]]


def _said(size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Truth of two heads, and logits three times too large and one too high."""
    random = np.random.default_rng(seed)
    logits = random.normal(-1, 1.5, (size, 2))
    return random.random(logits.shape) < 1 / (1 + np.exp(-logits)), 3 * logits + 1


def _brier(truth: np.ndarray, logits: np.ndarray) -> float:
    return float(((1 / (1 + np.exp(-logits)) - truth) ** 2).mean())


def test_what_is_learned_on_sentences_held_out_mends_others() -> None:
    held_out = HeldOut(*_said(2000, 1))
    truth, logits = _said(2000, 2)
    found = {way: _brier(truth, held_out.calibrated(way, logits)) for way in WAYS}
    assert held_out.calibrated("none", logits) is logits
    assert found["none"] > found["temperature"] + 0.01 > found["platt"] + 0.011
    assert found["isotonic"] == pytest.approx(found["platt"], abs=0.003)


@pytest.mark.parametrize("way", ["temperature", "platt"])
def test_decisions_at_matched_rates_are_those_of_the_logits(way: Calibration) -> None:
    seen, other = _said(500, 1), _said(500, 2)
    decision = learn_decision(*seen, DecisionOptions(calibration=way))
    before = other[1] > rate_thresholds(*seen)
    after = decision.calibrated(other[1]) > rate_thresholds(seen[0], decision.calibrated(seen[1]))
    np.testing.assert_array_equal(before, after)
    assert not np.allclose(decision.calibrated(other[1]), other[1])


def test_only_scores_of_probabilities_change(grid: Experiment, ran: Ran) -> None:
    def rows(way: Calibration) -> dict[tuple[str, float], dict[str, float]]:
        outcomes = [replace(each, calibration=way) for each in ran[1]]
        return {
            (row.training_set, row.fraction): {name: score.value for name, score in row.scores.items()}
            for row in summarise(outcomes, grid.test, draws=50)
        }

    plain = rows("none")
    for way in WAYS[1:]:
        for at, scores in rows(way).items():
            changed = {name for name, value in scores.items() if value != plain[at][name]}
            assert {
                name.removeprefix("macro_").removeprefix("binary_").split(":")[0] for name in changed
            } == (set(PROBABILITIES) if at[0] != "synthetic_only" else set())


def test_test_sentences_calibrate_nothing(grid: Experiment, ran: Ran, tmp_path: Path) -> None:
    flipped = grid.gold.labels.copy()
    test = [row for row, fold in enumerate(grid.gold.folds) if fold == "test"]
    flipped[test] = np.roll(flipped[test], 1, axis=0)
    gold = replace(grid.gold, labels=flipped)
    poisoned = replace(grid, gold=gold, fractions=(1.0,), seeds=1)
    kept = {outcome.cell: outcome.calibrated for outcome in ran[1]}
    for outcome in run_experiment(poisoned, tmp_path):
        np.testing.assert_array_equal(outcome.calibrated, kept[outcome.cell])


def test_sentences_held_out_are_kept_with_their_notes_own_labels(grid: Experiment, ran: Ran) -> None:
    places = {name: row for row, name in enumerate(grid.gold.ids)}
    for outcome in ran[1]:
        if outcome.cell.training_set == "synthetic_only":
            assert outcome.held_out is None
            continue
        held = outcome.held_out
        assert held is not None
        assert len(held.ids) == outcome.facts["gold"]
        assert {grid.gold.folds[places[name]] for name in held.ids} == {"train"}
        truth = grid.gold.labels[[places[name] for name in held.ids]]
        np.testing.assert_array_equal(held.truth[:, :-1], truth)
        np.testing.assert_array_equal(outcome.thresholds, rate_thresholds(held.truth, held.logits))
        assert held.logits[held.truth].mean() > held.logits[~held.truth].mean() + 0.5


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the cells that are run from here on."""
    names: list[str] = []
    true_run = run_module.CellRunner.run

    def counted(self: run_module.CellRunner, cell: run_module.Cell) -> Outcome:
        names.append(cell.name)
        return true_run(self, cell)

    monkeypatch.setattr(run_module.CellRunner, "run", counted)
    return names


def test_another_calibration_trains_nothing(grid: Experiment, ran: Ran, trained: list[str]) -> None:
    for way in WAYS:
        again = run_experiment(replace(grid, calibration=way), ran[0])
        for one, other in zip(ran[1], again, strict=True):
            np.testing.assert_array_equal(
                replace(one, calibration=other.calibration).calibrated, other.calibrated
            )
        assert {each.calibration for each in again} == {way, "none"}
    assert trained == []


def test_training_set_goes_before_classifier_and_that_before_the_grid(tmp_path: Path) -> None:
    (tmp_path / "grid.yaml").write_text(
        """
training_sets:
- gold
- {id: own, name: own, gold: true, source: synthetic, calibration: isotonic}
- synthetic_only
models: [linear, {name: linear, id: other, calibration: temperature}]
calibration: none
tasks: [multi_label, five_class]
""",
        encoding="utf-8",
    )
    grid = load_grid(tmp_path / "grid.yaml")
    asked = Experiment(
        gold_set(), sets=grid.sets(()), models=grid.models, tasks=grid.tasks, calibration=grid.calibration
    )
    found = {
        (name, model, task): asked.calibrated(run_module.Cell(name, 1.0, 0, model, task))
        for name in ("gold", "own", "synthetic_only")
        for model in ("linear", "other")
        for task in ("multi_label", "five_class")
    }
    assert {each for (*_, task), each in found.items() if task == "five_class"} == {"none"}
    assert [each for (*_, task), each in found.items() if task == "multi_label"] == [
        *("none", "temperature"),
        *("isotonic", "isotonic"),
        *("none", "none"),
    ]


def test_fingerprints_do_not_know_of_calibration(grid: Experiment) -> None:
    full = grid.training_set("full")
    plain, pooled = full, full.model_copy(update={"id": "pooled", "share": 0.5})
    for kind in (plain, pooled):
        keys = {
            replace(
                grid,
                sets=grid.sets.model_copy(
                    update={"training_sets": (kind.model_copy(update={"calibration": of_set}),)}
                ),
                models=(ModelChoice(name="linear", calibration=of_model),),
                calibration=way,
            ).key(run_module.Cell(kind.id, 1.0, 0))
            for of_set in (None, "isotonic")
            for of_model in (None, "temperature")
            for way in WAYS
        }
        assert len(keys) == 1


def test_what_cannot_be_calibrated_is_refused() -> None:
    with pytest.raises(ValidationError, match="nothing to calibrate on"):
        TrainingSet(id="a", name="a", gold=False, source="synthetic", calibration="platt")
    with pytest.raises(ValidationError, match="a prior is not calibrated"):
        ModelChoice(name="encoder", prior=ModelChoice(name="linear", calibration="platt"))


def test_symptom_or_not_is_calibrated_too(grid: Experiment, tmp_path: Path) -> None:
    sets = grid.sets.model_copy(update={"training_sets": (grid.training_set("gold"),)})
    task = Task(kind="binary", negatives=1)
    asked = replace(grid, fractions=(1.0,), seeds=1, sets=sets, tasks=(task,))
    (outcome,) = run_experiment(asked, tmp_path)
    assert outcome.calibration == "platt"
    (row,) = summarise([outcome], asked.test, 50, tasks=asked.tasks)
    (plain,) = summarise([replace(outcome, calibration="none")], asked.test, 50, tasks=asked.tasks)
    assert row.calibration == "platt"
    assert row.scores["binary_brier"].value != plain.scores["binary_brier"].value
    assert row.scores["binary_f1"] == plain.scores["binary_f1"]
