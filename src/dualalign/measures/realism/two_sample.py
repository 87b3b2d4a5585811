"""Classifier two-sample test: can a model tell synthetic from reference text it has not seen?

Source: Lopez-Paz and Oquab, Revisiting Classifier Two-Sample Tests, ICLR 2017.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dualalign.measures.measure import Figure, Measure, TooLittleData, grouped_interval, random_numbers
from dualalign.measures.metric import lower, measured
from dualalign.measures.note_sets import NoteSet, side_by_side
from dualalign.measures.realism.giveaways import giveaway_words
from dualalign.measures.realism.words import word_counts
from dualalign.reading.splitter import split_sentences
from dualalign.stats.arrays import Floats, Marks, Rows
from dualalign.stats.folds import group_folds
from dualalign.stats.ranking import roc_auc

MOST_NOTES = 1500
MOST_SENTENCES = 4000
FEWEST = 20
"""Notes of each kind below which the test means nothing."""

_FOLDS = 5


@measured(two_sample_notes=lower(0, 1))
def two_sample_notes(patient_notes: NoteSet, reference: NoteSet) -> Measure:
    """Return how well whole notes are told from reference ones; 0.5 is not at all.

    Logistic regression on words and word pairs, scored out of fold; equal numbers of both kinds, folds drawn by
    group. The breakdown holds the words that give most away: above 0 those of synthetic, below 0 those of
    reference text, none that a few reference notes could be known by.

    Raises:
        MeasureError: too few notes of either kind.
    """
    # Evened twice, as sentences are: the draws are part of the published figures.
    ours, theirs = _evened(*_evened(patient_notes, reference, MOST_NOTES), MOST_NOTES)
    return _told_apart(ours, theirs)


@measured(two_sample_sentences=lower(0, 1))
def two_sample_sentences(patient_notes: NoteSet, reference: NoteSet) -> Measure:
    """Return the same of single sentences; see `two_sample_notes`."""
    notes = _evened(patient_notes, reference, MOST_NOTES)
    ours, theirs = _evened(_sentences(notes[0]), _sentences(notes[1]), MOST_SENTENCES)
    return _told_apart(ours, theirs)


def _told_apart(ours: NoteSet, theirs: NoteSet) -> Measure:
    groups, marks = side_by_side(ours, theirs)
    texts = [*ours.texts, *theirs.texts]
    scores = _scores(texts, marks, groups)
    halves = theirs.halves()
    same_groups, same = side_by_side(*halves)
    within = _scores([*halves[0].texts, *halves[1].texts], same, same_groups)
    by_length = roc_auc(marks, np.array([len(text.split()) for text in texts], dtype=np.float64))
    return Figure(
        roc_auc(marks, scores),
        grouped_interval(groups, lambda rows: roc_auc(marks[rows], scores[rows])),
        giveaway_words(ours, theirs),
        {
            "reference against itself": roc_auc(same, within),
            "length alone": max(by_length, 1 - by_length),
        },
        note=f"AUC, {len(ours):,} of each kind; 0.5 is not told apart. The breakdown holds the words that tell most, "
        "above 0 synthetic, below 0 reference",
    )


def _scores(texts: Sequence[str], marks: Marks, groups: Sequence[str]) -> Floats:
    from sklearn.feature_extraction.text import TfidfTransformer
    from sklearn.linear_model import LogisticRegression

    counts, _ = word_counts(texts, fewest=2)
    vectors = TfidfTransformer(sublinear_tf=True).fit_transform(counts)
    folds = _folds_of_both(groups, marks)
    scores = np.zeros(len(texts))
    for fold in np.unique(folds):
        held = folds == fold
        model = LogisticRegression(C=10.0, solver="liblinear").fit(vectors[~held], marks[~held])
        scores[held] = model.decision_function(vectors[held])
    return scores


def _folds_of_both(groups: Sequence[str], marks: Marks) -> Rows:
    """Spread the groups of each kind over the folds apart, so that no fold holds one kind alone."""
    folds = np.zeros(len(groups), dtype=np.intp)
    for kind in (False, True):
        rows = np.flatnonzero(marks == kind).tolist()
        random = random_numbers()
        folds[rows] = group_folds([groups[row] for row in rows], _FOLDS, random)
    return folds


def _sentences(notes: NoteSet) -> NoteSet:
    texts: list[str] = []
    groups: list[str] = []
    for text, group in zip(notes.texts, notes.groups, strict=True):
        said = [text[start:end] for start, end in split_sentences(text)]
        texts.extend(said)
        groups.extend([group] * len(said))
    return NoteSet(tuple(texts), tuple(groups), (None,) * len(texts))


def _evened(first: NoteSet, second: NoteSet, most: int) -> tuple[NoteSet, NoteSet]:
    size = min(len(first), len(second), most)
    if size < FEWEST:
        raise TooLittleData(
            f"{len(first)} synthetic and {len(second)} reference notes are too few to tell apart",
            f"give at least {FEWEST} of each",
        )
    random = random_numbers()
    return tuple(  # type: ignore[return-value]  # two sets in, two out
        each.take(np.sort(random.choice(len(each), size, replace=False))) for each in (first, second)
    )
