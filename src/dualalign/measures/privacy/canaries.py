"""Planted canaries: sentences that exist nowhere else, put into the notes a generator is shown, and looked for later.

Source: Carlini et al., The Secret Sharer, USENIX Security 2019; here for generators known by their text alone.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from dualalign.errors import InputDataError, MeasureError
from dualalign.files import parse_json, write_text
from dualalign.measures.measure import Measure, random_numbers
from dualalign.measures.metric import lower, measured
from dualalign.measures.note_sets import NoteSet
from dualalign.measures.privacy.attack import Attack, Rate, attack_figure
from dualalign.measures.privacy.word_runs import RunTable, words_of

_SYLLABLES = [
    "ba",
    "ce",
    "di",
    "fo",
    "gu",
    "ha",
    "je",
    "ki",
    "lo",
    "mu",
    "na",
    "pe",
    "ri",
    "so",
    "tu",
    "va",
    "we",
    "zo",
]
_TELLING = 5
"""Words in a row by which a canary is known again."""


@dataclass(frozen=True, slots=True)
class Canaries:
    """Sentences of invented words.

    Args:
        planted: stand in the notes.
        decoys: of the same make, never shown to anybody.
    """

    planted: tuple[str, ...]
    decoys: tuple[str, ...]


def plant_canaries(notes: NoteSet, count: int, seed: int = 0, copies: int = 1) -> tuple[NoteSet, Canaries]:
    """Return the notes with canaries added at the end of some, and the canaries.

    Args:
        notes: real notes, before they are shown to a generator.
        count: canaries planted; as many decoys are made.
        seed: draws words and places.
        copies: notes each canary goes into.

    Raises:
        MeasureError: fewer notes than canaries and copies ask for.
    """
    if count * copies > len(notes):
        raise MeasureError(
            f"{count} canaries in {copies} copies for {len(notes)} notes", "plant fewer, or give more notes"
        )
    random = random_numbers(seed)
    made = [_sentence(random) for _ in range(2 * count)]
    texts = list(notes.texts)
    places = random.permutation(len(notes))[: count * copies]
    for number, place in enumerate(places):
        texts[place] = f"{texts[place].rstrip()}\n{made[number % count]}"
    canaries = Canaries(tuple(made[:count]), tuple(made[count:]))
    return NoteSet(tuple(texts), notes.groups, notes.years), canaries


def write_canaries(canaries: Canaries, file: str | Path) -> Path:
    """Write canaries as JSON, to look for them later, and return the file."""
    out = Path(file)
    write_text(out, json.dumps(asdict(canaries), indent=2))
    return out


def read_canaries(file: str | Path) -> Canaries:
    """Read canaries that `write_canaries` wrote.

    Raises:
        InputDataError: no such file, or one of another form.
    """
    try:
        content = parse_json(Path(file).read_bytes())
        return Canaries(tuple(map(str, content["planted"])), tuple(map(str, content["decoys"])))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputDataError(
            f"{file}: holds no canaries ({type(error).__name__})", "give the file that `write_canaries` wrote"
        ) from None


@measured(canaries=lower(0, 1))
def measure_canaries(notes: NoteSet, canaries: Canaries) -> Measure:
    """Return the risk that a canary comes back: five of its words in a row stand in the synthetic text."""
    if not canaries.planted or not canaries.decoys:
        raise MeasureError(
            "canaries need planted ones and decoys", "give both, as `plant_canaries` made them"
        )
    words: dict[str, int] = {}
    ours = RunTable(notes.texts, words)
    back = {
        name: np.array(RunTable(each, words).shared(ours, _TELLING) > 0)
        for name, each in (("planted", canaries.planted), ("decoys", canaries.decoys))
    }
    found = Attack(
        Rate(int(back["planted"].sum()), len(canaries.planted)),
        Rate(0, len(canaries.planted)),
        Rate(int(back["decoys"].sum()), len(canaries.decoys)),
        {"planted canaries that came back": float(back["planted"].sum())},
    )
    return attack_figure(found, f"{len(canaries.planted)} planted, {len(canaries.decoys)} decoys")


def _sentence(random: np.random.Generator) -> str:
    words = ["".join(random.choice(_SYLLABLES, 3)) for _ in range(7)]
    sentence = " ".join(words).capitalize() + f" {int(random.integers(1000, 10000))}."
    assert len(words_of(sentence)) >= _TELLING
    return sentence
