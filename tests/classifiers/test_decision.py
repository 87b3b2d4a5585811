import json

import numpy as np
import pytest

from dualalign.classifiers.decision import (
    Decision,
    DecisionOptions,
    learn_decision,
)
from dualalign.errors import ClassifierError
from dualalign.stats.calibration import calibration_scores


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
    np.testing.assert_allclose(decision.marks(logits).sum(axis=0) / truth.sum(axis=0), 1.15, atol=0.01)


def test_thresholds_of_greatest_f1_beat_all_others() -> None:
    truth, logits = overconfident(200)

    def f1(threshold: float) -> float:
        marked = logits[:, 0] > threshold
        return 2 * (marked & truth[:, 0]).sum() / (marked.sum() + truth[:, 0].sum())

    decision = learn_decision(truth, logits, DecisionOptions(threshold="best_f1"))
    assert f1(decision.thresholds[0]) == pytest.approx(max(f1(each - 1e-9) for each in logits[:, 0]))
    nothing = learn_decision(np.zeros_like(truth), logits, DecisionOptions(threshold="best_f1"))
    assert not nothing.marks(logits).any()


@pytest.mark.parametrize("calibration", ["none", "temperature", "platt", "isotonic"])
def test_half_is_where_the_probability_is_a_half(calibration: str) -> None:
    truth, logits = overconfident()
    decision = learn_decision(truth, logits, DecisionOptions(calibration=calibration, threshold="half"))  # type: ignore[arg-type]
    assert ((decision.probabilities(logits) > 0.5) == decision.marks(logits)).mean() > 0.999


def test_survives_json() -> None:
    truth, logits = overconfident(200)
    truth[:, 1] = False
    for options in (DecisionOptions(threshold="best_f1"), DecisionOptions(calibration="isotonic")):
        decision = learn_decision(truth, logits, options)
        again = Decision.from_dict(json.loads(json.dumps(decision.as_dict(), allow_nan=False)))
        np.testing.assert_array_equal(again.probabilities(logits), decision.probabilities(logits))
        np.testing.assert_array_equal(again.marks(logits), decision.marks(logits))


def test_refusals_say_what_is_wrong() -> None:
    truth, logits = overconfident(10)
    with pytest.raises(ClassifierError, match="shape"):
        learn_decision(truth[:0], logits[:0])
    with pytest.raises(ClassifierError, match="shape"):
        learn_decision(truth[:, :1], logits)
    with pytest.raises(ClassifierError, match="ratio is 0"):
        DecisionOptions(ratio=0)
