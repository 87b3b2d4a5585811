import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dualalign.personas.quota import quota, shuffled_quota


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=9), st.integers(0, 5000))
def test_counts_add_up_and_stay_within_one_of_their_share(weights, n):
    weights = [weight + 1e-3 for weight in weights]
    shares = [weight / sum(weights) for weight in weights]
    counts = quota(shares, n)
    assert counts.sum() == n
    assert (np.abs(counts - np.array(shares) * n) < 1 + 1e-6).all()


def test_whole_counts_are_met_exactly_despite_rounding_of_shares():
    assert quota([0.58, 0.22, 0.08, 0.06, 0.05, 0.005, 0.005], 1000).tolist() == [580, 220, 80, 60, 50, 5, 5]


def test_shuffling_keeps_counts_and_follows_the_seed():
    one = shuffled_quota([3, 0, 7], np.random.default_rng(5))
    two = shuffled_quota([3, 0, 7], np.random.default_rng(5))
    assert np.bincount(one, minlength=3).tolist() == [3, 0, 7]
    assert (one == two).all()
