import random

import pytest

from dualalign.errors import LabelError
from dualalign.labels.near_duplicates import NearDuplicates, jaccard, normalised, shingles

WORDS = [
    "she",
    "he",
    "forgets",
    "loses",
    "names",
    "keys",
    "words",
    "often",
    "daily",
    "at",
    "home",
    "since",
    "spring",
    "and",
    "walks",
    "slowly",
    "with",
    "a",
    "cane",
]


def sentences(count: int, seed: int) -> list[str]:
    """Random sentences of which about a third are edits of an earlier one."""
    rng = random.Random(seed)
    made: list[str] = []
    for _ in range(count):
        words = rng.choices(WORDS, k=rng.randint(4, 14))
        if made and rng.random() < 0.35:
            words = rng.choice(made).split()
            words[rng.randrange(len(words))] = rng.choice(WORDS)
        made.append(" ".join(words))
    return made


@pytest.mark.parametrize("threshold", [0.4, 0.7, 0.9])
def test_finds_exactly_what_comparing_all_pairs_finds(threshold: float) -> None:
    index = NearDuplicates(threshold)
    kept: list[frozenset[str]] = []
    removed = 0
    for text in sentences(1200, 1):
        mine = shingles(normalised(text))
        expected = next((row for row, other in enumerate(kept) if jaccard(mine, other) >= threshold), None)
        found = index.find(text)
        assert (found is None) == (expected is None)
        if found is None:
            index.add(text)
            kept.append(mine)
        else:
            assert jaccard(mine, kept[found]) >= threshold
            removed += 1
    assert len(index) == len(kept) == 1200 - removed
    assert removed > 20


def test_letter_case_and_punctuation_do_not_count() -> None:
    index = NearDuplicates()
    assert index.keep("Gait is unsteady; uses a cane.")
    assert not index.keep("gait is UNSTEADY, uses a cane")
    assert not index.keep("The gait is unsteady, uses a cane.")
    assert index.keep("Sleeps badly and naps by day.")


def test_very_short_and_empty_sentences_are_compared_too() -> None:
    index = NearDuplicates()
    assert [index.keep(text) for text in ("", "...", "ok", "OK.", "no")] == [True, False, True, False, True]


@pytest.mark.parametrize("threshold", [0.0, 1.2, -1.0])
def test_a_threshold_without_sense_is_refused(threshold: float) -> None:
    with pytest.raises(LabelError, match="threshold"):
        NearDuplicates(threshold)
