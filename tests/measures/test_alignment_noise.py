import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualalign.measures.alignment.noise import (
    HIGH,
    MEAN,
    distance_interval,
    noise_baseline,
    poisson_ratios,
)


def test_a_poisson_count_of_100_is_off_by_a_twelfth() -> None:
    # The mean absolute deviation of a normal with standard deviation 0.1 is 0.0798; 5% lie beyond 0.196.
    found = noise_baseline(np.abs(poisson_ratios(np.array([100.0]))[:, 0] - 1))
    assert found[MEAN] == pytest.approx(0.08, abs=0.004)
    assert found[HIGH] == pytest.approx(0.196, abs=0.015)


def test_patients_who_differ_make_counts_noisier_together() -> None:
    """With 50 patients of shape 2 the common factor has variance 1/100, beside the 1/400 of a count of 400."""
    ratios = poisson_ratios(np.array([400.0, 400.0]), patients=50, shape=2.0)
    assert ratios.mean() == pytest.approx(1.0, abs=0.01)
    assert ratios.var(axis=0) == pytest.approx([1 / 100 + 1 / 400] * 2, rel=0.1)
    assert np.corrcoef(ratios.T)[0, 1] == pytest.approx(0.8, abs=0.05)


@settings(max_examples=25, deadline=None)
@given(st.integers(20, 200), st.floats(-1.5, 1.5), st.integers(0, 1000))
def test_an_interval_holds_its_distance(patients: int, off: float, seed: int) -> None:
    values = np.random.default_rng(seed).normal(off, 1.0, (patients, 6))

    def distance(rows: np.ndarray) -> float:
        return float(np.abs(values[rows].mean(axis=0)).mean())

    interval = distance_interval(patients, distance)
    assert interval is not None
    low, high = interval
    assert 0 <= low <= distance(np.arange(patients)) <= high


def test_left_unshifted_it_would_not() -> None:
    """Why the shift is there: many means near 0, whose resamples all lie further off."""
    from dualalign.measures.measure import bootstrap_interval

    values = np.random.default_rng(1).normal(0.0, 1.0, (100, 40))
    values -= 0.9 * values.mean(axis=0)

    def distance(rows: np.ndarray) -> float:
        return float(np.abs(values[rows].mean(axis=0)).mean())

    plain = bootstrap_interval(100, distance, draws=300)
    shifted = distance_interval(100, distance)
    assert plain is not None
    assert shifted is not None
    assert plain[0] > distance(np.arange(100))
    assert shifted[0] <= distance(np.arange(100)) <= shifted[1]


def test_one_patient_has_no_interval() -> None:
    assert distance_interval(1, lambda rows: 0.5) is None
