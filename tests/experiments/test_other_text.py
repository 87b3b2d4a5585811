from typing import Any

import numpy as np

from dualalign.experiments import LabelledText
from dualalign.experiments.other_text import OtherText, RememberedPrior

MARKS = np.array([[True, True], [False, False]])
TEXT = LabelledText(("Forgets.", "Well."), MARKS)
LABELLED = TEXT.take([0])


class Listening:
    """Answers with the number of the call, and keeps what it was asked."""

    heads = ("memory", "any")

    def __init__(self) -> None:
        self.heard: list[list[str]] = []

    def logits(self, texts: list[str]) -> np.ndarray:
        self.heard.append(list(texts))
        return np.full((len(texts), 2), float(len(self.heard)))


def test_a_sentence_is_asked_about_once() -> None:
    asked: Any = Listening()
    prior = RememberedPrior(asked)
    prior.logits(["a", "b", "a"])
    assert prior.logits(["c", "b"])[:, 0].tolist() == [2, 1]
    assert asked.heard == [["a", "b"], ["c"]]


def test_what_every_cell_will_ask_is_asked_first_and_in_one_order() -> None:
    learned: Any = Listening()
    other = OtherText(TEXT, lambda text: learned, ("y", "x"))
    other.prior(None).logits(["x", "z"])
    other.prior(TEXT).logits(["y"])
    assert learned.heard == [["y", "x"], ["z"]]


def test_text_that_is_all_labelled_borrows_the_gold_s_unlabelled_sentences() -> None:
    parts: list[LabelledText] = []

    def learn(text: LabelledText) -> Any:
        parts.append(text)
        return Listening()

    gold = LabelledText(("Is sad.", "Ate well."), MARKS)
    other = OtherText(LABELLED, learn)
    other.prior(gold)
    other.prior(gold)
    other.prior(LabelledText(("Slept.", "Is low."), MARKS[::-1]))
    assert [part.texts for part in parts] == [("Forgets.", "Ate well."), ("Forgets.", "Slept.")]
    assert other.sentences(gold).texts == ("Forgets.",)
