"""Scores of methods with intervals, and paired tests of one method against the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from dualalign.progression.cross_validation import Predictions, Protocol
from dualalign.progression.questions import Questions
from dualalign.progression.scores import SCORES, Score
from dualalign.progression.visits import Floats
from dualalign.randomness import Stream, generator
from dualalign.stats.bootstrap import Difference, Estimate, estimate, holm, paired_difference

DRAWS = 1000
TESTED = "auc"


@dataclass(frozen=True, slots=True)
class MethodScores:
    """One method on one task.

    Args:
        method: its name.
        task: the task.
        scores: score -> estimate, the mean over repeats with an interval over subjects.
        difference: paired difference of the tested score, this method less the reference; p corrected by Holm's
            method over all tests of the call. None for the reference itself.
    """

    method: str
    task: str
    scores: Mapping[str, Estimate]
    difference: Difference | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, ready for JSON."""
        return asdict(self)


def compare(
    protocol: Protocol,
    predictions: Predictions,
    reference: str,
    tested: str = TESTED,
    scores: Mapping[str, Score] = SCORES,
    draws: int = DRAWS,
    among: npt.NDArray[np.bool_] | None = None,
) -> list[MethodScores]:
    """Score all methods on all tasks and test each against one of them.

    Intervals resample groups of subjects; they hold the predictions fixed, so they miss what other training
    subjects would have changed.

    Args:
        protocol: what was asked.
        predictions: what the methods answered.
        reference: name of the method that others are held against.
        tested: score that is tested.
        scores: scores by name.
        draws: resamples.
        among: marks of the subjects to score, all if None (subgroups).
    """
    rows: list[MethodScores] = []
    for task, asked in protocol.questions.items():
        keep = np.ones(len(asked), dtype=np.bool_) if among is None else among[asked.subjects]
        if not keep.any():
            continue
        weights = group_weights(protocol.groups, asked.take(keep), draws, protocol.seed)
        found = {
            method: {
                name: _over_repeats(score, asked.answers[keep], answers[task][:, keep], weights)
                for name, score in scores.items()
            }
            for method, answers in predictions.items()
            if task in answers
        }
        for method, values in found.items():
            against = None
            if method != reference and reference in found:
                against = paired_difference(_defined(values[tested]), _defined(found[reference][tested]))
            estimates = {name: estimate(*_defined(value)) for name, value in values.items()}
            rows.append(MethodScores(method, task, estimates, against))
    return _corrected(rows)


def group_weights(groups: Sequence[str], asked: Questions, draws: int, seed: int) -> Floats:
    """Return how often each question counts: once in the first row, then in resamples of groups of subjects.

    Args:
        groups: group of each subject.
        asked: the questions.
        draws: resamples.
        seed: the same seed draws the same groups.
    """
    names = np.array(groups, dtype=object)[asked.subjects].astype(str)
    distinct, place = np.unique(names, return_inverse=True)
    random = generator(seed, Stream.PROGRESSION, 2000)
    drawn = random.multinomial(len(distinct), np.full(len(distinct), 1 / len(distinct)), size=draws)
    return np.vstack([np.ones(len(asked)), drawn[:, place].astype(np.float64)])


def _over_repeats(
    score: Score, answers: npt.NDArray[np.bool_], predicted: Floats, weights: Floats
) -> tuple[float, Floats]:
    found = np.mean([score(answers, each, weights) for each in predicted], axis=0)
    return float(found[0]), found[1:]


def _defined(value: tuple[float, Floats]) -> tuple[float, Floats]:
    """Resamples in which a score has no value take the score itself: rare, and silent about which side they are."""
    return value[0], np.where(np.isnan(value[1]), value[0], value[1])


def _corrected(rows: list[MethodScores]) -> list[MethodScores]:
    tested = [place for place, row in enumerate(rows) if row.difference is not None]
    p_values = [row.difference.p for row in rows if row.difference is not None]
    for place, p in zip(tested, holm(p_values), strict=True):
        against = rows[place].difference
        if against is not None:
            rows[place] = replace(rows[place], difference=replace(against, p=p))
    return rows
