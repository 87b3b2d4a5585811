"""Classifier two-sample test: can a model tell synthetic from reference text it has not seen?

Source: Lopez-Paz and Oquab, Revisiting Classifier Two-Sample Tests, ICLR 2017.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dualalign.measures.auc import auc_of
from dualalign.measures.groups import grouped_folds, grouped_interval
from dualalign.measures.measure import Measure, TooLittleData
from dualalign.measures.note_sets import NoteSet
from dualalign.measures.realism.giveaways import giveaway_words
from dualalign.measures.realism.words import word_counts
from dualalign.randomness import Stream, generator
from dualalign.reading.splitter import split_sentences

MOST_NOTES = 1500
MOST_SENTENCES = 4000
FEWEST = 20
"""Notes of each kind below which the test means nothing."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Scored:
    auc: float
    scores: Floats


def measure_two_sample(synthetic: NoteSet, reference: NoteSet, seed: int = 0) -> list[Measure]:
    """Return how well whole notes, and single sentences, are told from reference ones; 0.5 is not at all.

    Logistic regression on words and word pairs, scored out of fold; equal numbers of both kinds, folds drawn by
    group. The breakdown holds the words that give most away: above 0 those of synthetic, below 0 those of
    reference text, none that a few reference notes could be known by.

    Args:
        synthetic: notes of the cohort.
        reference: notes to hold them against, FEWEST or more.
        seed: draws samples and folds.

    Raises:
        MeasureError: too few notes of either kind.
    """
    synthetic, reference = _evened(synthetic, reference, MOST_NOTES, seed)
    found = []
    for name, most, cut in (
        ("two_sample_notes", MOST_NOTES, _as_they_are),
        ("two_sample_sentences", MOST_SENTENCES, _sentences),
    ):
        ours, theirs = _evened(cut(synthetic), cut(reference), most, seed)
        found.append(_measure(name, ours, theirs, seed))
    return found


def _measure(name: str, ours: NoteSet, theirs: NoteSet, seed: int) -> Measure:
    texts = [*ours.texts, *theirs.texts]
    # Ids of the two files may happen to be the same words.
    groups = [*(f"s {group}" for group in ours.groups), *(f"r {group}" for group in theirs.groups)]
    marks = np.arange(len(texts)) < len(ours)
    scored = _told_apart(texts, marks, groups, seed)
    halves = theirs.halves(seed)
    same = [*halves[0].texts, *halves[1].texts]
    within = _told_apart(
        same, np.arange(len(same)) < len(halves[0]), [*halves[0].groups, *halves[1].groups], seed
    )
    lengths = np.array([len(text.split()) for text in texts], dtype=np.float64)
    by_length = auc_of(marks, lengths)
    return Measure(
        name,
        "min",
        (0.0, 1.0),
        scored.auc,
        grouped_interval(groups, lambda rows: auc_of(marks[rows], scored.scores[rows]), seed),
        giveaway_words(ours, theirs),
        {"reference against itself": within.auc, "length alone": max(by_length, 1 - by_length)},
        note=f"AUC, {len(ours):,} of each kind; 0.5 is not told apart. The breakdown holds the words that tell most, "
        "above 0 synthetic, below 0 reference",
    )


def _told_apart(
    texts: Sequence[str], marks: npt.NDArray[np.bool_], groups: Sequence[str], seed: int
) -> _Scored:
    from sklearn.feature_extraction.text import TfidfTransformer
    from sklearn.linear_model import LogisticRegression

    counts, _ = word_counts(texts, fewest=2)
    vectors = TfidfTransformer(sublinear_tf=True).fit_transform(counts)
    folds = _folds_of_both(groups, marks, seed)
    scores = np.zeros(len(texts))
    for fold in np.unique(folds):
        held = folds == fold
        model = LogisticRegression(C=10.0, solver="liblinear").fit(vectors[~held], marks[~held])
        scores[held] = model.decision_function(vectors[held])
    return _Scored(auc_of(marks, scores), scores)


def _folds_of_both(groups: Sequence[str], marks: npt.NDArray[np.bool_], seed: int) -> npt.NDArray[np.intp]:
    """Spread the groups of each kind over the folds apart, so that no fold holds one kind alone."""
    folds = np.zeros(len(groups), dtype=np.intp)
    for kind in (False, True):
        rows = np.flatnonzero(marks == kind).tolist()
        folds[rows] = grouped_folds([groups[row] for row in rows], seed)
    return folds


def _as_they_are(notes: NoteSet) -> NoteSet:
    return notes


def _sentences(notes: NoteSet) -> NoteSet:
    texts: list[str] = []
    groups: list[str] = []
    for text, group in zip(notes.texts, notes.groups, strict=True):
        said = [text[start:end] for start, end in split_sentences(text)]
        texts.extend(said)
        groups.extend([group] * len(said))
    return NoteSet(tuple(texts), tuple(groups), (None,) * len(texts))


def _evened(first: NoteSet, second: NoteSet, most: int, seed: int) -> tuple[NoteSet, NoteSet]:
    size = min(len(first), len(second), most)
    if size < FEWEST:
        raise TooLittleData(
            f"{len(first)} synthetic and {len(second)} reference notes are too few to tell apart",
            f"give at least {FEWEST} of each",
        )
    random = generator(seed, Stream.MEASURE)
    return tuple(  # type: ignore[return-value]  # two sets in, two out
        each.take(np.sort(random.choice(len(each), size, replace=False))) for each in (first, second)
    )
