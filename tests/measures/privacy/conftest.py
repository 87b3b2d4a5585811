import numpy as np
import pytest

from dualalign.measures.note_sets import NoteSet
from tests.measures.made_up_notes import made_up


def _spelled(notes: NoteSet, seed: int) -> NoteSet:
    """Notes with a few words of their own, as every real note has."""
    random = np.random.default_rng(seed)
    own = ["".join(random.choice(list("abcdefghij"), 6)) for _ in range(3 * len(notes))]
    texts = [
        f"{text} {' '.join(own[3 * row : 3 * row + 3]).capitalize()} for {' '.join(text.split()[:6])}."
        for row, text in enumerate(notes.texts)
    ]
    return NoteSet(tuple(texts), notes.groups, notes.years)


@pytest.fixture(scope="package")
def saw() -> NoteSet:
    return _spelled(made_up(150, 1), 1)


@pytest.fixture(scope="package")
def held_out() -> NoteSet:
    return _spelled(made_up(150, 2), 2)


@pytest.fixture(scope="package")
def independent() -> NoteSet:
    return _spelled(made_up(150, 3), 3)


@pytest.fixture(scope="package")
def cheat(saw: NoteSet, independent: NoteSet) -> NoteSet:
    """Every other note is one that was seen."""
    texts = [saw.texts[row] if row % 2 else text for row, text in enumerate(independent.texts)]
    return NoteSet(tuple(texts), independent.groups, independent.years)


@pytest.fixture(scope="package")
def edited(saw: NoteSet, independent: NoteSet) -> NoteSet:
    """Every other note is one that was seen, with every seventh word replaced."""

    def changed(text: str) -> str:
        words = text.split(" ")
        return " ".join("zzz" if place % 7 == 3 else word for place, word in enumerate(words))

    texts = [changed(saw.texts[row]) if row % 2 else text for row, text in enumerate(independent.texts)]
    return NoteSet(tuple(texts), independent.groups, independent.years)
