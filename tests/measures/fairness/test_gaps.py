import numpy as np
import pytest

from dualalign.measures.fairness.gaps import gap_figure
from dualalign.measures.fairness.groups import PatientGroups

NAMES = ("a: one", "a: two", "b: one", "b: two")


def _groups(n: int) -> PatientGroups:
    first, second = np.arange(n) % 2 == 0, np.arange(n) % 3 == 0
    members = np.column_stack([first, ~first, second, ~second])
    return PatientGroups({str(row): row for row in range(n)}, NAMES, members, ("c: rare",))


def _counts(n: int, rates: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    chances = np.full((n, 1), 100.0)
    return np.random.default_rng(seed).poisson(rates[:, None] * 100).astype(float), chances


def test_a_group_with_more_stands_out_and_equal_groups_do_not() -> None:
    groups = _groups(60)
    counts, chances = _counts(60, np.where(groups.members[:, 0], 0.3, 0.2), 1)
    found = gap_figure(groups, counts, chances, ("label",), True, "")
    assert found.breakdown["a: one, label"] == pytest.approx(1.2, abs=0.06)
    assert found.value > found.baseline["noise, 1 in 20"]
    low, high = found.intervals["a: one, label"]
    assert 1 < low < found.breakdown["a: one, label"] < high
    assert "4 comparisons" in found.note
    assert "c: rare" in found.note
    counts, chances = _counts(60, np.full(60, 0.25), 2)
    equal = gap_figure(groups, counts, chances, ("label",), True, "")
    assert equal.value < equal.baseline["noise, 1 in 20"]


def test_one_comparison_in_twenty_is_what_the_baseline_says() -> None:
    beyond = 0
    for seed in range(40):
        counts, chances = _counts(30, np.random.default_rng(seed).gamma(4, 0.05, 30), seed)
        found = gap_figure(_groups(30), counts, chances, ("label",), True, "")
        beyond += found.value > found.baseline["noise, 1 in 20"]
    assert beyond <= 6


def test_differences_are_less_everybodys_and_rare_kinds_are_left_out() -> None:
    groups = _groups(60)
    counts, chances = _counts(60, np.where(groups.members[:, 0], 0.3, 0.2), 1)
    both = gap_figure(
        groups, np.hstack([counts, counts * 0]), np.hstack([chances, chances]), ("l", "m"), False, ""
    )
    assert both.breakdown["a: one, l"] == pytest.approx(0.05, abs=0.02)
    assert not any(name.endswith(" m") for name in both.breakdown)
