"""Leakage: how early notes give the disease away, beside how early real notes do.

A generator whose notes tell cases from controls years before real notes can is too easy: what a model learns on them
about early detection will not hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dualalign.measures.measure import Figure, Measure, TooLittleData, bootstrap_interval, random_numbers
from dualalign.measures.metric import lower, measured
from dualalign.measures.note_sets import NoteSet
from dualalign.stats.arrays import Floats, Marks, Rows
from dualalign.stats.folds import group_folds
from dualalign.stats.ranking import roc_auc

if TYPE_CHECKING:
    from dualalign.cohort.reader import Cohort
    from dualalign.packs.pack import Pack

YEARS = (0, 1, 2, 3, 5, 7, 9)
FEWEST = 20
"""Cases and controls below which the curve means nothing."""

_FOLDS = 5
_COLUMNS = 1 << 16


@dataclass(frozen=True, slots=True)
class Readings:
    """People, and what was written of each.

    Args:
        people: ids.
        cases: which of them have the disease.
        groups: matched sets, never parted between folds.
        notes: (row of the person, year before the index date, text); a year of None is not known.
    """

    people: tuple[str, ...]
    cases: Marks
    groups: tuple[str, ...]
    notes: tuple[tuple[int, int | None, str], ...]

    @property
    def dated(self) -> bool:
        """Whether the year of every note is known."""
        return all(year is not None for _, year, _ in self.notes)


@measured("controls", "real_curve", leakage_excess=lower(-1, 1))
def leakage_excess(readings: Readings, pack: Pack, years: Sequence[int] = YEARS) -> Measure:
    """Return how far case and control can be told apart by any words, above what keywords in real notes allow.

    For each k, a logistic regression on the words of all notes written more than k years before the index date is
    scored out of fold. The value is the greatest excess of its AUC over the pack's curve of real notes
    (`published_results.yaml`, interpolated); the breakdown holds the AUC by k. Notes whose years are not known are read
    all together, as of 0 years before.

    Args:
        years: values of k, each below the horizon.

    Raises:
        TooLittleData: fewer than 20 cases or controls.
    """
    years = years if readings.dated else (0,)
    scores = [_out_of_fold(*_word_vectors(_texts(readings, least)), readings) for least in years]
    note = "greatest AUC of case against control by all words, above that of keywords in real notes"
    if not readings.dated:
        note += "; years are not known: all notes together"
    return _excess(readings, scores, pack, years, note)


@measured("controls", "real_curve", leakage_excess_keywords=lower(-1, 1))
def leakage_excess_keywords(
    readings: Readings, cohort: Cohort, pack: Pack, years: Sequence[int] = YEARS
) -> Measure:
    """Return the same by keywords alone, as the real curve was drawn: how often each term of the lexicon was mentioned.

    Mentions count whatever is said of them, denials too, as a search for keywords would find them.

    Args:
        years: values of k, each below the horizon.

    Raises:
        TooLittleData: fewer than 20 cases or controls.
    """
    scores = [_out_of_fold(*_count_columns(counts), readings) for counts in _counts(cohort, readings, years)]
    note = "greatest AUC of case against control by counts of keywords, above that of keywords in real notes"
    return _excess(readings, scores, pack, years, note)


def read_cohort(cohort: Cohort) -> Readings:
    """Return what a cohort's notes say of each person, without their heads."""
    personas = cohort.table("personas", ["patient_id", "is_case", "matched_to"]).to_pylist()
    rows = {row["patient_id"]: place for place, row in enumerate(personas)}
    columns = ["patient_id", "year_bin", "text"]
    return Readings(
        tuple(rows),
        np.array([row["is_case"] for row in personas], dtype=np.bool_),
        tuple(row["matched_to"] or row["patient_id"] for row in personas),
        tuple(
            # The head of a note holds its type and date, which are no words about the patient.
            (rows[row["patient_id"]], row["year_bin"], row["text"].split("\n", 2)[-1])
            for part in cohort.iterate("notes", columns)
            for row in part.to_pylist()
        ),
    )


