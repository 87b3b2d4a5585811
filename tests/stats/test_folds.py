import numpy as np

from dualalign.stats.folds import group_folds, rows_of_groups

GROUPS = [f"g{row // 3}" for row in range(60)]


def test_groups_stay_whole_and_folds_are_of_equal_size() -> None:
    folds = group_folds(GROUPS, 5, np.random.default_rng(0))
    assert np.bincount(folds).tolist() == [12] * 5
    assert (folds.reshape(20, 3) == folds[::3, None]).all()
    assert folds.tolist() != group_folds(GROUPS, 5, np.random.default_rng(1)).tolist()
    assert set(group_folds(["a", "a", "b"], 5, np.random.default_rng(0)).tolist()) == {0, 1}


def test_outcomes_are_spread_evenly() -> None:
    outcomes = np.arange(60) < 15
    for seed in range(5):
        folds = group_folds(GROUPS, 5, np.random.default_rng(seed), outcomes)
        assert np.bincount(folds[outcomes], minlength=5).tolist() == [3] * 5


def test_rows_of_a_group_are_listed_in_order() -> None:
    found = rows_of_groups(["b", "a", "b"])
    assert [rows.tolist() for rows in found] == [[0, 2], [1]]
