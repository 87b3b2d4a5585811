"""Notes of made-up words, alike or unlike at will."""

import numpy as np

from dualalign.measures.note_sets import NoteSet

WORDS = [first + second for first in ("ba", "ke", "li", "mo", "nu", "ra", "so", "ti") for second in
         ("dan", "fel", "gor", "hup", "jis", "lam", "pel", "ron", "sut", "vik", "wen", "zot")]  # fmt: skip


def made_up(n: int, seed: int, tilt: float = 0.0, patients: int | None = None, words: int = 60) -> NoteSet:
    """n notes; the more tilt, the more they lean on the first half of the words."""
    random = np.random.default_rng(seed)
    weights = np.ones(len(WORDS))
    weights[: len(WORDS) // 2] += tilt
    texts = []
    for _ in range(n):
        drawn = random.choice(WORDS, words, p=weights / weights.sum())
        lines = [" ".join(drawn[start : start + 10]).capitalize() + "." for start in range(0, words, 10)]
        texts.append(" ".join(lines))
    groups = tuple(f"p{row % patients}" if patients else f"n{row}" for row in range(n))
    return NoteSet(tuple(texts), groups, tuple(1 + row % 3 for row in range(n)))
