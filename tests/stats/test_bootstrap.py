import numpy as np

from dualalign.stats.arrays import Floats
from dualalign.stats.bootstrap import (
    bootstrap_interval,
    estimate,
    group_weights,
    grouped_interval,
    holm,
    paired_difference,
)

GROUPS, DRAWS = 80, 2000


def hits(seed: int, rate: float) -> Floats:
    return (np.random.default_rng(seed).random(GROUPS) < rate).astype(float)


def scored(found: Floats) -> tuple[float, Floats]:
    """The mean, and the mean of resamples that are the same in every call."""
    return float(found.mean()), group_weights(GROUPS, DRAWS, np.random.default_rng(0)) @ found / GROUPS


def test_a_real_difference_is_found_and_a_null_one_is_not() -> None:
    good, same, bad = scored(hits(0, 0.9)), scored(hits(0, 0.9)), scored(hits(1, 0.5))
    assert paired_difference(good, bad).p < 0.01
    assert paired_difference(good, bad).low > 0 > paired_difference(bad, good).high
    assert paired_difference(good, same).p == 1.0


def test_intervals_have_the_width_of_the_normal_one() -> None:
    found = hits(3, 0.7)
    value, drawn = scored(found)
    half = 1.96 * np.sqrt(value * (1 - value) / GROUPS)
    by_weights = estimate(value, drawn)
    by_rows = bootstrap_interval(
        GROUPS, lambda rows: float(found[rows].mean()), np.random.default_rng(0), DRAWS
    )
    assert by_rows is not None
    for low, high in ((by_weights.low, by_weights.high), by_rows):
        np.testing.assert_allclose([low, high], [value - half, value + half], atol=0.02)


def test_an_interval_needs_two_units_and_resamples_with_a_value() -> None:
    random = np.random.default_rng(0)
    assert bootstrap_interval(1, lambda rows: 0.0, random) is None
    assert bootstrap_interval(9, lambda rows: float("nan"), random) is None


def test_groups_are_drawn_whole() -> None:
    """Three rows a group say the same, so that they are worth no more than one."""
    found = hits(3, 0.7)
    groups = [f"g{group}" for group in range(GROUPS) for _ in range(3)]
    rows = np.repeat(found, 3)
    whole = grouped_interval(groups, lambda at: float(rows[at].mean()), np.random.default_rng(0), DRAWS)
    single = bootstrap_interval(GROUPS, lambda at: float(found[at].mean()), np.random.default_rng(0), DRAWS)
    np.testing.assert_allclose(whole, single)


def test_a_shifted_interval_lies_about_the_value_and_within_its_bounds() -> None:
    """The distance of a mean of pure noise from 0 grows when it is resampled."""
    noise = np.random.default_rng(2).normal(size=(60, 40))
    groups = [f"g{row}" for row in range(60)]

    def distance(rows: np.ndarray) -> float:
        return float(np.linalg.norm(noise[rows].mean(axis=0)))

    plain, shifted = (
        grouped_interval(groups, distance, np.random.default_rng(0), 300, shifted=way)
        for way in (False, True)
    )
    value = distance(np.arange(60))
    assert plain is not None
    assert shifted is not None
    assert np.mean(plain) - value > 0.3
    assert abs(np.mean(shifted) - value) < 0.05
    bounded = grouped_interval(groups, distance, np.random.default_rng(0), 300, True, (value, np.inf))
    assert bounded is not None
    assert bounded[0] == value


def test_holm_is_as_in_its_paper() -> None:
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([]) == []
