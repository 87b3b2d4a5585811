"""What is planted among the other sentences must be found, and by the right selection."""

import numpy as np
import pytest

from dualalign.classifiers import NgramOptions
from dualalign.errors import ExperimentError
from dualalign.experiments import LabelledText
from dualalign.experiments.other_text import OtherText
from dualalign.experiments.selection import Selector, best_rows
from tests.experiments.toy import gold_set, other_text

NGRAMS = NgramOptions(bits=12)
GOLD = LabelledText(gold_set().texts, other_text(90, 0).marks)


def test_wrong_labels_are_the_least_confident() -> None:
    clean = other_text(150, 5)
    wrong = np.arange(0, 30)
    marks = clean.marks.copy()
    marks[wrong] = np.roll(marks[wrong], 1, axis=0)
    scores = Selector(LabelledText(clean.texts, marks), "confidence", 0, NGRAMS).scores(GOLD)
    assert np.isin(np.argsort(scores)[:30], wrong).mean() > 0.9


def test_the_discriminator_finds_what_looks_unreal() -> None:
    real_like = other_text(120, 5)
    unreal = tuple(f"Hence it was that {text.lower()}" for text in other_text(120, 6).texts)
    text = real_like.joined(LabelledText(unreal, real_like.marks))
    scores = Selector(text, "discriminator", 0, NGRAMS).scores(GOLD)
    kept = np.argsort(-scores)[:120]
    assert (kept < 120).mean() > 0.95


def test_a_sentence_is_judged_by_a_classifier_that_did_not_learn_from_it() -> None:
    """Every sentence has a word of its own, by which a classifier that had seen it would know it."""
    random = np.random.default_rng(0)

    def marked(text: LabelledText) -> LabelledText:
        words = ("".join(random.choice(list("abcdefghij"), 8)) for _ in text.texts)
        return LabelledText(
            tuple(f"{x} {word}" for x, word in zip(text.texts, words, strict=True)), text.marks
        )

    scores = Selector(marked(other_text(90, 5)), "discriminator").scores(marked(GOLD))
    assert abs(scores.mean()) < 0.5


def test_each_combination_of_labels_keeps_its_share() -> None:
    marks = np.array([[1, 0]] * 10 + [[0, 0]] * 30, dtype=bool)
    scores = np.arange(40.0)
    kept = best_rows(marks, scores, 0.2)
    assert kept.tolist() == [8, 9, 34, 35, 36, 37, 38, 39]
    assert len(best_rows(marks, scores, 0.001)) == 2


def test_only_the_gold_given_chooses() -> None:
    asked: list[int] = []

    class Watched(Selector):
        def scores(self, gold: LabelledText) -> np.ndarray:
            asked.append(len(gold))
            return super().scores(gold)

    text = other_text(60, 5)
    learned: list[int] = []

    def learn(part: LabelledText) -> "object":
        learned.append(len(part))
        return _Answers()

    selected = OtherText(text, learn, selector=Watched(text, "confidence", 0, NGRAMS), share=0.5)  # type: ignore[arg-type]
    part = GOLD.take(range(30))
    selected.prior(part)
    selected.prior(part)
    assert (asked, learned) == ([30], [30])


class _Answers:
    def logits(self, texts: tuple[str, ...]) -> np.ndarray:
        return np.zeros((len(texts), 3))


def test_no_gold_no_choice() -> None:
    with pytest.raises(ExperimentError, match="no gold sentence to select other text by"):
        Selector(other_text(), "confidence").scores(GOLD.take([]))
