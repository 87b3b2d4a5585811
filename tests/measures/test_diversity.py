import gzip
import json
import math
import os
import random
import re
import time
from collections import Counter
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualalign.errors import MeasureError
from dualalign.measures.diversity import (
    compression_ratio,
    distinct,
    diversity,
    matched_sample,
    self_bleu,
)
from dualalign.measures.labelled_sentences import LabelledSentences
from dualalign.measures.measure import Measure, bootstrap_interval

DATA = Path(os.environ.get("DUALALIGN_DATA", Path(__file__).parents[3] / "shared" / "data"))
NOTES = DATA / "notes" / "mtsamples.jsonl.gz"


def tokens(text: str) -> list[str]:
    return re.findall(r"\w+|[^\w\s]", text)


def grams(words: list[str], order: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words[i : i + order]) for i in range(len(words) - order + 1))


def plain_bleu(references: list[list[str]], hypothesis: list[str]) -> float:
    """BLEU-4 as nltk.translate.bleu_score.sentence_bleu with SmoothingFunction().method1 writes it."""
    precisions: list[float] = []
    for order in range(1, 5):
        counts = grams(hypothesis, order)
        best: Counter[tuple[str, ...]] = Counter()
        for reference in references:
            best |= grams(reference, order)
        numerator = sum(min(n, best[g]) for g, n in counts.items())
        denominator = max(1, sum(counts.values()))
        if order == 1 and numerator == 0:
            return 0.0
        precisions.append(float(Fraction(numerator, denominator)) if numerator else 0.1 / denominator)
    closest = min((abs(len(r) - len(hypothesis)), len(r)) for r in references)[1]
    penalty = 1.0 if len(hypothesis) > closest else math.exp(1 - closest / len(hypothesis))
    return penalty * math.exp(sum(0.25 * math.log(p) for p in precisions))


def plain_self_bleu(texts: list[str]) -> float:
    split = [tokens(text) for text in texts]
    return sum(plain_bleu(split[:i] + split[i + 1 :], words) for i, words in enumerate(split)) / len(split)


sentences = st.lists(
    st.lists(st.sampled_from(["he", "she", "forgets", "the", "stove", ",", "."]), min_size=1, max_size=9).map(
        " ".join
    ),
    min_size=2,
    max_size=12,
)


@given(sentences)
def test_self_bleu_equals_the_pairwise_definition(texts: list[str]) -> None:
    assert self_bleu(texts) == pytest.approx(plain_self_bleu(texts), abs=1e-9)


def test_self_bleu_of_copies_is_one_and_of_strangers_is_zero() -> None:
    assert self_bleu(["she lost her way home today"] * 3) == pytest.approx(1.0)
    assert self_bleu(["a b c d", "e f g h"]) == 0.0


@given(sentences)
def test_distinct_equals_the_definition(texts: list[str]) -> None:
    found = [g for text in texts for g in grams(tokens(text), 2).elements()]
    if not found:
        with pytest.raises(MeasureError):
            distinct(texts, 2)
    else:
        assert distinct(texts, 2) == pytest.approx(len(set(found)) / len(found))


def test_repetition_compresses() -> None:
    same = ["she forgets the stove every evening"] * 200
    other = [f"{random.Random(i).getrandbits(200):x}" for i in range(200)]
    assert compression_ratio(same) > 10 > compression_ratio(other)


@pytest.mark.parametrize("texts", [[], ["one sentence"], ["one sentence", ""]])
def test_self_bleu_refuses_what_has_no_value(texts: list[str]) -> None:
    with pytest.raises(MeasureError, match="two sentences"):
        self_bleu(texts)


def test_matched_sample_is_equal_by_label_and_without_repeats() -> None:
    labels = [["a"]] * 50 + [["b"]] * 20 + [["a", "b"]] * 10 + [[]] * 40
    rows = matched_sample(labels, 40)
    assert len(rows) == len(np.unique(rows)) == 40
    assert sum(row < 50 for row in rows) == 20
    assert rows.max() < 80


def test_baselines_are_shown_only_for_samples_of_their_size() -> None:
    small = diversity(LabelledSentences(["she forgets the stove", "he forgets the car"], [["a"], ["a"]]))
    assert all(not measure.baseline for measure in small)
    texts = [f"she forgets item {i} of the list {i % 7}" for i in range(4000)]
    large = diversity(LabelledSentences(texts, [["a"]] * 4000), draws=2)
    assert large[0].baseline["real notes"] == 0.935
    assert large[0].interval is not None


def test_measure_refuses_a_value_outside_its_bounds() -> None:
    with pytest.raises(MeasureError, match="outside its bounds"):
        Measure("share", "max", (0.0, 1.0), 1.2)
    with pytest.raises(MeasureError):
        Measure("share", "max", (0.0, 1.0), math.nan)


def test_bootstrap_interval_covers_the_mean() -> None:
    values = np.random.default_rng(0).normal(10, 2, 400)
    interval = bootstrap_interval(400, lambda rows: float(values[rows].mean()))
    assert interval is not None
    low, high = interval
    assert low < 10 < high
    assert high - low == pytest.approx(2 * 1.96 * 2 / 20, rel=0.15)
    assert bootstrap_interval(1, lambda rows: 0.0) is None


def test_real_notes_measure_as_published() -> None:
    if not NOTES.is_file():
        pytest.skip("the shared notes are not here")
    with gzip.open(NOTES, "rt", encoding="utf-8") as lines:
        notes = [json.loads(line)["text"] for line in lines]
    found = [s.strip() for note in notes for s in re.split(r"(?<=[.!?])\s+|\n+", note) if len(s.split()) >= 4]
    chosen = random.Random(0).sample(found, 3000)
    start = time.perf_counter()
    # Splitters differ a little from the one behind the published figures, hence the margin.
    assert distinct(chosen, 4) == pytest.approx(0.935, abs=0.01)
    assert self_bleu(chosen) == pytest.approx(0.285, abs=0.015)
    assert time.perf_counter() - start < 1.0
