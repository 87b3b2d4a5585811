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
import numpy.typing as npt

from dualalign.cohort.reader import Cohort
from dualalign.errors import MeasureError
from dualalign.measures.measure import Measure, bootstrap_interval

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack

YEARS = (0, 1, 2, 3, 5, 7, 9)
_FOLDS = 5
_COLUMNS = 1 << 16
FEWEST = 20
"""Cases and controls below which the curve means nothing."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _People:
    """Who is told from whom.

    Args:
        rows: patient id -> row.
        cases: n marks.
        folds: n folds, drawn by matched set.
    """

    rows: dict[str, int]
    cases: npt.NDArray[np.bool_]
    folds: npt.NDArray[np.intp]


def measure_leakage(cohort: Cohort, pack: Pack, years: Sequence[int] = YEARS, seed: int = 0) -> Measure:
    """Return how far case and control can be told apart by any words, above what keywords in real notes allow.

    For each k, a logistic regression on the words of all notes written more than k years before the index date is
    scored out of fold. The value is the greatest excess of its AUC over the pack's curve of real notes
    (`published_results.yaml`, interpolated); the breakdown holds the AUC by k.

    Args:
        cohort: a finished cohort with controls.
        pack: the pack it was made with.
        years: values of k, each below the horizon.
        seed: draws the folds.

    Raises:
        MeasureError: fewer than 20 cases or controls, or a pack without a curve of real notes.
    """
    people = _people(cohort, pack, seed)
    scores = [_out_of_fold(_word_vectors(texts), people) for texts in _texts(cohort, people, years)]
    note = "greatest AUC of case against control by all words, above that of keywords in real notes"
    return _excess("leakage_excess", people, scores, pack, years, seed, note)


def measure_keyword_leakage(
    cohort: Cohort, pack: Pack, years: Sequence[int] = YEARS, seed: int = 0
) -> Measure:
    """Return the same by keywords alone, as the real curve was drawn: how often each term of the lexicon was mentioned.

    Mentions count whatever is said of them, denials too, as a search for keywords would find them.

    Args:
        cohort: a finished cohort with controls.
        pack: the pack it was made with.
        years: values of k, each below the horizon.
        seed: draws the folds.

    Raises:
        MeasureError: fewer than 20 cases or controls, or a pack without a curve of real notes.
    """
    people = _people(cohort, pack, seed)
    scores = [_out_of_fold(_count_columns(counts), people) for counts in _counts(cohort, people, years)]
    note = "greatest AUC of case against control by counts of keywords, above that of keywords in real notes"
    return _excess("leakage_excess_keywords", people, scores, pack, years, seed, note)


def _people(cohort: Cohort, pack: Pack, seed: int) -> _People:
    if not pack.published_results.leakage:
        raise MeasureError("the pack has no curve of real notes", "add `leakage` to published_results.yaml")
    personas = cohort.table("personas", ["patient_id", "is_case", "matched_to"]).to_pylist()
    cases = np.array([row["is_case"] for row in personas], dtype=np.bool_)
    if min(cases.sum(), (~cases).sum()) < FEWEST:
        raise MeasureError(
            f"{cohort.folder}: {int(cases.sum())} cases and {int((~cases).sum())} controls",
            f"make a cohort with at least {FEWEST} of each (--controls)",
        )
    groups = [row["matched_to"] or row["patient_id"] for row in personas]
    rows = {row["patient_id"]: place for place, row in enumerate(personas)}
    return _People(rows, cases, _folds(groups, seed))


def _excess(
    name: str,
    people: _People,
    scores: Sequence[Floats],
    pack: Pack,
    years: Sequence[int],
    seed: int,
    note: str,
) -> Measure:
    points = sorted(pack.published_results.leakage.items())
    real = np.interp(years, [year for year, _ in points], [auc for _, auc in points])
    cases = people.cases

    def excess(rows: npt.NDArray[np.intp]) -> float:
        if cases[rows].all() or not cases[rows].any():
            return float("nan")
        return float(max(_auc(cases[rows], scores[k][rows]) - real[k] for k in range(len(years))))

    found = [_auc(cases, each) for each in scores]
    return Measure(
        name,
        "min",
        (-1.0, 1.0),
        excess(np.arange(len(cases))),
        bootstrap_interval(len(cases), excess, seed, 300),
        {f"AUC {year} years before": value for year, value in zip(years, found, strict=True)},
        {f"real notes {year} years before": float(each) for year, each in zip(years, real, strict=True)},
        note=note,
    )


def _texts(cohort: Cohort, people: _People, years: Sequence[int]) -> list[list[str]]:
    """Return, for each k, what was written of each person more than k years before."""
    pieces: list[list[list[str]]] = [[[] for _ in people.rows] for _ in years]
    for part in cohort.iterate("notes", ["patient_id", "year_bin", "text"]):
        columns = (part[name].to_pylist() for name in ("patient_id", "year_bin", "text"))
        for patient, year, text in zip(*columns, strict=True):
            # The head of a note holds its type and date, which are no words about the patient.
            body = text.split("\n", 2)[-1]
            for k, least in enumerate(years):
                if year > least:
                    pieces[k][people.rows[patient]].append(body)
    return [["\n".join(each) for each in written] for written in pieces]


def _counts(cohort: Cohort, people: _People, years: Sequence[int]) -> list[Floats]:
    """Return, for each k, people x terms: mentions more than k years before."""
    visits = cohort.table("visits", ["patient_id", "visit", "year_bin"]).to_pydict()
    year_of = {
        each[:2]: each[2]
        for each in zip(visits["patient_id"], visits["visit"], visits["year_bin"], strict=True)
    }
    said = Counter[tuple[int, str, int]]()
    for batch in cohort.batches("mentions", ["patient_id", "visit", "term"]):
        columns = (batch[name].to_pylist() for name in ("patient_id", "visit", "term"))
        said.update(
            (people.rows[patient], term, year_of[patient, visit])
            for patient, visit, term in zip(*columns, strict=True)
        )
    place = {term: column for column, term in enumerate(sorted({term for _, term, _ in said}))}
    found = [np.zeros((len(people.rows), len(place))) for _ in years]
    for (row, term, year), times in said.items():
        for k, least in enumerate(years):
            if year > least:
                found[k][row, place[term]] += times
    return found


def _folds(groups: Sequence[str], seed: int) -> npt.NDArray[np.intp]:
    names = sorted(set(groups))
    places = np.random.default_rng(seed).permutation(len(names)) % _FOLDS
    fold = dict(zip(names, places.tolist(), strict=True))
    return np.array([fold[group] for group in groups], dtype=np.intp)


def _word_vectors(texts: Sequence[str]) -> tuple[Any, float]:
    """Return vectors of words, and how loosely a regression on them is held."""
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

    counts = HashingVectorizer(n_features=_COLUMNS, alternate_sign=False, norm=None).transform(texts)
    return TfidfTransformer(sublinear_tf=True).fit_transform(counts), 10.0


def _count_columns(counts: Floats) -> tuple[Any, float]:
    """Return counts as columns of mean 0 and spread 1, and how loosely a regression on them is held."""
    logs = np.log1p(counts)
    return (logs - logs.mean(axis=0)) / np.maximum(logs.std(axis=0), 1e-9), 0.1


def _out_of_fold(features: tuple[Any, float], people: _People) -> Floats:
    from sklearn.linear_model import LogisticRegression

    vectors, strength = features
    scores = np.zeros(len(people.cases))
    for fold in np.unique(people.folds):
        held = people.folds == fold
        model = LogisticRegression(C=strength, max_iter=500).fit(vectors[~held], people.cases[~held])
        scores[held] = model.decision_function(vectors[held])
    return scores


def _auc(cases: npt.NDArray[np.bool_], scores: Floats) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(cases, scores))
