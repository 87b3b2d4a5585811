"""What an experiment found: scores of each training set with intervals, and paired tests against gold only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from dualalign.experiments.cells import Outcome
from dualalign.experiments.intervals import Difference, Estimate, difference, estimate, holm, resample_scores
from dualalign.experiments.labelled_text import with_any
from dualalign.experiments.scores import (
    Floats,
    GroupCounts,
    Marks,
    accuracy_of,
    count_by_group,
    f1_of,
    precision_of,
    recall_of,
)
from dualalign.labels.gold import GoldSentences

DRAWS = 2000
REFERENCE = "gold"
TESTED = ("binary_f1", "macro_f1")


@dataclass(frozen=True, slots=True)
class Row:
    """One training set at one share of the gold.

    Args:
        training_set: its id.
        fraction: share of the gold; 0 without gold.
        scores: score name -> estimate. Names: `binary_precision`, `binary_recall`, `binary_f1`, `binary_accuracy`;
            `f1:LABEL` and `macro_f1` over all sentences (a sentence may carry several labels);
            `class_accuracy`, `class_f1:LABEL` among sentences with exactly one label.
        differences: score name -> paired difference from gold only at the same share of the gold; p-values of
            `binary_f1` and `macro_f1` are corrected for their number by Holm's method.
    """

    training_set: str
    fraction: float
    scores: Mapping[str, Estimate]
    differences: Mapping[str, Difference]

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, ready for JSON."""
        return asdict(self)


def summarise(
    outcomes: Sequence[Outcome], test: GoldSentences, draws: int = DRAWS, seed: int = 0
) -> list[Row]:
    """Score every training set on the test sentences.

    Scores are means over seeds; intervals and tests resample notes (groups), the same ones for every set.

    Args:
        outcomes: all seeds of all cells.
        test: the test sentences, in the order of the outcomes' logits.
        draws: resamples.
        seed: seed of the resampling.
    """
    cells: dict[tuple[str, float], list[Outcome]] = {}
    for outcome in outcomes:
        cells.setdefault((outcome.cell.training_set, outcome.cell.fraction), []).append(outcome)
    found = {at: _scores(runs, test, draws, seed) for at, runs in cells.items()}
    rows = []
    for (training_set, fraction), scores in found.items():
        against = {
            name: difference(score, found[reference][name])
            for reference in [_reference(found, fraction)]
            if reference is not None and training_set != REFERENCE
            for name, score in scores.items()
        }
        rows.append(
            Row(training_set, fraction, {name: estimate(*score) for name, score in scores.items()}, against)
        )
    return _corrected(rows)


def _reference(found: Mapping[tuple[str, float], Any], fraction: float) -> tuple[str, float] | None:
    """Gold only at the same share; text without gold is held against all of the gold."""
    at = (REFERENCE, fraction or max((share for name, share in found if name == REFERENCE), default=0.0))
    return at if at in found else None


def _corrected(rows: Sequence[Row]) -> list[Row]:
    tests = [(row, name) for row in range(len(rows)) for name in TESTED if name in rows[row].differences]
    corrected = holm([rows[row].differences[name].p for row, name in tests])
    result = list(rows)
    for (row, name), p in zip(tests, corrected, strict=True):
        changed = dict(result[row].differences)
        changed[name] = replace(changed[name], p=p)
        result[row] = replace(result[row], differences=changed)
    return result


def _scores(
    runs: Sequence[Outcome], test: GoldSentences, draws: int, seed: int
) -> dict[str, tuple[float, Floats]]:
    truth = with_any(test.labels)
    single = np.flatnonzero(test.labels.sum(axis=1) == 1)
    whole, among = [], []
    for run in runs:
        whole.append(count_by_group(truth, run.logits > run.thresholds, test.groups))
        among.append(_class_counts(run, truth, single, test.groups))
    names = [
        *(f"f1:{label}" for label in test.label_ids),
        "macro_f1",
        "binary_precision",
        "binary_recall",
        "binary_f1",
        "binary_accuracy",
    ]
    found = _named(names, resample_scores(whole, _label_and_binary_scores, draws, seed))
    names = [*(f"class_f1:{label}" for label in test.label_ids), "class_macro_f1", "class_accuracy"]
    return found | _named(names, resample_scores(among, _class_scores, draws, seed))


def _class_counts(run: Outcome, truth: Marks, single: Any, groups: Sequence[str]) -> GroupCounts:
    """Counts of the likeliest label among sentences with one label; groups without such sentences count nothing."""
    labels = truth.shape[1] - 1
    logits = run.logits[:, :labels]
    predicted = np.zeros((len(truth), labels), dtype=np.bool_)
    predicted[np.arange(len(truth)), logits.argmax(axis=1)] = True
    counts = count_by_group(truth[single][:, :labels], predicted[single], [groups[row] for row in single])
    # The same resamples serve both tables, so both need a row for every group.
    present = sorted(set(groups))
    rows = {group: place for place, group in enumerate(sorted({groups[row] for row in single}))}
    spread = np.zeros((len(present), labels, 4))
    for place, group in enumerate(present):
        if group in rows:
            spread[place] = counts.counts[rows[group]]
    return GroupCounts(spread)


def _label_and_binary_scores(total: Floats) -> Floats:
    labels, binary = total[..., :-1, :], total[..., -1, :]
    each = f1_of(labels)
    parts = [
        each,
        each.mean(axis=-1, keepdims=True),
        *(score(binary)[..., None] for score in (precision_of, recall_of, f1_of, accuracy_of)),
    ]
    return np.concatenate(parts, axis=-1)


def _class_scores(total: Floats) -> Floats:
    each = f1_of(total)
    hits = total[..., 0].sum(axis=-1)
    sentences = hits + total[..., 2].sum(axis=-1)
    accuracy = hits / np.maximum(sentences, 1e-12)
    return np.concatenate([each, each.mean(axis=-1, keepdims=True), accuracy[..., None]], axis=-1)


def _named(names: Sequence[str], scored: tuple[Floats, Floats]) -> dict[str, tuple[float, Floats]]:
    values, drawn = scored
    return {name: (float(values[at]), drawn[:, at]) for at, name in enumerate(names)}
