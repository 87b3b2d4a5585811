import numpy as np

from dualalign.classifiers.fine_tune_options import balanced

MARKS = np.array([[1, 1], [0, 1], [0, 0], [0, 0]], dtype=bool)


def test_positives_of_a_head_weigh_as_much_as_its_negatives() -> None:
    weights = balanced(MARKS, None, 1.0)
    assert np.isclose(weights.mean(), 1.0)
    for head in range(2):
        on = MARKS[:, head]
        assert np.isclose(weights[on, head].sum(), weights[~on, head].sum())


def test_given_weights_are_kept_in_proportion() -> None:
    weights = balanced(MARKS, np.array([2.0, 1.0, 1.0, 0.0]), 0.0)
    np.testing.assert_allclose(weights / weights[1, 0], np.array([[2, 2], [1, 1], [1, 1], [0, 0]]))
