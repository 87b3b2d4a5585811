"""What an experiment found: scores of each training set with intervals, and paired tests against gold only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from dualalign.experiments.cells import NOT_CALIBRATED, Outcome
from dualalign.experiments.experiment import refuse_reference
from dualalign.experiments.scores import scores_of
from dualalign.experiments.tasks import MULTI_LABEL, Task
from dualalign.experiments.training_sets import REFERENCE
from dualalign.labels.gold import GoldSentences
from dualalign.stats.bootstrap import Difference, Estimate, estimate, holm, paired_difference

DRAWS = 2000
TESTED = {
    "multi_label": ("binary_f1", "macro_f1"),
    "binary": ("binary_f1",),
    "five_class": ("class_accuracy", "class_macro_f1"),
}
"""Scores that are tested, by kind of task; the p-values of all tests of an experiment are corrected together."""


@dataclass(frozen=True, slots=True)
class Row:
    """One training set at one share of the gold.

    Args:
        fraction: share of the gold; 0 without gold.
        scores: score name -> estimate. `binary_precision`, `binary_recall`, `binary_f1`, `binary_accuracy`;
            `f1:LABEL`, `precision:LABEL`, `recall:LABEL` over all sentences (a sentence may carry several labels), their
            means `macro_f1` and so on, `micro_f1` and so on over all decisions, `exact_match` of all labels of a
            sentence; `class_accuracy`, `class_f1:LABEL`, `class_macro_f1` among sentences with exactly one label;
            `pr_auc`, `brier`, `calibration_error`, `calibration_slope`, each as `NAME:LABEL`, `macro_NAME`,
            `binary_NAME`. A task has those that it can have.
        differences: score name -> paired difference from the reference (gold only) at the same share of the gold;
            p-values of the tested scores are corrected for their number by Holm's method.
        calibration: how the probabilities that are scored were calibrated.
    """

    training_set: str
    fraction: float
    scores: Mapping[str, Estimate]
    differences: Mapping[str, Difference]
    model: str = "linear"
    task: str = "multi_label"
    calibration: str = NOT_CALIBRATED

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, ready for JSON."""
        return asdict(self)


_Found = Mapping[str, tuple[float, Any]]
_At = tuple[str, str, str, float]
"""Model, task, training set, share of the gold."""


def summarise(
    outcomes: Sequence[Outcome],
    test: GoldSentences,
    draws: int = DRAWS,
    seed: int = 0,
    tasks: Sequence[Task] = (MULTI_LABEL,),
    reference: str = REFERENCE,
) -> list[Row]:
    """Score every training set on the test sentences.

    Scores are means over seeds; intervals and tests resample notes (groups), the same ones for every set.

    Args:
        outcomes: all seeds of all cells.
        test: the test sentences, in the order of the outcomes' logits.
        reference: id of the training set that others are held against.

    Raises:
        ExperimentError: no outcome of the reference.
    """
    cells: dict[_At, list[Outcome]] = {}
    for outcome in outcomes:
        cell = outcome.cell
        cells.setdefault((cell.model, cell.task, cell.training_set, cell.fraction), []).append(outcome)
    refuse_reference(reference, sorted({at[2] for at in cells}))
    by_id = {task.id: task for task in tasks}
    found = {at: scores_of(by_id[at[1]], runs, test, draws, seed) for at, runs in cells.items()}
    rows = []
    for at, scores in found.items():
        against = {
            name: paired_difference(score, found[other][name])
            for other in [_reference(found, at, reference)]
            if other is not None and other != at
            for name, score in scores.items()
        }
        estimates = {name: estimate(*score) for name, score in scores.items()}
        rows.append(Row(at[2], at[3], estimates, against, at[0], at[1], cells[at][0].calibration))
    return _corrected(rows, by_id)


def _reference(found: Mapping[_At, _Found], at: _At, reference: str) -> _At | None:
    """The reference at the same share; text without gold is held against all of the gold, and the other way round."""
    shares = [share for model, task, name, share in found if (model, task, name) == (*at[:2], reference)]
    if at[2] == reference or not shares:
        return None
    share = at[3] if at[3] in shares else (max(shares) if 0 in (at[3], *shares) else None)
    return None if share is None else (*at[:2], reference, share)


def _corrected(rows: Sequence[Row], tasks: Mapping[str, Task]) -> list[Row]:
    tests = [
        (row, name)
        for row in range(len(rows))
        for name in TESTED[tasks[rows[row].task].kind]
        if name in rows[row].differences
    ]
    corrected = holm([rows[row].differences[name].p for row, name in tests])
    result = list(rows)
    for (row, name), p in zip(tests, corrected, strict=True):
        changed = dict(result[row].differences)
        changed[name] = replace(changed[name], p=p)
        result[row] = replace(result[row], differences=changed)
    return result
