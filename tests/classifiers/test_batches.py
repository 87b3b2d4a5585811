import numpy as np

from dualalign.classifiers.batches import reading_batches, training_batches

LENGTHS = np.random.default_rng(0).integers(3, 60, size=205).tolist()


def test_every_sentence_comes_once_an_epoch() -> None:
    for batches in (training_batches(LENGTHS, 8, 1, 0), reading_batches(LENGTHS, 8)):
        assert sorted(np.concatenate(batches).tolist()) == list(range(len(LENGTHS)))
        assert max(map(len, batches)) == 8


def test_batches_hold_sentences_of_like_length() -> None:
    def padding(batches: list[np.ndarray]) -> int:
        return sum(max(LENGTHS[row] for row in batch) * len(batch) for batch in batches) - sum(LENGTHS)

    shuffled = np.random.default_rng(1).permutation(len(LENGTHS))
    unsorted = [shuffled[at : at + 8] for at in range(0, len(shuffled), 8)]
    assert padding(training_batches(LENGTHS, 8, 1, 0)) < 0.5 * padding(unsorted)


def test_the_order_is_drawn_from_seed_and_epoch() -> None:
    def order(seed: int, epoch: int) -> list[int]:
        return np.concatenate(training_batches(LENGTHS, 8, seed, epoch)).tolist()

    assert order(1, 0) == order(1, 0)
    assert order(1, 0) != order(1, 1)
    assert order(1, 0) != order(2, 0)
