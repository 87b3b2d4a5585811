"""Sentences of a toy disease with two labels, easy to learn."""

import numpy as np

from dualalign.classifiers import LinearOptions, NgramOptions
from dualalign.experiments import LabelledText
from dualalign.experiments.labelled_text import with_any
from dualalign.labels import GoldSentences

LABELS = ("memory", "mood")
OPTIONS = LinearOptions(ngrams=NgramOptions(bits=12), steps=15)
_WORDS = {
    "memory": [
        "forgets names",
        "loses track of dates",
        "repeats questions",
        "misplaces keys",
        "forgets bills",
    ],
    "mood": ["is tearful", "feels low", "worries all day", "is irritable", "lost interest in cards"],
    "": ["blood pressure stable", "refills sent", "lungs clear", "follow up in spring", "denies chest pain"],
}


def sentences(size: int, seed: int) -> tuple[tuple[str, ...], np.ndarray]:
    random = np.random.default_rng(seed)
    texts, labels = [], np.zeros((size, 2), dtype=bool)
    for row in range(size):
        kind = ["memory", "mood", ""][row % 3]
        texts.append(f"Patient {_WORDS[kind][random.integers(5)]} in room {random.integers(1000)}.")
        if kind:
            labels[row, LABELS.index(kind)] = True
    return tuple(texts), labels


def gold_set() -> GoldSentences:
    """90 sentences in notes of three, half to learn from and half to test on."""
    texts, labels = sentences(90, 0)
    return GoldSentences(
        tuple(f"g{row}" for row in range(90)),
        texts,
        LABELS,
        labels,
        tuple(f"n{row // 3}" for row in range(90)),
        tuple("train" if row < 45 else "test" for row in range(90)),
    )


def other_text(size: int = 120, seed: int = 1) -> LabelledText:
    """Sentences of the same kind."""
    texts, labels = sentences(size, seed)
    return LabelledText(texts, with_any(labels))
