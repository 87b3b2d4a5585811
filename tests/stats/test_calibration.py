import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.metrics import brier_score_loss

from dualalign.stats.calibration import (
    calibration_scores,
    isotonic_steps,
    platt_scaling,
    temperature_scaling,
)

RANDOM = np.random.default_rng(4)
SIZE, GROUPS = 600, 200
LOGITS = RANDOM.normal(-1, 2, SIZE)
TRUTH = RANDOM.random(SIZE) < 1 / (1 + np.exp(-LOGITS))
GROUP = RANDOM.integers(0, GROUPS, SIZE)
WEIGHTS = RANDOM.multinomial(GROUPS, np.full(GROUPS, 1 / GROUPS), size=300).astype(float)


def test_platt_scaling_finds_the_line_it_was_drawn_by() -> None:
    logits = RANDOM.normal(-1, 2, 20_000)
    truth = RANDOM.random(20_000) < 1 / (1 + np.exp(-(0.5 * logits + 1)))
    assert platt_scaling(truth, logits) == pytest.approx((0.5, 1.0), abs=0.05)


@pytest.mark.parametrize("positives", [1, 3, 9])
def test_platt_s_targets_keep_few_rows_off_certainty(positives: int) -> None:
    """Where all logits are alike, the best constant is the mean of targets smoothed by one row in (n + 2)."""
    truth = np.arange(10) < positives
    slope, intercept = platt_scaling(truth, np.ones(10))
    high, low = (positives + 1) / (positives + 2), 1 / (10 - positives + 2)
    expected = (positives * high + (10 - positives) * low) / 10
    assert 1 / (1 + np.exp(-(slope + intercept))) == pytest.approx(expected, abs=1e-4)


def test_platt_s_targets_bound_what_is_parted_cleanly() -> None:
    """Plain labels would make it certain; with three positives the smoothed target is 0.8."""
    logits = np.where(np.arange(12) < 3, 2.0, -2.0)
    slope, intercept = platt_scaling(logits > 0, logits)
    assert 1 / (1 + np.exp(-(2 * slope + intercept))) == pytest.approx(4 / 5, abs=1e-3)
    assert 1 / (1 + np.exp(-(-2 * slope + intercept))) == pytest.approx(1 / 11, abs=1e-3)


def test_a_classifier_worse_than_chance_is_flattened_not_turned_round() -> None:
    slope, _ = platt_scaling(TRUTH, -LOGITS)
    assert 0 < slope < 0.02


def test_temperature_scaling_finds_its_factor() -> None:
    assert temperature_scaling(TRUTH, 3 * LOGITS) == pytest.approx(
        temperature_scaling(TRUTH, LOGITS) / 3, rel=1e-3
    )


def test_isotonic_steps_rise_and_stay_off_certainty() -> None:
    steps = isotonic_steps(TRUTH, LOGITS)
    assert (np.diff(steps, axis=0) >= 0).all()
    assert steps[-1, 1] == pytest.approx(np.log((1 - 0.5 / SIZE) / (0.5 / SIZE)))


def test_right_probabilities_have_slope_one_and_little_error() -> None:
    (brier, error, slope), _ = calibration_scores(TRUTH, LOGITS, GROUP, WEIGHTS)
    assert np.isclose(brier, brier_score_loss(TRUTH, 1 / (1 + np.exp(-LOGITS))))
    assert error < 0.06
    assert abs(slope - 1) < 0.2


def test_too_sure_and_too_timid_are_told_apart() -> None:
    sure, _ = calibration_scores(TRUTH, 3 * LOGITS, GROUP, WEIGHTS)
    timid, _ = calibration_scores(TRUTH, LOGITS / 3, GROUP, WEIGHTS)
    right, _ = calibration_scores(TRUTH, LOGITS, GROUP, WEIGHTS)
    assert np.isclose(sure[2], right[2] / 3, rtol=1e-3)
    assert np.isclose(timid[2], right[2] * 3, rtol=1e-3)
    assert min(sure[1], timid[1]) > right[1] + 0.03


def test_calibration_error_is_that_of_its_definition() -> None:
    probabilities = 1 / (1 + np.exp(-LOGITS))
    expected = 0.0
    for low in np.arange(10) / 10:
        inside = (probabilities >= low) & (probabilities < low + 0.1)
        if inside.any():
            expected += inside.mean() * abs(probabilities[inside].mean() - TRUTH[inside].mean())
    assert np.isclose(calibration_scores(TRUTH, LOGITS, GROUP, WEIGHTS)[0][1], expected)


def test_one_step_slopes_of_resamples_are_near_those_of_whole_fits() -> None:
    drawn = calibration_scores(TRUTH, LOGITS, GROUP, WEIGHTS)[1][:, 2]

    def whole(weights: np.ndarray) -> float:
        def loss(found: np.ndarray) -> float:
            margins = (found[0] + found[1] * LOGITS) * np.where(TRUTH, 1, -1)
            return float((weights * np.logaddexp(0, -margins)).sum())

        return float(minimize(loss, np.array([0.0, 1.0])).x[1])

    fits = np.array([whole(weights[GROUP]) for weights in WEIGHTS[:40]])
    assert np.abs(drawn[:40] - fits).max() < 0.05
    assert np.corrcoef(drawn[:40], fits)[0, 1] > 0.98


def test_resamples_of_brier_score_are_those_of_its_definition() -> None:
    drawn = calibration_scores(TRUTH, LOGITS, GROUP, WEIGHTS)[1][:, 0]
    squares = (1 / (1 + np.exp(-LOGITS)) - TRUTH) ** 2
    each = WEIGHTS[:, GROUP]
    np.testing.assert_allclose(drawn, (each * squares).sum(axis=1) / each.sum(axis=1))


def test_classes_that_do_not_overlap_are_no_trouble() -> None:
    truth = np.arange(20) < 10
    found, drawn = calibration_scores(truth, np.where(truth, 4.0, -4.0), np.arange(20), np.ones((3, 20)))
    assert np.isfinite(found).all()
    assert np.isfinite(drawn).all()
