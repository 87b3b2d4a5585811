"""How near real notes lie to synthetic ones, and what an attacker learns from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from dualalign.measures.alignment.noise import noise_baseline
from dualalign.measures.measure import Figure, Measure, TooLittleData, grouped_interval, random_numbers
from dualalign.measures.metric import lower, measured
from dualalign.measures.note_sets import NoteSet, side_by_side
from dualalign.measures.privacy.attack import CONTROL, NAIVE
from dualalign.measures.privacy.word_runs import words_of
from dualalign.stats.arrays import Floats, Rows
from dualalign.stats.ranking import roc_auc

MOST_REAL = 1000
MOST_OURS = 12_000
_COMMON = 0.2
_BLOCK = 200
_FALSE_ALARMS = 0.05
_DRAWS = 500


@dataclass(frozen=True, slots=True)
class Nearness:
    """Cosine similarities of real notes to synthetic ones.

    Args:
        of_real: greatest similarity of each real note, seen ones first.
        nearest_real: for each synthetic note, the real note it is nearest to.
    """

    of_real: Floats
    nearest_real: Rows


@measured(membership_inference=lower(0, 1), nearer_to_seen=lower(0, 1))
def nearness(notes: NoteSet, saw: NoteSet, held_out: NoteSet) -> list[Measure]:
    """Return membership inference and the share of synthetic notes nearer to seen than to unseen notes."""
    size = min(len(saw), len(held_out), MOST_REAL)
    saw, held_out = saw.sample(size), held_out.sample(size)
    ours = notes.sample(MOST_OURS)
    found = _nearness(ours.texts, [*saw.texts, *held_out.texts])
    return [_membership(found, saw, held_out), _distance_ratio(found, saw, held_out, len(ours))]


def _membership(found: Nearness, saw: NoteSet, held_out: NoteSet) -> Measure:
    """An attacker who holds a note asks whether the generator saw it, by its similarity to the nearest synthetic one."""
    groups, seen = side_by_side(saw, held_out)
    lengths = np.array([len(text) for text in (*saw.texts, *held_out.texts)], dtype=np.float64)
    unseen = found.of_real[~seen]
    first = set(held_out.halves()[0].groups)
    half = np.array([group in first for group in held_out.groups])
    alarm = float(np.quantile(unseen, 1 - _FALSE_ALARMS))
    return Figure(
        roc_auc(seen, found.of_real),
        grouped_interval(groups, lambda rows: roc_auc(seen[rows], found.of_real[rows])),
        {
            f"seen notes found at {_FALSE_ALARMS:.0%} false alarms": float(
                (found.of_real[seen] > alarm).mean()
            ),
            "median similarity of seen notes": float(np.median(found.of_real[seen])),
            "median similarity of unseen notes": float(np.median(unseen)),
        },
        {NAIVE: roc_auc(seen, lengths), CONTROL: roc_auc(half, unseen)},
        note=f"AUC, {len(saw):,} seen and {len(held_out):,} unseen notes; 0.5 is no better than guessing. Naive: by a "
        "note's length; control: unseen against unseen",
    )


def _distance_ratio(found: Nearness, saw: NoteSet, held_out: NoteSet, synthetic: int) -> Measure:
    """Each synthetic note votes for the half its nearest real note is of; without copying, half of them for each."""
    votes = np.bincount(found.nearest_real, minlength=len(found.of_real)).astype(np.float64)
    groups, seen = side_by_side(saw, held_out)
    random = random_numbers()
    by_chance = [votes[random.permutation(seen)].sum() / votes.sum() for _ in range(_DRAWS)]

    def share(rows: Rows) -> float:
        total = votes[rows].sum()
        return float(votes[rows][seen[rows]].sum() / total) if total else float("nan")

    return Figure(
        share(np.arange(len(votes))),
        grouped_interval(groups, share),
        {"real notes that are nearest to some synthetic note": float((votes > 0).mean())},
        {NAIVE: 0.5, CONTROL: noise_baseline(by_chance)["noise, 1 in 20"]},
        note=f"share of {synthetic:,} synthetic notes whose nearest real note was seen, of equally many seen and unseen; "
        "control: exceeded by chance one time in twenty",
    )


def _nearness(ours: Sequence[str], real: Sequence[str]) -> Nearness:
    from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

    if not any(map(words_of, real)):
        raise TooLittleData("the real notes hold no words", "give notes with text")
    counter = CountVectorizer(analyzer=_words_and_pairs, dtype=np.float32)
    counts = counter.fit_transform([*ours, *real]).tocsc()
    # Words of many real notes tell nothing of one note and cost most of the time; those of many synthetic ones do: a
    # note that was copied a thousand times is all of such words.
    notes_with = np.diff(counts.indptr)
    real_with = np.diff(counts[len(ours) :].indptr)
    telling = (notes_with >= 2) & (real_with <= max(1, _COMMON * len(real)))
    if not (telling & (real_with > 0)).any():
        raise TooLittleData("the notes share no words that tell one from another", "give more notes")
    vectors = TfidfTransformer(sublinear_tf=True).fit_transform(counts[:, telling]).tocsr()
    mine, theirs = vectors[: len(ours)], vectors[len(ours) :].T.tocsr()
    of_real = np.zeros(len(real))
    nearest = np.zeros(len(ours), dtype=np.intp)
    for start in range(0, len(ours), _BLOCK):
        alike = (mine[start : start + _BLOCK] @ theirs).toarray()
        of_real = np.maximum(of_real, alike.max(axis=0))
        nearest[start : start + _BLOCK] = alike.argmax(axis=1)
    return Nearness(of_real, nearest)


def _words_and_pairs(text: str) -> list[str]:
    words = words_of(text)
    return words + [f"{first} {second}" for first, second in pairwise(words)]
