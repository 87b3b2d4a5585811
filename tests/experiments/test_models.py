"""Any classifier of the registry can stand in a grid."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from dualalign.classifiers import LinearOptions
from dualalign.errors import ExperimentError
from dualalign.experiments import Experiment, LabelledText, run_experiment, summarise
from dualalign.experiments.development import Candidate, develop
from dualalign.experiments.models import Learner, ModelChoice
from dualalign.experiments.other_text import OtherText
from dualalign.experiments.training_sets import TextUse
from tests.experiments.toy import OPTIONS, gold_set, other_text

HEADS = ("memory", "mood", "any")


def test_a_choice_may_be_a_name_or_a_recipe() -> None:
    assert ModelChoice.model_validate("linear").key == "linear"
    published = ModelChoice(recipe="llama-3.1-8b", options={"training": {"epochs": 1}})
    assert (published.key, published.classifier, published.held_out) == ("llama-3.1-8b", "decoder", 1)
    assert published.settings["training"]["epochs"] == 1
    assert published.settings["training"]["batch"] == 64
    with pytest.raises(ValidationError, match="either the name of a classifier or a recipe"):
        ModelChoice(name="linear", recipe="llama-3.1-8b")


def test_only_what_can_lean_by_degrees_is_asked_to() -> None:
    learner = Learner(ModelChoice(name="encoder"), OPTIONS, HEADS, 0)
    other = OtherText(other_text(), learner.learn)
    with pytest.raises(ExperimentError, match="'encoder' cannot lean on other text by degrees - give way"):
        learner.candidates(TextUse(way="lean"), [other], [])
    assert [each.name for each in learner.candidates(TextUse(), [other], [])] == ["other text first"]
    linear = Learner(ModelChoice(name="linear"), OPTIONS, HEADS, 0)
    assert [each.name for each in linear.candidates(TextUse(way="curriculum"), [other], [])] == [
        "offset 1, scale 0"
    ]


def test_settings_of_a_grid_s_linear_classifier_start_from_the_experiment_s() -> None:
    small = LinearOptions(ngrams=OPTIONS.ngrams, steps=3)
    named = ModelChoice(name="linear", options={"strength": 1.0})
    learner = Learner(named, small, HEADS, 0)
    fitted: Any = learner.learn(other_text())
    assert (fitted.options.strength, fitted.options.steps, fitted.options.ngrams.bits) == (1.0, 3, 12)


def test_one_fold_held_out_decides_and_what_was_fitted_beside_it_answers() -> None:
    gold = gold_set()
    text = LabelledText(gold.texts, other_text(90, 0).marks)
    seen: list[tuple[int, int | None]] = []
    learner = Learner(ModelChoice(name="linear"), OPTIONS, HEADS, 0)

    def fit(part: LabelledText, held: LabelledText | None) -> Any:
        seen.append((len(part), None if held is None else len(held)))
        return learner.learn(part)

    found = develop(text, gold.groups, [Candidate("only", fit)], np.random.default_rng(0), folds=1)
    assert seen == [(72, 18)]
    assert found.chosen == ("only",) * 3
    seen.clear()
    develop(text, gold.groups, [Candidate("only", fit)], np.random.default_rng(0), folds=5)
    assert seen == [(72, None)] * 5 + [(90, None)]


def test_a_single_note_cannot_be_parted() -> None:
    text = other_text(6, 0)
    learner = Learner(ModelChoice(name="linear"), OPTIONS, HEADS, 0)
    with pytest.raises(ExperimentError, match="6 gold sentences of a single note"):
        develop(text, ["a"] * 6, learner.candidates(TextUse(), [], []), np.random.default_rng(0))


def test_a_blend_learns_other_text_first(grid: Experiment, tmp_path: Path) -> None:
    members = [{"name": "linear", "options": {"ngrams": {"bits": bits}, "steps": 10}} for bits in (10, 12)]
    sets = [each for each in grid.sets.training_sets if each.id in ("gold", "full")]
    asked = replace(
        grid,
        fractions=(1.0,),
        seeds=1,
        models=(ModelChoice(name="blend", options={"members": members}),),
        sets=grid.sets.model_copy(update={"training_sets": tuple(sets)}),
    )
    gold, full = run_experiment(asked, tmp_path)
    assert full.facts["chosen"] == ("other text first",) * 3
    assert np.abs(gold.logits - full.logits).max() > 0.1


def test_a_blend_may_lean_on_a_blend_of_other_members() -> None:
    linear = {"name": "linear", "options": OPTIONS.model_dump()}
    nested = {"name": "blend", "options": {"members": [linear, linear]}}
    model = ModelChoice(
        name="blend",
        options={"members": [linear, linear]},
        prior=ModelChoice(name="blend", options={"members": [nested, linear]}),
    )
    learner = Learner(model, OPTIONS, HEADS, 0)
    other = OtherText(other_text(), learner.learn)
    (candidate,) = learner.candidates(TextUse(), [other], [])
    gold = gold_set()
    fitted: Any = candidate.fit(LabelledText(gold.texts, other_text(90, 0).marks), None)
    assert [type(member.prior).__name__ for member in fitted.members] == [
        "BlendClassifier",
        "LinearClassifier",
    ]


@pytest.mark.slow
def test_an_encoder_and_an_embedding_stand_beside_the_linear_one(
    grid: Experiment, tmp_path: Path, tiny_encoder: str
) -> None:
    training = {"epochs": 8, "batch": 8, "micro_batch": 8, "rate": 3e-3, "evaluate_every": 5}
    models = (
        ModelChoice(name="linear"),
        ModelChoice(name="encoder", options={"model": tiny_encoder, "training": training}),
        ModelChoice(name="embedding", options={"model": tiny_encoder}, prior=ModelChoice(name="linear")),
    )
    sets = [each for each in grid.sets.training_sets if each.id in ("gold", "matched")]
    asked = replace(
        grid,
        fractions=(1.0,),
        seeds=1,
        models=models,
        sets=grid.sets.model_copy(update={"training_sets": tuple(sets)}),
    )
    outcomes = run_experiment(asked, tmp_path)
    rows = {(row.model, row.training_set): row for row in summarise(outcomes, asked.test, 100)}
    assert set(rows) == {(model.key, each.id) for model in models for each in sets}
    for row in rows.values():
        assert row.scores["binary_f1"].value > 0.6
    again = run_experiment(asked, tmp_path / "again")
    for one, other in zip(outcomes, again, strict=True):
        np.testing.assert_array_equal(one.logits, other.logits)
