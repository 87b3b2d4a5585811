import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, cohen_kappa_score, f1_score, precision_score, recall_score

from dualalign.stats.counts import (
    accuracy_of,
    count_by_group,
    f1_of,
    kappa_of_counts,
    precision_of,
    recall_of,
)

_ROWS = st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 2)), min_size=1, max_size=40)


@given(_ROWS)
def test_scores_are_those_of_scikit_learn(rows: list[tuple[bool, bool, int]]) -> None:
    truth, predicted = np.array([[row[0]] for row in rows]), np.array([[row[1]] for row in rows])
    total = count_by_group(truth, predicted, np.array([row[2] for row in rows]), 3).sum(axis=0)
    for ours, theirs in ((precision_of, precision_score), (recall_of, recall_score), (f1_of, f1_score)):
        assert np.isclose(ours(total)[0], theirs(truth[:, 0], predicted[:, 0], zero_division=0))
    assert np.isclose(accuracy_of(total)[0], accuracy_score(truth[:, 0], predicted[:, 0]))


def test_each_group_has_its_own_counts_and_an_empty_one_none() -> None:
    truth = np.array([[True], [True], [False]])
    predicted = np.array([[True], [False], [True]])
    counts = count_by_group(truth, predicted, np.array([0, 2, 2]), 3)
    np.testing.assert_array_equal(counts[:, 0], [[1, 0, 0, 0], [0, 0, 0, 0], [0, 1, 1, 0]])


@given(*[st.integers(0, 9)] * 4)
def test_kappa_is_that_of_scikit_learn(both: int, first: int, second: int, neither: int) -> None:
    found = kappa_of_counts(both, first, second, neither)
    one = [1] * both + [1] * first + [0] * second + [0] * neither
    other = [1] * both + [0] * first + [1] * second + [0] * neither
    if found is None:
        assert len(set(one) | set(other)) < 2
    else:
        assert found == pytest.approx(cohen_kappa_score(one, other))
