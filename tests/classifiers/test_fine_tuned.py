import numpy as np

from dualalign.classifiers.fine_tuned import balanced, drawn_rows

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


def test_few_of_many_are_drawn_with_rare_labels_first() -> None:
    random = np.random.default_rng(0)
    marks = np.zeros((10_000, 2), dtype=bool)
    marks[:6000, 0] = True
    marks[6000:6100, 1] = True
    marks = marks[random.permutation(len(marks))]
    rows = drawn_rows(marks, 1000, 0)
    assert len(set(rows.tolist())) == 1000
    assert marks[rows].any(axis=1).sum() == 500
    # One in sixty labelled sentences has the rare label; drawn by the root of the counts it is about one in nine.
    assert 35 < marks[rows, 1].sum() < 75
    np.testing.assert_array_equal(rows, drawn_rows(marks, 1000, 0))
    assert not np.array_equal(rows, drawn_rows(marks, 1000, 1))


def test_drawing_makes_do_with_what_there_is() -> None:
    for marks in (np.ones((50, 2), dtype=bool), np.zeros((50, 2), dtype=bool)):
        assert len(set(drawn_rows(marks, 20, 0).tolist())) == 20
    assert len(drawn_rows(MARKS, 0, 0)) == len(drawn_rows(MARKS, 99, 0)) == len(MARKS)
