import numpy as np
import pytest

from dualalign.classifiers.training import TrainingOptions, training_order, validation_score
from dualalign.errors import ClassifierError

LENGTHS = np.random.default_rng(0).integers(3, 60, size=205).tolist()
BATCH, STEPS = 8, 80


def test_every_sentence_comes_as_often_as_any_other() -> None:
    times = np.bincount(training_order(LENGTHS, BATCH, STEPS, 1), minlength=205)
    assert times.sum() == BATCH * STEPS
    assert set(times.tolist()) == {3, 4}


def test_batches_hold_sentences_of_like_length() -> None:
    def padding(rows: np.ndarray) -> int:
        lengths = np.array(LENGTHS)[rows].reshape(-1, BATCH)
        return int((lengths.max(axis=1, keepdims=True) - lengths).sum())

    shuffled = np.random.default_rng(1).integers(0, 205, BATCH * STEPS)
    assert padding(training_order(LENGTHS, BATCH, STEPS, 1)) < 0.5 * padding(shuffled)


def test_batches_come_in_an_order_drawn_from_the_seed() -> None:
    first, again, other = (training_order(LENGTHS, BATCH, STEPS, seed) for seed in (1, 1, 2))
    assert first.tolist() == again.tolist() != other.tolist()
    longest = np.array(LENGTHS)[first].reshape(-1, BATCH).max(axis=1)
    assert abs(np.corrcoef(longest[:-1], longest[1:])[0, 1]) < 0.3


TRUTH = np.array([[1, 0], [0, 1], [1, 0]], dtype=bool)
LOGITS = np.array([[2.0, 1.0], [3.0, 1.0], [1.0, -1.0]])


def test_what_decides_is_macro_f1_or_log_loss() -> None:
    def score(**options: object) -> float:
        return validation_score(TRUTH, LOGITS, TrainingOptions(**options))  # type: ignore[arg-type]

    assert score() == pytest.approx((4 / 5 + 2 / 3) / 2)
    assert score(loss="one_of") == pytest.approx((4 / 5 + 0) / 2)
    chances = 1 / (1 + np.exp(-LOGITS))
    assert score(monitor="log_loss") == pytest.approx(np.log(np.where(TRUTH, chances, 1 - chances)).mean())
    shares = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)
    assert score(monitor="log_loss", loss="one_of") == pytest.approx(np.log(shares[TRUTH]).mean())


@pytest.mark.parametrize(
    "wrong", [{"batch": 0}, {"rate": -1.0}, {"warm_up": 1.0}, {"betas": (0.9,)}, {"patience": -1}]
)
def test_impossible_settings_are_refused_by_name(wrong: dict[str, object]) -> None:
    with pytest.raises(ClassifierError, match=f"encoder.*{next(iter(wrong))}"):
        TrainingOptions.parse(wrong, "encoder.training")
