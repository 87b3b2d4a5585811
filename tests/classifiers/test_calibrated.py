from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from dualalign.classifiers import (
    CalibratedClassifier,
    DecisionOptions,
    LinearClassifier,
    calibrate,
    load_classifier,
    make_classifier,
)
from dualalign.classifiers.calibrated import learn_decision
from dualalign.errors import ClassifierError
from dualalign.stats.calibration import calibration_scores
from tests.classifiers.test_linear import HEADS, MARKS, SMALL, TEXTS


def test_saved_and_loaded_says_the_same(tmp_path: Path) -> None:
    fitted = LinearClassifier(HEADS, SMALL).fit(TEXTS[:7], MARKS[:7])
    made = calibrate(fitted, TEXTS, MARKS, DecisionOptions(threshold="best_f1"))
    loaded = load_classifier(made.save(tmp_path / "saved"))
    np.testing.assert_allclose(loaded.predict_proba(TEXTS), made.predict_proba(TEXTS), atol=1e-4)
    np.testing.assert_array_equal(loaded.predict(TEXTS), made.predict(TEXTS))  # type: ignore[attr-defined]
    np.testing.assert_allclose(1 / (1 + np.exp(-made.logits(TEXTS))), made.predict_proba(TEXTS))
    assert loaded.heads == HEADS
    assert "10 validation sentences" in loaded.card()


def test_an_infinite_threshold_survives_the_disk(tmp_path: Path) -> None:
    nobody = np.column_stack([MARKS[:, 0], np.zeros(len(MARKS), bool)])
    made = calibrate(
        LinearClassifier(HEADS, SMALL).fit(TEXTS, MARKS), TEXTS, nobody, DecisionOptions(threshold="best_f1")
    )
    loaded = load_classifier(made.save(tmp_path / "saved"))
    assert made.decision.thresholds[1] == np.inf
    assert not loaded.predict(TEXTS)[:, 1].any()  # type: ignore[attr-defined]


def test_it_is_made_of_a_fitted_one_which_stays_as_it_is() -> None:
    fitted = LinearClassifier(HEADS, SMALL).fit(TEXTS, MARKS)
    before = fitted.logits(TEXTS)
    made = calibrate(fitted, TEXTS, MARKS)
    made.fit(TEXTS, ~MARKS)
    np.testing.assert_array_equal(fitted.logits(TEXTS), before)
    with pytest.raises(ClassifierError, match="no classifier to calibrate"):
        CalibratedClassifier(HEADS).fit(TEXTS, MARKS)
    with pytest.raises(ClassifierError, match="never fitted"):
        CalibratedClassifier(HEADS, prior=fitted).predict(TEXTS)
    with pytest.raises(ClassifierError, match="no classifier 'calibrated'"):
        make_classifier("calibrated", HEADS)


def overconfident(rows: int = 4000, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Labels, and logits three times as large as they should be, one head shifted as well."""
    random = np.random.default_rng(seed)
    odds = random.normal(-1, 1.5, size=(rows, 2))
    truth = random.random((rows, 2)) < 1 / (1 + np.exp(-odds))
    return truth, 3 * odds + np.array([0.0, 2.0])


@pytest.mark.parametrize("calibration", ["platt", "isotonic"])
def test_calibrated_probabilities_are_rates(calibration: str) -> None:
    decision = learn_decision(*overconfident(), DecisionOptions(calibration=calibration))  # type: ignore[arg-type]
    truth, logits = overconfident(seed=1)
    every = np.arange(len(truth))
    for head in range(2):
        before, after = (
            calibration_scores(truth[:, head], each[:, head], every, np.ones((1, len(truth))))[0][1]
            for each in (logits, decision.calibrated(logits))
        )
        assert before > 0.1
        assert after < 0.03


def test_temperature_finds_the_factor_it_was_scaled_by() -> None:
    truth, logits = overconfident()
    decision = learn_decision(truth[:, :1], logits[:, :1], DecisionOptions(calibration="temperature"))
    assert decision.calibrated(np.array([[6.0]]))[0, 0] == pytest.approx(2.0, abs=0.15)


@pytest.mark.parametrize("calibration", ["none", "temperature", "platt", "isotonic"])
def test_calibration_never_turns_an_order_round(calibration: str) -> None:
    truth, logits = overconfident(300)
    for marks in (truth, ~truth, np.zeros_like(truth)):
        decision = learn_decision(marks, logits, DecisionOptions(calibration=calibration))  # type: ignore[arg-type]
        spread = np.column_stack([np.linspace(-30, 30, 400)] * 2)
        assert (np.diff(decision.calibrated(spread), axis=0) >= -1e-9).all()
        assert np.isfinite(decision.calibrated(spread)).all()


def test_thresholds_mark_at_the_rate_asked() -> None:
    truth, logits = overconfident()
    decision = learn_decision(truth, logits, DecisionOptions(ratio=1.15))
    np.testing.assert_allclose(
        (logits > decision.thresholds).sum(axis=0) / truth.sum(axis=0), 1.15, atol=0.01
    )


def test_thresholds_of_greatest_f1_beat_all_others() -> None:
    truth, logits = overconfident(200)

    def f1(threshold: float) -> float:
        marked = logits[:, 0] > threshold
        return 2 * (marked & truth[:, 0]).sum() / (marked.sum() + truth[:, 0].sum())

    decision = learn_decision(truth, logits, DecisionOptions(threshold="best_f1"))
    assert f1(decision.thresholds[0]) == pytest.approx(max(f1(each - 1e-9) for each in logits[:, 0]))
    nothing = learn_decision(np.zeros_like(truth), logits, DecisionOptions(threshold="best_f1"))
    assert not (logits > nothing.thresholds).any()


@pytest.mark.parametrize("calibration", ["none", "temperature", "platt", "isotonic"])
def test_half_is_where_the_probability_is_a_half(calibration: str) -> None:
    truth, logits = overconfident()
    decision = learn_decision(truth, logits, DecisionOptions(calibration=calibration, threshold="half"))  # type: ignore[arg-type]
    assert ((decision.calibrated(logits) > 0) == (logits > decision.thresholds)).mean() > 0.999


def test_decisions_refuse_what_does_not_fit() -> None:
    truth, logits = overconfident(10)
    with pytest.raises(ClassifierError, match="shape"):
        learn_decision(truth[:0], logits[:0])
    with pytest.raises(ClassifierError, match="shape"):
        learn_decision(truth[:, :1], logits)
    with pytest.raises(ValidationError, match="ratio"):
        DecisionOptions(ratio=0)
