"""The words by which synthetic text is told from reference text, shown so that no reference note can be known by them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from dualalign.measures.note_sets import NoteSet
from dualalign.measures.realism.words import word_counts
from dualalign.stats.folds import rows_of_groups

FEWEST_GROUPS = 10
"""Patients (or notes) whose text must hold a word before it is shown."""

_SHOWN = 15
_PRIOR = 0.5
_WORDS = re.compile(r"[a-z']+(?: [a-z']+)?")

Marks = npt.NDArray[np.bool_]


def giveaway_words(synthetic: NoteSet, reference: NoteSet, shown: int = _SHOWN) -> dict[str, float]:
    """Return words and word pairs with the log odds of standing in a synthetic rather than a reference text.

    A word is shown only if FEWEST_GROUPS groups of the kind it tells of hold it in small letters (which leaves names
    out), and if no reference group or that many hold it at all: what stands in one to nine of them is never shown,
    whichever kind it tells of.

    Args:
        synthetic: texts of the cohort.
        reference: as many texts of the other kind.
        shown: words of each kind.
    """
    counts, words = word_counts([*synthetic.texts, *reference.texts], fewest=FEWEST_GROUPS)
    present = counts > 0
    held = {
        "synthetic": _groups_with(present[: len(synthetic)], synthetic.groups),
        "reference": _groups_with(present[len(synthetic) :], reference.groups),
    }
    texts_with = [
        np.asarray(half.sum(axis=0)).ravel() + _PRIOR
        for half in (present[: len(synthetic)], present[len(synthetic) :])
    ]
    sizes = [len(synthetic) + 2 * _PRIOR, len(reference) + 2 * _PRIOR]
    odds = [held_by / (size - held_by) for held_by, size in zip(texts_with, sizes, strict=True)]
    weights = np.log(odds[0] / odds[1])
    # A rare word may have great odds and yet tell little: rank by how much the word shifts the share of texts.
    tells = np.abs(texts_with[0] / sizes[0] - texts_with[1] / sizes[1])
    safe = (held["reference"] == 0) | (held["reference"] >= FEWEST_GROUPS)
    found: dict[str, float] = {}
    for kind, side, notes in (("synthetic", weights > 0, synthetic), ("reference", weights < 0, reference)):
        may = np.flatnonzero(safe & side & (held[kind] >= FEWEST_GROUPS))
        ranked = (words[column] for column in may[np.argsort(-tells[may])])
        weight = dict(zip(words, weights.tolist(), strict=True))
        chosen = _in_small_letters(ranked, notes, shown)
        found.update({word: weight[word] for word in chosen})
    return found


def _groups_with(present: object, groups: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return, for each column, the number of groups with a text that holds it."""
    from scipy.sparse import csr_matrix

    rows = rows_of_groups(groups)
    group_of = np.zeros(len(groups), dtype=np.intp)
    for number, members in enumerate(rows):
        group_of[members] = number
    joins = csr_matrix(
        (np.ones(len(groups)), (group_of, np.arange(len(groups)))), shape=(len(rows), len(groups))
    )
    return np.asarray(((joins @ present) > 0).sum(axis=0)).ravel().astype(np.int64)


def _in_small_letters(ranked: Iterable[str], notes: NoteSet, shown: int) -> list[str]:
    """Return the first words that enough groups hold as they stand, with no capital."""
    chosen: list[str] = []
    for word in ranked:
        if not _WORDS.fullmatch(word):
            continue
        spaced = r"\s+".join(map(re.escape, word.split()))
        pattern = re.compile(rf"(?<!\w){spaced}(?!\w)")
        holders = {
            group for text, group in zip(notes.texts, notes.groups, strict=True) if pattern.search(text)
        }
        if len(holders) >= FEWEST_GROUPS:
            chosen.append(word)
        if len(chosen) == shown:
            break
    return chosen
