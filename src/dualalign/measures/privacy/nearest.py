"""How near real notes lie to synthetic ones, and what an attacker learns from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from dualalign.measures.alignment.noise import noise_baseline
from dualalign.measures.auc import auc_of
from dualalign.measures.groups import Rows, grouped_interval
from dualalign.measures.measure import Measure, TooLittleData
from dualalign.measures.note_sets import NoteSet
from dualalign.measures.privacy.attack import CONTROL, NAIVE
from dualalign.measures.privacy.word_runs import words_of
from dualalign.randomness import Stream, generator

Floats = npt.NDArray[np.float64]

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


def measure_nearness(synthetic: NoteSet, saw: NoteSet, held_out: NoteSet, seed: int = 0) -> list[Measure]:
    """Return membership inference and the share of synthetic notes nearer to seen than to unseen notes.

    Args:
        synthetic: notes of the cohort.
        saw: notes that the generator saw.
        held_out: notes of the same kind that it did not see.
        seed: draws equal numbers of both.
    """
    size = min(len(saw), len(held_out), MOST_REAL)
    saw, held_out = saw.sample(size, seed), held_out.sample(size, seed)
    ours = synthetic.sample(MOST_OURS, seed)
    found = _nearness(ours.texts, [*saw.texts, *held_out.texts])
    return [_membership(found, saw, held_out, seed), _distance_ratio(found, saw, held_out, len(ours), seed)]


def _membership(found: Nearness, saw: NoteSet, held_out: NoteSet, seed: int) -> Measure:
    """An attacker who holds a note asks whether the generator saw it, by its similarity to the nearest synthetic one."""
    seen = np.arange(len(found.of_real)) < len(saw)
    groups = [*(f"s {group}" for group in saw.groups), *(f"u {group}" for group in held_out.groups)]
    lengths = np.array([len(text) for text in (*saw.texts, *held_out.texts)], dtype=np.float64)
    unseen = found.of_real[~seen]
    first = set(held_out.halves(seed)[0].groups)
    half = np.array([group in first for group in held_out.groups])
    alarm = float(np.quantile(unseen, 1 - _FALSE_ALARMS))
    return Measure(
        "membership_inference",
        "min",
        (0.0, 1.0),
        auc_of(seen, found.of_real),
        grouped_interval(groups, lambda rows: auc_of(seen[rows], found.of_real[rows]), seed),
        {
            f"seen notes found at {_FALSE_ALARMS:.0%} false alarms": float(
                (found.of_real[seen] > alarm).mean()
            ),
            "median similarity of seen notes": float(np.median(found.of_real[seen])),
            "median similarity of unseen notes": float(np.median(unseen)),
        },
        {NAIVE: auc_of(seen, lengths), CONTROL: auc_of(half, unseen)},
        note=f"AUC, {len(saw):,} seen and {len(held_out):,} unseen notes; 0.5 is no better than guessing. Naive: by a "
        "note's length; control: unseen against unseen",
    )


def _distance_ratio(found: Nearness, saw: NoteSet, held_out: NoteSet, synthetic: int, seed: int) -> Measure:
    """Each synthetic note votes for the half its nearest real note is of; without copying, half of them for each."""
    votes = np.bincount(found.nearest_real, minlength=len(found.of_real)).astype(np.float64)
    seen = np.arange(len(votes)) < len(saw)
    groups = [*(f"s {group}" for group in saw.groups), *(f"u {group}" for group in held_out.groups)]
    random = generator(seed, Stream.MEASURE)
    by_chance = [votes[random.permutation(seen)].sum() / votes.sum() for _ in range(_DRAWS)]

    def share(rows: Rows) -> float:
        total = votes[rows].sum()
        return float(votes[rows][seen[rows]].sum() / total) if total else float("nan")

    return Measure(
        "nearer_to_seen",
        "min",
        (0.0, 1.0),
        share(np.arange(len(votes))),
        grouped_interval(groups, share, seed),
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
