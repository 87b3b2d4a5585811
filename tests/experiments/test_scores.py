import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score

from dualalign.experiments.scores import (
    accuracy_of,
    count_by_group,
    f1_of,
    precision_of,
    rate_thresholds,
    recall_of,
    with_labels_in_any,
)

_rows = st.lists(
    st.tuples(st.booleans(), st.booleans(), st.sampled_from(["a", "b", "c"])), min_size=1, max_size=40
)


@given(_rows)
def test_scores_are_those_of_scikit_learn(rows: list[tuple[bool, bool, str]]) -> None:
    truth = np.array([[row[0]] for row in rows])
    predicted = np.array([[row[1]] for row in rows])
    total = count_by_group(truth, predicted, [row[2] for row in rows]).total()
    pairs = [
        (precision_of, precision_score),
        (recall_of, recall_score),
        (f1_of, f1_score),
    ]
    for ours, theirs in pairs:
        assert np.isclose(ours(total)[0], theirs(truth[:, 0], predicted[:, 0], zero_division=0))
    assert np.isclose(accuracy_of(total)[0], accuracy_score(truth[:, 0], predicted[:, 0]))


def test_weights_repeat_groups() -> None:
    truth = np.array([[True], [True], [False]])
    predicted = np.array([[True], [False], [True]])
    counts = count_by_group(truth, predicted, ["a", "b", "b"])
    np.testing.assert_array_equal(counts.total(np.array([2.0, 1.0])), [[2, 1, 1, 0]])
    np.testing.assert_array_equal(
        counts.total(np.array([[0.0, 1.0], [1.0, 0.0]])), [[[0, 1, 1, 0]], [[1, 0, 0, 0]]]
    )


def test_threshold_lets_through_as_many_as_asked() -> None:
    random = np.random.default_rng(1)
    logits = random.normal(size=(200, 2))
    truth = np.zeros((200, 2), dtype=bool)
    truth[:40, 0] = True
    thresholds = rate_thresholds(truth, logits, 1.25)
    assert (logits[:, 0] > thresholds[0]).sum() == 50
    assert (logits[:, 1] > thresholds[1]).sum() == 0


def test_any_hears_the_labels() -> None:
    quiet = with_labels_in_any(np.array([[-5.0, -5.0, -1.0]]))
    loud = with_labels_in_any(np.array([[-5.0, 4.0, -1.0]]))
    assert loud[0, 2] > 1 > quiet[0, 2]
    np.testing.assert_array_equal(loud[0, :2], [-5.0, 4.0])
