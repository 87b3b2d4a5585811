"""Leakage: how early notes give the disease away, beside how early real notes do.

A generator whose notes tell cases from controls years before real notes can is too easy: what a model learns on them
about early detection will not hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

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


def measure_leakage(cohort: Cohort, pack: Pack, years: Sequence[int] = YEARS, seed: int = 0) -> Measure:
    """Return how far case and control can be told apart, above what real notes allow.

    For each k, a logistic regression on the words of all notes written more than k years before the index date is
    scored out of fold, folds drawn by matched set. The value is the greatest excess of its AUC over the pack's curve
    of real notes (`published_results.yaml`, interpolated); the breakdown holds the AUC by k.

    Args:
        cohort: a finished cohort with controls.
        pack: the pack it was made with.
        years: values of k, each below the horizon.
        seed: draws the folds.

    Raises:
        MeasureError: fewer than 20 cases or controls, or a pack without a curve of real notes.
    """
    curve = pack.published_results.leakage
    if not curve:
        raise MeasureError("the pack has no curve of real notes", "add `leakage` to published_results.yaml")
    texts, cases, groups = _texts(cohort, years)
    if min(cases.sum(), (~cases).sum()) < FEWEST:
        raise MeasureError(
            f"{cohort.folder}: {int(cases.sum())} cases and {int((~cases).sum())} controls",
            f"make a cohort with at least {FEWEST} of each (--controls)",
        )
    folds = _folds(groups, seed)
    points = sorted(curve.items())
    real = np.interp(years, [year for year, _ in points], [auc for _, auc in points])
    scores = np.column_stack([_out_of_fold(texts[k], cases, folds) for k in range(len(years))])

    def excess(rows: npt.NDArray[np.intp]) -> float:
        if cases[rows].all() or not cases[rows].any():
            return float("nan")
        return float(max(_auc(cases[rows], scores[rows, k]) - real[k] for k in range(len(years))))

    found = [_auc(cases, scores[:, k]) for k in range(len(years))]
    return Measure(
        "leakage_excess",
        "min",
        (-1.0, 1.0),
        excess(np.arange(len(cases))),
        bootstrap_interval(len(cases), excess, seed, 300),
        {f"AUC {year} years before": value for year, value in zip(years, found, strict=True)},
        {f"real notes {year} years before": float(each) for year, each in zip(years, real, strict=True)},
        note="greatest AUC of case against control, above that of keywords in real notes",
    )


def _texts(cohort: Cohort, years: Sequence[int]) -> tuple[list[list[str]], npt.NDArray[np.bool_], list[str]]:
    """Return, for each k, what was written of each person more than k years before; who is a case; matched sets."""
    personas = cohort.table("personas", ["patient_id", "is_case", "matched_to"]).to_pylist()
    rows = {row["patient_id"]: place for place, row in enumerate(personas)}
    pieces: list[list[list[str]]] = [[[] for _ in rows] for _ in years]
    for part in cohort.iterate("notes", ["patient_id", "year_bin", "text"]):
        columns = (part[name].to_pylist() for name in ("patient_id", "year_bin", "text"))
        for patient, year, text in zip(*columns, strict=True):
            # The head of a note holds its type and date, which are no words about the patient.
            body = text.split("\n", 2)[-1]
            for k, least in enumerate(years):
                if year > least:
                    pieces[k][rows[patient]].append(body)
    joined = [["\n".join(each) for each in people] for people in pieces]
    cases = np.array([row["is_case"] for row in personas], dtype=np.bool_)
    return joined, cases, [row["matched_to"] or row["patient_id"] for row in personas]


def _folds(groups: Sequence[str], seed: int) -> npt.NDArray[np.intp]:
    names = sorted(set(groups))
    places = np.random.default_rng(seed).permutation(len(names)) % _FOLDS
    fold = dict(zip(names, places.tolist(), strict=True))
    return np.array([fold[group] for group in groups], dtype=np.intp)


def _out_of_fold(texts: Sequence[str], cases: npt.NDArray[np.bool_], folds: npt.NDArray[np.intp]) -> Floats:
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
    from sklearn.linear_model import LogisticRegression

    counts = HashingVectorizer(n_features=_COLUMNS, alternate_sign=False, norm=None).transform(texts)
    vectors = TfidfTransformer(sublinear_tf=True).fit_transform(counts)
    scores = np.zeros(len(texts))
    for fold in np.unique(folds):
        held = folds == fold
        model = LogisticRegression(C=10.0, max_iter=500).fit(vectors[~held], cases[~held])
        scores[held] = model.decision_function(vectors[held])
    return scores


def _auc(cases: npt.NDArray[np.bool_], scores: Floats) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(cases, scores))
