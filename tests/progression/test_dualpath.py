from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

pytest.importorskip("torch")

from dualalign.errors import ProgressionError
from dualalign.progression import (
    DualPath,
    Kind,
    Learning,
    ProgressionModel,
    Protocol,
    Questions,
    TrainingOptions,
    conversion_questions,
    cross_validate,
    draw_explanation,
    explain,
    fit_model,
    load_model,
    predict_subjects,
    save_model,
    schema_questions,
    start_from,
    state_questions,
    to_visits,
)
from dualalign.progression.model import score_model
from dualalign.stats.ranking import resampled_roc_auc
from tests.progression.planted import SCHEMA, planted

QUICK = DualPath(options=TrainingOptions(epochs=40, patience=10, batch_subjects=32), folds=2)


@pytest.fixture(scope="module")
def model() -> ProgressionModel:
    return fit_model(planted(60), ("rating",), 1, QUICK)


def area(answers: np.ndarray, predicted: np.ndarray) -> float:
    return float(resampled_roc_auc(answers, predicted, np.ones((1, len(answers))))[0])


def test_it_learns_what_was_planted(model: ProgressionModel) -> None:
    others = to_visits(planted(40, seed=1))
    for asked in (state_questions(others), conversion_questions(others, 2.0)):
        predicted = model.fitted.predict(others, asked)
        assert area(asked.answers, predicted) > 0.9
        assert np.abs(predicted.mean() - asked.answers.mean()) < 0.15


def test_inner_folds_choose_how_each_kind_is_fitted() -> None:
    """A network that was never trained answers nothing, whichever place it stands in; both together are a choice too."""
    visits = to_visits(planted(40))
    asked = {"now": state_questions(visits), "two years": conversion_questions(visits, 2.0)}
    known = Learning(visits, visits, visits.subjects, asked)
    untrained = replace(QUICK.options, epochs=0)
    for first, second in ((QUICK.options, untrained), (untrained, QUICK.options)):
        fitted = replace(QUICK, options=first, also=(second,)).fit(known, 0)
        assert fitted.answering == {"state": (0, 1), "conversion": (0, 1)}
        assert len(fitted.members) == 2
        alone = replace(QUICK, also=()).fit(known, 0)
        for task, questions in asked.items():
            assert np.array_equal(
                fitted.predict(visits, questions, task), alone.predict(visits, questions, task)
            )
    assert [each.linear_first for each in QUICK.settings()] == [False, True]


def test_only_the_networks_chosen_for_a_kind_answer_it_also_when_saved(
    model: ProgressionModel, tmp_path: Path
) -> None:
    others = to_visits(planted(20, seed=1))
    asked = {Kind.STATE: state_questions(others), Kind.CONVERSION: conversion_questions(others, 2.0)}
    fitted = replace(model.fitted, answering={"state": (0,), "conversion": (1,)})
    for kind, place in ((Kind.STATE, 0), (Kind.CONVERSION, 1)):
        alone = replace(model.fitted, members=(model.fitted.members[place],), answering={})
        assert np.array_equal(fitted.logits(others, asked[kind]), alone.logits(others, asked[kind]))
    save_model(replace(model, fitted=fitted), tmp_path / "model")
    again = load_model(tmp_path / "model").fitted
    assert again.answering == fitted.answering


def test_forecasts_beat_the_last_value_and_know_their_spread(model: ProgressionModel) -> None:
    others = to_visits(planted(40, seed=1))
    rows = np.flatnonzero(np.diff(others.subject_of_row) == 0)
    truth = others.column("marker")
    mean, spread = model.fitted.forecast(others, rows, others.times[rows + 1] - others.times[rows])
    missed = truth[rows + 1] - mean[:, 0]
    assert np.mean(missed**2) < 0.8 * np.mean((truth[rows + 1] - truth[rows]) ** 2)
    assert 0.8 < np.mean(np.abs(missed) < 1.645 * spread[:, 0]) <= 1.0


def test_the_same_seed_gives_the_same_model_and_another_does_not() -> None:
    data = planted(20)
    visits = to_visits(data)
    learning = Learning(visits, visits, data.groups, schema_questions(visits))
    quick = replace(QUICK, options=TrainingOptions(epochs=3))
    asked = state_questions(visits)
    one, two, other = (quick.fit(learning, seed).predict(visits, asked) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, two)
    assert np.abs(one - other).max() > 1e-6


def test_risk_grows_with_the_horizon_and_shrinks_with_time_survived(model: ProgressionModel) -> None:
    visits = to_visits(planted(4))

    def risk(asked_at: float, years: float) -> float:
        asked = Questions(
            Kind.CONVERSION,
            np.array([0]),
            np.array([0]),
            np.array([asked_at]),
            np.array([years]),
            np.array([False]),
        )
        return float(model.fitted.predict(visits, asked)[0])

    risks = [risk(0.0, years) for years in (0.5, 1, 2.5, 4, 5, 8)]
    assert risks == sorted(risks)
    assert len(set(risks)) == 6
    # Asked late, the years already survived count no more: both end on the same day.
    assert risk(1.0, 3.0) < risk(0.0, 4.0)


def test_hidden_features_change_nothing(model: ProgressionModel) -> None:
    visits = to_visits(planted(10))
    values = visits.values.copy()
    values[:, SCHEMA.numeric.index("rating")] = 3.0
    asked = state_questions(visits)
    np.testing.assert_array_equal(
        model.fitted.predict(visits, asked), model.fitted.predict(replace(visits, values=values), asked)
    )


