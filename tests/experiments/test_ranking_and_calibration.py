import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from sklearn.metrics import average_precision_score, brier_score_loss

from dualalign.experiments.calibration import calibration
from dualalign.experiments.ranking import average_precision

RANDOM = np.random.default_rng(4)
SIZE, GROUPS = 600, 200
LOGITS = RANDOM.normal(-1, 2, SIZE)
TRUTH = RANDOM.random(SIZE) < 1 / (1 + np.exp(-LOGITS))
GROUP = RANDOM.integers(0, GROUPS, SIZE)
WEIGHTS = RANDOM.multinomial(GROUPS, np.full(GROUPS, 1 / GROUPS), size=300).astype(float)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 4), st.integers(0, 3)), min_size=2, max_size=40))
def test_average_precision_is_that_of_scikit_learn_ties_and_weights_too(
    rows: list[tuple[bool, int, int]],
) -> None:
    truth = np.array([row[0] for row in rows])
    logits = np.array([float(row[1]) for row in rows])
    weights = np.array([float(row[2]) for row in rows])
    found = average_precision(truth, logits, np.stack([np.ones(len(rows)), weights]))
    for row, weight in enumerate((np.ones(len(rows)), weights)):
        if not (weight * truth).sum():
            assert found[row] == 0
            continue
        expected = average_precision_score(truth, logits, sample_weight=weight)
        assert np.isclose(found[row], expected, atol=1e-9)


def test_many_resamples_are_scored_in_parts() -> None:
    few = average_precision(TRUTH, LOGITS, WEIGHTS[:, GROUP])
    from dualalign.experiments import ranking

    kept, ranking._AT_ONCE = ranking._AT_ONCE, 1000
    try:
        np.testing.assert_allclose(average_precision(TRUTH, LOGITS, WEIGHTS[:, GROUP]), few)
    finally:
        ranking._AT_ONCE = kept


def test_right_probabilities_have_slope_one_and_little_error() -> None:
    (brier, error, slope), _ = calibration(TRUTH, LOGITS, GROUP, WEIGHTS)
    assert np.isclose(brier, brier_score_loss(TRUTH, 1 / (1 + np.exp(-LOGITS))))
    assert error < 0.06
    assert abs(slope - 1) < 0.2


def test_too_sure_and_too_timid_are_told_apart() -> None:
    sure, _ = calibration(TRUTH, 3 * LOGITS, GROUP, WEIGHTS)
    timid, _ = calibration(TRUTH, LOGITS / 3, GROUP, WEIGHTS)
    right, _ = calibration(TRUTH, LOGITS, GROUP, WEIGHTS)
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
    assert np.isclose(calibration(TRUTH, LOGITS, GROUP, WEIGHTS)[0][1], expected)


def test_one_step_slopes_of_resamples_are_near_those_of_whole_fits() -> None:
    drawn = calibration(TRUTH, LOGITS, GROUP, WEIGHTS)[1][:, 2]

    def whole(weights: np.ndarray) -> float:
        def loss(found: np.ndarray) -> float:
            margins = (found[0] + found[1] * LOGITS) * np.where(TRUTH, 1, -1)
            return float((weights * np.logaddexp(0, -margins)).sum())

        return float(minimize(loss, np.array([0.0, 1.0])).x[1])

    fits = np.array([whole(weights[GROUP]) for weights in WEIGHTS[:40]])
    assert np.abs(drawn[:40] - fits).max() < 0.05
    assert np.corrcoef(drawn[:40], fits)[0, 1] > 0.98


def test_resamples_of_brier_score_are_those_of_its_definition() -> None:
    drawn = calibration(TRUTH, LOGITS, GROUP, WEIGHTS)[1][:, 0]
    squares = (1 / (1 + np.exp(-LOGITS)) - TRUTH) ** 2
    each = WEIGHTS[:, GROUP]
    np.testing.assert_allclose(drawn, (each * squares).sum(axis=1) / each.sum(axis=1))


def test_classes_that_do_not_overlap_are_no_trouble() -> None:
    truth = np.arange(20) < 10
    found, drawn = calibration(truth, np.where(truth, 4.0, -4.0), np.arange(20), np.ones((3, 20)))
    assert np.isfinite(found).all()
    assert np.isfinite(drawn).all()
