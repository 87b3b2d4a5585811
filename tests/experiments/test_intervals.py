import numpy as np

from dualalign.experiments.intervals import difference, holm, resample_scores
from dualalign.experiments.scores import Floats, GroupCounts, f1_of


def _counts(seed: int, hit: float) -> GroupCounts:
    random = np.random.default_rng(seed)
    counts = np.zeros((80, 1, 4))
    for group in counts:
        found = random.random() < hit
        group[0] = [1, 0, 0, 4] if found else [0, 1, 1, 3]
    return GroupCounts(counts)


def _f1(total: Floats) -> Floats:
    return f1_of(total)


def test_a_real_difference_is_found_and_a_null_one_is_not() -> None:
    good, same, bad = _counts(0, 0.9), _counts(0, 0.9), _counts(1, 0.5)
    scores = [resample_scores([runs], _f1, 1000, 0) for runs in (good, same, bad)]
    found = [(float(value[0]), drawn[:, 0]) for value, drawn in scores]
    assert difference(found[0], found[2]).p < 0.01
    assert difference(found[0], found[2]).low > 0
    assert difference(found[0], found[1]).p == 1.0


def test_interval_has_the_width_of_the_normal_one() -> None:
    value, drawn = resample_scores([_counts(3, 0.7)], lambda total: total[..., 0] / 80, 4000, 0)
    expected = np.sqrt(value[0] * (1 - value[0]) / 80)
    assert abs(drawn[:, 0].std() - expected) < 0.1 * expected


def test_holm_is_as_in_its_paper() -> None:
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])
