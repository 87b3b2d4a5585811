"""Scores of predicted probabilities, for many resamples of groups of subjects at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np
from scipy.special import logit

from dualalign.stats.arrays import Floats, Marks, Rows
from dualalign.stats.bootstrap import group_weights
from dualalign.stats.calibration import calibration_scores
from dualalign.stats.ranking import resampled_average_precision, resampled_roc_auc

_LEAST_WIDTH = 1e-6


@dataclass(frozen=True)
class Resamples:
    """How often each question counts: once in the first of d rows, then in resamples of groups.

    Args:
        groups: group of each of n questions, 0 to g - 1.
        weights: d x g.
    """

    groups: Rows
    weights: Floats

    @cached_property
    def of_questions(self) -> Floats:
        """The same for each question, d x n."""
        return self.weights[:, self.groups]

    def mean(self, values: Floats) -> Floats:
        """Return the d means of a value of each question."""
        size = self.weights.shape[1]
        totals = self.weights @ np.bincount(self.groups, values, size)
        return np.asarray(totals / (self.weights @ np.bincount(self.groups, minlength=size)))


def resample(groups: Sequence[str], draws: int, random: np.random.Generator) -> Resamples:
    """Draw resamples of the groups of questions; generators in the same state draw the same."""
    distinct, place = np.unique(np.array(groups, dtype=object).astype(str), return_inverse=True)
    drawn = group_weights(len(distinct), draws, random)
    return Resamples(place, np.vstack([np.ones(len(distinct)), drawn]))


def roc_auc(answers: Marks, predicted: Floats, resamples: Resamples) -> Floats:
    """Return the area under the ROC curve, nan where a resample holds only one answer."""
    return resampled_roc_auc(answers, predicted, resamples.of_questions)


def average_precision(answers: Marks, predicted: Floats, resamples: Resamples) -> Floats:
    """Return the area under the precision-recall curve, nan where a resample holds no yes."""
    return resampled_average_precision(answers, predicted, resamples.of_questions)


def brier(answers: Marks, predicted: Floats, resamples: Resamples) -> Floats:
    """Return the mean squared error of the probabilities."""
    return resamples.mean((predicted - answers) ** 2)


def accuracy(answers: Marks, predicted: Floats, resamples: Resamples) -> Floats:
    """Return the share of right answers at a probability of one half."""
    return resamples.mean(((predicted > 0.5) == answers).astype(np.float64))


def calibration_slope(answers: Marks, predicted: Floats, resamples: Resamples) -> Floats:
    """Return the slope of a logistic regression of answers on log odds: 1 is right, less is overconfident.

    Nan where there is none: only one answer, only one prediction, or predictions that part yes from no.
    """
    asked = logit(np.clip(predicted, 1e-4, 1 - 1e-4))
    yes, no = asked[answers], asked[~answers]
    there = len(yes) > 0 and len(no) > 0 and np.ptp(asked) > _LEAST_WIDTH
    if not there or yes.min() >= no.max() or no.min() >= yes.max():
        return np.full(len(resamples.weights), np.nan)
    value, drawn = calibration_scores(answers, asked, resamples.groups, resamples.weights[1:])
    return np.append(value[2], drawn[:, 2])


def concordance(until: Floats, happened: Marks, risk: Floats, weights: Floats) -> Floats:
    """Return Harrell's C: of pairs whose order is known, the share in which the earlier event had the higher risk.

    Args:
        until: n years to the event or the end of watching.
        happened: n marks, the event was seen.
        risk: n risks, higher for earlier.
        weights: d x n, how often each subject counts in each of d resamples.
    """
    comparable = happened[:, None] & (
        (until[:, None] < until[None, :]) | ((until[:, None] == until[None, :]) & ~happened[None, :])
    )
    right = comparable * ((risk[:, None] > risk[None, :]) + 0.5 * (risk[:, None] == risk[None, :]))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(
            ((weights @ right) * weights).sum(axis=1) / ((weights @ comparable) * weights).sum(axis=1)
        )


Score = Callable[[Marks, Floats, Resamples], Floats]
SCORES: Mapping[str, Score] = MappingProxyType(
    {
        "auc": roc_auc,
        "pr_auc": average_precision,
        "brier": brier,
        "calibration_slope": calibration_slope,
        "accuracy": accuracy,
    }
)
"""Scores by name; each takes n answers, n predictions and resamples, and returns a value of each resample."""