def test_predictions_are_from_the_past_alone(model: ProgressionModel) -> None:
    data = planted(10)
    times = np.full(10, 2.5)
    early = predict_subjects(model.fitted, data, times)
    visits = to_visits(data)
    assert early.num_rows == 10
    assert set(early.column_names) >= {"onset_within_5y", "state_in_1y", "decline_in_2y", "marker_in_1y_sd"}
    later = replace(visits, values=np.where(visits.times[:, None] > 2.5, 0.0, visits.values))
    asked = Questions(
        Kind.STATE, np.arange(10), np.array([visits.starts[s] + int((visits.times[visits.starts[s] : visits.starts[s + 1]] <= 2.5).sum()) - 1 for s in range(10)]), times, np.ones(10), np.zeros(10, dtype=bool)
    )  # fmt: skip
    np.testing.assert_allclose(model.fitted.predict(later, asked), early["state_in_1y"].to_numpy(), atol=1e-6)
    with pytest.raises(ProgressionError, match="no visit at or before"):
        predict_subjects(model.fitted, data, np.full(10, -1.0))


def test_a_saved_model_says_the_same_and_refuses_other_schemas(model: ProgressionModel, tmp_path) -> None:
    folder = save_model(model, tmp_path / "model")
    loaded = load_model(folder)
    data = planted(5, seed=2)
    assert predict_subjects(loaded.fitted, data).equals(predict_subjects(model.fitted, data))
    assert "Never saw: rating" in (folder / "README.md").read_text()
    changed = SCHEMA.model_dump(mode="json")
    changed["modalities"][0]["features"][0]["high"] = 100
    with pytest.raises(ProgressionError, match="'marker' differs in unit, range or reading"):
        loaded.check_schema(type(SCHEMA).model_validate(changed))
    (folder / "model.json").write_text('{"kind": "other"}')
    with pytest.raises(ProgressionError, match="kind 'other'"):
        load_model(folder)
    with pytest.raises(ProgressionError, match="missing"):
        load_model(tmp_path)


def test_a_test_on_training_subjects_is_refused(model: ProgressionModel) -> None:
    with pytest.raises(ProgressionError, match="both folds, for example 'S000'"):
        score_model(model, planted(60))


def test_explanations_find_the_marker(model: ProgressionModel) -> None:
    data = planted(60)
    found = explain(model.fitted, data, "S001", 2.0, Kind.CONVERSION)
    assert found.contributions[0].feature == "marker"
    assert found.contributions[0].change < -0.03
    assert -found.contributions[0].change > 5 * max(
        abs(each.change) for each in found.contributions if each.feature == "noise"
    )
    assert -found.without_modality["tests"] > abs(found.without_modality["labs"])
    np.testing.assert_allclose(found.weights.sum(axis=1), 1, atol=1e-6)
    assert explain(model.fitted, data, "S000", 2.0, Kind.STATE).asked == "rating above 0 in 2 years"


def test_explanations_quote_the_words_beside_a_value(model: ProgressionModel, tmp_path: Path) -> None:
    data = planted(6)
    rows = data.observations.to_pylist()
    for row in rows:
        row["text"] = f"marker of {row['time']:.2f}" if row["feature"] == "marker" else None
    spoken = replace(data, observations=pa.Table.from_pylist(rows, schema=data.observations.schema))
    found = explain(model.fitted, spoken, "S000", 2.0, Kind.STATE)
    assert found.contributions[0].text == f"marker of {found.contributions[0].time:.2f}"
    assert all(not each.text for each in found.contributions if each.feature == "noise")
    drawn = draw_explanation(found, data.schema, tmp_path / "figure.svg").read_text()
    assert drawn.count("<path") > 50
    with pytest.raises(ProgressionError, match="no kind of figure"):
        draw_explanation(found, data.schema, tmp_path / "figure.hat")


def test_pre_trained_weights_are_where_training_starts() -> None:
    data = planted(20)
    visits = to_visits(data)
    learning = Learning(visits, visits, data.groups, schema_questions(visits))
    first = replace(QUICK, options=TrainingOptions(epochs=10), also=()).fit(learning, 0)
    still = replace(QUICK, options=TrainingOptions(epochs=0), also=(), start=start_from(first)).fit(
        learning, 5
    )
    for one, two in zip(first.members, still.members, strict=True):
        for mine, theirs in zip(one.network.parameters(), two.network.parameters(), strict=True):
            assert bool((mine == theirs).all())


def test_held_out_people_are_predicted_by_models_that_never_saw_them() -> None:
    data = planted(20)
    visits = to_visits(data)
    seen_by: list[set[str]] = []

    class Spy:
        name = "spy"

        def answers(self, kind: Kind) -> bool:
            return True

        def fit(self, learning: Learning, seed: int):
            trained = set(learning.visits.subjects)
            assert np.isnan(learning.seen.column("rating")).all()

            class Fitted:
                def predict(self, seen, questions, task):
                    assert not trained & set(seen.subjects)
                    seen_by.append(trained)
                    return np.full(len(questions), 0.5)

            return Fitted()

    protocol = Protocol(visits, data.groups, {"next": state_questions(visits)}, ("rating",), 4, 2)
    found = cross_validate(protocol, [Spy()], workers=1)["spy"]["next"]
    assert found.shape == (2, len(state_questions(visits)))
    assert not np.isnan(found).any()
    assert len(seen_by) == 8
