import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from dualalign.stats import ranking
from dualalign.stats.ranking import resampled_average_precision, resampled_roc_auc, roc_auc

_ROWS = st.lists(st.tuples(st.booleans(), st.integers(0, 4), st.integers(0, 3)), min_size=2, max_size=40)


@given(_ROWS)
def test_areas_are_those_of_scikit_learn_ties_and_weights_too(rows: list[tuple[bool, int, int]]) -> None:
    truth, scores, weights = (np.array(column) for column in zip(*rows, strict=True))
    both = np.stack([np.ones(len(rows)), weights.astype(float)])
    precisions = resampled_average_precision(truth, scores.astype(float), both)
    areas = resampled_roc_auc(truth, scores.astype(float), both)
    for row, weight in enumerate(both):
        if not weight @ truth:
            assert np.isnan(precisions[row])
        else:
            assert np.isclose(precisions[row], average_precision_score(truth, scores, sample_weight=weight))
        if not weight @ truth or not weight @ ~truth:
            assert np.isnan(areas[row])
        else:
            assert np.isclose(areas[row], roc_auc_score(truth, scores, sample_weight=weight))


def test_the_area_of_one_sample_needs_both_kinds() -> None:
    assert roc_auc(np.array([True, False, False]), np.array([2.0, 2.0, 1.0])) == 0.75
    assert np.isnan(roc_auc(np.array([True]), np.array([1.0])))
    assert np.isnan(roc_auc(np.zeros(0, bool), np.zeros(0)))


def test_many_resamples_are_scored_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(4)
    truth, scores = random.random(50) < 0.4, random.normal(size=50)
    weights = random.integers(0, 3, size=(300, 50)).astype(float)
    at_once = resampled_average_precision(truth, scores, weights)
    monkeypatch.setattr(ranking, "_AT_ONCE", 1000)
    np.testing.assert_array_equal(resampled_average_precision(truth, scores, weights), at_once)
