"""Copying: do words of notes that the generator saw stand in the synthetic text, exactly or nearly?"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from dualalign.measures.measure import Measure, random_numbers
from dualalign.measures.metric import lower, measured
from dualalign.measures.note_sets import NoteSet
from dualalign.measures.privacy.attack import UNSEEN, Attack, attack_figure, rate_of
from dualalign.measures.privacy.word_runs import RunTable, words_of
from dualalign.reading.splitter import split_sentences

_T = TypeVar("_T")

RUNS = (8, 12, 20, 40)
COPIED = 12
"""Words in a row that count as copied: longer than set phrases, shorter than a sentence by heart."""

NEARLY = 0.4
"""Share of word pairs in common from which a sentence is nearly another; one word in six may differ."""

_LEAST_WORDS = 8
_MOST_OURS = 50_000
_MOST_SENTENCES = 5_000
_BLOCK = 256


def without_shared(held_out: NoteSet, saw: NoteSet) -> tuple[NoteSet, int]:
    """Return the unseen notes that are no seen ones, and how many were: a copy of both would hide in the control."""
    seen = {" ".join(words_of(text)) for text in saw.texts}
    kept = [row for row, text in enumerate(held_out.texts) if " ".join(words_of(text)) not in seen]
    return held_out.take(kept), len(held_out) - len(kept)


@measured(copied_runs=lower(0, 1))
def copied_runs(notes: NoteSet, saw: NoteSet, held_out: NoteSet) -> Measure:
    """Return the risk that a note which was seen is copied, by exact runs of words.

    The attack finds a seen note by a run of 12 of its words in the synthetic text. The control looks for notes of the
    same kind that were not seen; the naive baseline looks for seen notes in the unseen ones, which no generator
    touched: what real notes share with one another.
    """
    words: dict[str, int] = {}
    ours, seen, unseen = (RunTable(each.texts, words) for each in (notes, saw, held_out))
    shown = {}
    for length in RUNS:
        shown[f"seen notes with {length} words in a row"] = _share(seen.shared(ours, length))
        shown[f"unseen notes with {length} words in a row"] = _share(unseen.shared(ours, length))
    long, unseen_long = seen.long_enough(COPIED), unseen.long_enough(COPIED)
    found = Attack(
        rate_of(seen.shared(ours, COPIED) > 0, saw.groups, long),
        rate_of(seen.shared(unseen, COPIED) > 0, saw.groups, long),
        rate_of(unseen.shared(ours, COPIED) > 0, held_out.groups, unseen_long),
        shown,
        UNSEEN,
    )
    return attack_figure(
        found,
        f"notes with {COPIED} words in a row of theirs in the synthetic text",
        _not_tried(long, f"have fewer than {COPIED} words"),
    )


@measured(copied_nearly=lower(0, 1))
def copied_nearly(notes: NoteSet, saw: NoteSet, held_out: NoteSet) -> Measure:
    """Return the same by single sentences that are nearly one of the synthetic text; see `copied_runs`."""
    ours = list(dict.fromkeys(_sentences(notes)[0]))
    ours = _some(ours, _MOST_OURS)
    unseen_sentences = _sentences(held_out)[0]
    held, tried = _nearly_held(saw, ours)
    by_others, _ = _nearly_held(saw, _some(unseen_sentences, len(ours)))
    unseen_held, unseen_tried = _nearly_held(held_out, ours)
    found = Attack(
        rate_of(held, saw.groups, tried),
        rate_of(by_others, saw.groups, tried),
        rate_of(unseen_held, held_out.groups, unseen_tried),
        naive_name=UNSEEN,
    )
    return attack_figure(
        found,
        f"notes with a sentence of {_LEAST_WORDS} words or more that shares {NEARLY:.0%} of its word pairs with one of "
        f"{len(ours):,} synthetic sentences",
        _not_tried(tried, f"have no sentence of {_LEAST_WORDS} words, or none that was drawn"),
    )


def _not_tried(tried: npt.NDArray[np.bool_], why: str) -> str:
    left = int((~tried).sum())
    return f"{left:,} of {len(tried):,} seen notes {why}: not looked for" if left else ""


def _nearly_held(notes: NoteSet, pool: Sequence[str]) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return which notes have a sentence that is nearly one of the pool, and which had any to look for."""
    texts, rows = _sentences(notes)
    chosen = _some(list(range(len(texts))), _MOST_SENTENCES)
    held, tried = np.zeros((2, len(notes)), dtype=np.bool_)
    tried[[rows[place] for place in chosen]] = True
    if chosen and pool:
        alike = closest([texts[place] for place in chosen], pool) >= NEARLY
        held[[rows[place] for place, near in zip(chosen, alike, strict=True) if near]] = True
    return held, tried


def closest(texts: Sequence[str], pool: Sequence[str]) -> npt.NDArray[np.float64]:
    """Return, for each text, the greatest Jaccard similarity of its word pairs to those of any text of the pool."""
    from sklearn.feature_extraction.text import CountVectorizer

    if not any(map(_pairs, texts)):
        return np.zeros(len(texts))
    counter = CountVectorizer(analyzer=_pairs, binary=True, dtype=np.int32)
    counter.fit(texts)
    mine = counter.transform(texts)
    # Pairs that none of the texts has matter for the size of a sentence of the pool only.
    theirs = counter.transform(pool).T.tocsr()
    sizes = np.array([len(set(_pairs(text))) for text in pool])
    best = np.zeros(len(texts))
    for start in range(0, len(texts), _BLOCK):
        block = mine[start : start + _BLOCK]
        common = (block @ theirs).tocoo()
        own = np.asarray(block.sum(axis=1)).ravel()
        alike = common.data / (own[common.row] + sizes[common.col] - common.data)
        np.maximum.at(best, start + common.row, alike)
    return best


def _pairs(text: str) -> list[str]:
    words = words_of(text)
    return [f"{first} {second}" for first, second in pairwise(words)]


def _sentences(notes: NoteSet) -> tuple[list[str], list[int]]:
    texts, rows = [], []
    for row, text in enumerate(notes.texts):
        for start, end in split_sentences(text):
            if text.count(" ", start, end) >= _LEAST_WORDS - 1:
                texts.append(text[start:end])
                rows.append(row)
    return texts, rows


def _some(items: list[_T], most: int) -> list[_T]:
    if len(items) <= most:
        return items
    chosen = random_numbers().choice(len(items), most, replace=False)
    return [items[place] for place in np.sort(chosen)]


def _share(shared: npt.NDArray[np.float64]) -> float:
    return float((shared > 0).mean())