def read_notes(notes: NoteSet) -> Readings:
    """Return what notes say of each person, whole; years count from 0, the last one before the index date."""
    rows: dict[str, int] = {}
    cases: list[bool] = []
    for group, case in zip(notes.groups, notes.cases, strict=True):
        if rows.setdefault(group, len(rows)) == len(cases):
            cases.append(case)
    said = zip(notes.groups, notes.years, notes.texts, strict=True)
    return Readings(
        tuple(rows),
        np.array(cases, dtype=np.bool_),
        tuple(rows),
        tuple((rows[group], None if year is None else year + 1, text) for group, year, text in said),
    )


def _excess(
    readings: Readings, scores: Sequence[Floats], pack: Pack, years: Sequence[int], note: str
) -> Measure:
    points = sorted(pack.published_results.leakage.items())
    real = np.interp(years, [year for year, _ in points], [auc for _, auc in points])
    cases = readings.cases

    def excess(rows: Rows) -> float:
        # Not a number where a resample holds one kind of people only.
        return float(
            np.max([roc_auc(cases[rows], each[rows]) - auc for each, auc in zip(scores, real, strict=True)])
        )

    found = [roc_auc(cases, each) for each in scores]
    return Figure(
        excess(np.arange(len(cases))),
        bootstrap_interval(len(cases), excess, draws=300),
        {f"AUC {year} years before": value for year, value in zip(years, found, strict=True)},
        {f"real notes {year} years before": float(each) for year, each in zip(years, real, strict=True)},
        note=note,
    )


def _texts(readings: Readings, least: int) -> list[str]:
    """Return what was written of each person more than so many years before."""
    pieces: list[list[str]] = [[] for _ in readings.people]
    for row, year, text in readings.notes:
        if year is None or year > least:
            pieces[row].append(text)
    return ["\n".join(each) for each in pieces]


def _counts(cohort: Cohort, readings: Readings, years: Sequence[int]) -> list[Floats]:
    """Return, for each k, people x terms: mentions more than k years before."""
    visits = cohort.table("visits", ["patient_id", "visit", "year_bin"]).to_pydict()
    year_of = {
        each[:2]: each[2]
        for each in zip(visits["patient_id"], visits["visit"], visits["year_bin"], strict=True)
    }
    rows = {person: row for row, person in enumerate(readings.people)}
    said = Counter[tuple[int, str, int]]()
    for batch in cohort.batches("mentions", ["patient_id", "visit", "term"]):
        columns = (batch[name].to_pylist() for name in ("patient_id", "visit", "term"))
        said.update(
            (rows[patient], term, year_of[patient, visit])
            for patient, visit, term in zip(*columns, strict=True)
        )
    place = {term: column for column, term in enumerate(sorted({term for _, term, _ in said}))}
    found = [np.zeros((len(rows), len(place))) for _ in years]
    for (row, term, year), times in said.items():
        for counts, least in zip(found, years, strict=True):
            if year > least:
                counts[row, place[term]] += times
    return found


def _word_vectors(texts: Sequence[str]) -> tuple[Any, float]:
    """Return vectors of words, and how loosely a regression on them is held."""
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

    counts = HashingVectorizer(n_features=_COLUMNS, alternate_sign=False, norm=None).transform(texts)
    return TfidfTransformer(sublinear_tf=True).fit_transform(counts), 10.0


def _count_columns(counts: Floats) -> tuple[Any, float]:
    """Return counts as columns of mean 0 and spread 1, and how loosely a regression on them is held."""
    logs = np.log1p(counts)
    return (logs - logs.mean(axis=0)) / np.maximum(logs.std(axis=0), 1e-9), 0.1


def _out_of_fold(vectors: Any, strength: float, readings: Readings) -> Floats:
    from sklearn.linear_model import LogisticRegression

    cases = readings.cases
    few = min(int(cases.sum()), int((~cases).sum()))
    if few < FEWEST:
        raise TooLittleData(
            f"{int(cases.sum())} cases and {int((~cases).sum())} controls are too few to tell apart",
            f"give at least {FEWEST} of each (--controls)",
        )
    folds = group_folds(readings.groups, _FOLDS, random_numbers())
    scores = np.zeros(len(cases))
    for fold in np.unique(folds):
        held = folds == fold
        model = LogisticRegression(C=strength, max_iter=500).fit(vectors[~held], cases[~held])
        scores[held] = model.decision_function(vectors[held])
    return scores
