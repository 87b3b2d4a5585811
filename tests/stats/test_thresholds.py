import numpy as np
import pytest

from dualalign.stats.thresholds import best_f1_threshold, rate_thresholds

RANDOM = np.random.default_rng(1)
LOGITS = RANDOM.normal(size=(200, 2))


def test_a_rate_threshold_lets_through_as_many_as_asked() -> None:
    truth = np.zeros((200, 2), dtype=bool)
    truth[:40, 0] = True
    marked = (rate_thresholds(truth, LOGITS, 1.25) < LOGITS).sum(axis=0)
    assert marked.tolist() == [50, 0]


def test_no_threshold_has_a_greater_f1_ties_or_none() -> None:
    logits = np.round(LOGITS[:, 0], 1)
    truth = RANDOM.random(200) < 1 / (1 + np.exp(-logits))

    def f1(threshold: float) -> float:
        marked = logits > threshold
        return 2 * (marked & truth).sum() / (marked.sum() + truth.sum())

    best = best_f1_threshold(truth, logits)
    assert f1(best) == pytest.approx(max(f1(each - 1e-9) for each in logits))
    assert best not in logits
    assert best_f1_threshold(np.zeros(200, bool), logits) == np.inf
