from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from dualalign.errors import ProgressionError
from dualalign.progression.calibration import fit_calibration
from dualalign.progression.folds import subject_folds
from dualalign.progression.scores import (
    Resamples,
    average_precision,
    brier,
    calibration_slope,
    concordance,
    roc_auc,
)

RANDOM = np.random.default_rng(0)
ANSWERS = RANDOM.random(200) < 0.4
# Rounded, so that there are ties.
PREDICTED = np.round(expit(RANDOM.normal(0, 1, 200) + ANSWERS), 1)
WEIGHTS = np.vstack([np.ones(200), RANDOM.integers(0, 4, (5, 200))]).astype(np.float64)


def rows(weights: np.ndarray) -> Resamples:
    """Every question is a group of its own."""
    return Resamples(np.arange(weights.shape[1]), weights)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (roc_auc, roc_auc_score),
        (average_precision, average_precision_score),
        (brier, brier_score_loss),
    ],
)
def test_scores_agree_with_scikit_learn_with_ties_and_weights(ours, theirs) -> None:
    found = ours(ANSWERS, PREDICTED, rows(WEIGHTS))
    for row, weights in enumerate(WEIGHTS):
        assert found[row] == pytest.approx(theirs(ANSWERS, PREDICTED, sample_weight=weights))


def test_one_answer_only_has_no_area() -> None:
    assert np.isnan(roc_auc(np.ones(5, dtype=bool), np.linspace(0, 1, 5), rows(np.ones((1, 5))))[0])


def test_slope_agrees_with_a_logistic_regression_and_so_do_its_resamples() -> None:
    random = np.random.default_rng(2)
    truth = random.normal(0, 1, 4000)
    answers = random.random(4000) < expit(truth)
    predicted = expit(1.3 * truth)
    weights = np.vstack([np.ones(4000), random.multinomial(4000, np.full(4000, 1 / 4000), 5)]).astype(float)
    found = calibration_slope(answers, predicted, rows(weights))
    for slope, each in zip(found, weights, strict=True):
        model = LogisticRegression(C=1e6).fit(logit(predicted)[:, None], answers, each)
        assert slope == pytest.approx(model.coef_[0, 0], rel=2e-2)


def test_slope_of_few_and_far_too_sure_predictions_is_still_the_regressions() -> None:
    random = np.random.default_rng(1)
    truth = random.normal(0, 1, 40)
    answers = random.random(40) < expit(truth)
    predicted = np.clip(expit(6 * truth + random.normal(0, 0.5, 40)), 1e-4, 1 - 1e-4)
    model = LogisticRegression(C=1e9, tol=1e-8).fit(logit(predicted)[:, None], answers)
    assert calibration_slope(answers, predicted, rows(np.ones((2, 40))))[0] == pytest.approx(
        model.coef_[0, 0], rel=1e-3
    )


def test_where_no_slope_can_be_fitted_there_is_none() -> None:
    answers = np.arange(20) < 8
    weights = rows(np.ones((2, 20)))
    rising = np.linspace(0.1, 0.9, 20)
    for predicted in (np.full(20, 0.4), rising[::-1]):
        assert np.isnan(calibration_slope(answers, predicted, weights)).all()
    assert np.isnan(calibration_slope(~answers, rising, weights)).all()


def test_concordance_agrees_with_lifelines() -> None:
    lifelines = pytest.importorskip("lifelines.utils")
    until = np.round(RANDOM.exponential(3, 60), 1)
    happened = RANDOM.random(60) < 0.6
    risk = np.round(-until + RANDOM.normal(0, 3, 60))
    found = concordance(until, happened, risk, np.ones((1, 60)))[0]
    # Pairs of two events at one time differ between the two; there are few.
    assert found == pytest.approx(lifelines.concordance_index(until, -risk, happened), abs=0.01)


def test_calibration_mends_overconfidence() -> None:
    truth = RANDOM.normal(0, 1, 4000)
    answers = RANDOM.random(4000) < expit(truth)
    found = fit_calibration(3 * truth + 1, answers)
    assert found.slope == pytest.approx(1 / 3, abs=0.05)
    assert found.shift == pytest.approx(-1 / 3, abs=0.1)
    few = fit_calibration(truth[:12], np.arange(12) < 3)
    assert (few.slope, few.shift) == (1.0, 0.0)


def test_folds_keep_groups_whole_and_outcomes_even() -> None:
    groups = [f"g{number // 2}" for number in range(100)]
    outcomes = np.array([number // 2 < 10 for number in range(100)])
    folds = subject_folds(groups, outcomes, 5, np.random.default_rng(1))
    assert all(folds[number] == folds[number + 1] for number in range(0, 100, 2))
    assert [int(outcomes[folds == fold].sum()) for fold in range(5)] == [4] * 5
    with pytest.raises(ProgressionError, match="2 groups of subjects for 5 folds"):
        subject_folds(["a", "b"], outcomes[:2], 5, np.random.default_rng(1))
