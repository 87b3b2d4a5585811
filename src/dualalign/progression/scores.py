"""Scores of predicted probabilities, for many resamples of subjects at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from scipy.special import logit

from dualalign.stats.arrays import Floats, Marks
from dualalign.stats.ranking import resampled_average_precision, resampled_roc_auc

_STEPS = 30
_STILL = 1e-6
_LEAST_WIDTH = 1e-6


def brier(answers: Marks, predicted: Floats, weights: Floats) -> Floats:
    """Return the mean squared error of the probabilities.

    Args:
        answers: n marks.
        predicted: n probabilities.
        weights: d x n, how often each question counts in each of d resamples.
    """
    return np.asarray(weights @ (predicted - answers) ** 2 / weights.sum(axis=1))


def accuracy(answers: Marks, predicted: Floats, weights: Floats) -> Floats:
    """Return the share of right answers at a probability of one half; arguments as for `brier`."""
    return np.asarray(weights @ ((predicted > 0.5) == answers) / weights.sum(axis=1))


def calibration_slope(answers: Marks, predicted: Floats, weights: Floats) -> Floats:
    """Return the slope of a logistic regression of answers on log odds: 1 is right, less is overconfident.

    Args:
        answers: n marks.
        predicted: n probabilities.
        weights: d x n, how often each question counts in each of d resamples.

    Returns:
        d slopes, nan where there is none: only one answer, only one prediction, or predictions that part yes from no.
    """
    asked = logit(np.clip(predicted, 1e-4, 1 - 1e-4))
    width = asked.std()
    slopes = np.full(len(weights), np.nan)
    known = (weights @ answers > 0) & (weights @ ~answers > 0)
    if width < _LEAST_WIDTH or not known.any():
        return slopes
    weights, asked = weights[known], (asked - asked.mean()) / width
    total = weights.sum(axis=1)
    shift, slope, moved = (
        logit(weights @ answers / total),
        np.zeros(len(weights)),
        np.full(len(weights), np.inf),
    )
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(shift[:, None] + slope[:, None] * asked, -30, 30)))
        error = weights * (answers - chance)
        spread = weights * chance * (1 - chance)
        first, second = error.sum(axis=1), error @ asked
        a, b, c = spread.sum(axis=1) + 1e-9, spread @ asked, spread @ asked**2 + 1e-9
        determinant = np.maximum(a * c - b * b, 1e-18)
        steps = np.stack([c * first - b * second, a * second - b * first]) / determinant
        moved = np.abs(steps).max(axis=0)
        # Both are shortened alike: clipped each for itself they turn the step, and may swing for ever.
        steps /= np.maximum(moved, 1.0)
        shift, slope = shift + steps[0], slope + steps[1]
        if moved.max() < _STILL:
            break
    varied = weights @ asked**2 / total - (weights @ asked / total) ** 2 > _LEAST_WIDTH**2
    slopes[known] = np.where(varied & (moved < _STILL), slope / width, np.nan)
    return slopes


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
            np.einsum("di,ij,dj->d", weights, right, weights, optimize=True)
            / np.einsum("di,ij,dj->d", weights, comparable.astype(np.float64), weights, optimize=True)
        )


Score = Callable[[Marks, Floats, Floats], Floats]
SCORES: Mapping[str, Score] = MappingProxyType(
    {
        "auc": resampled_roc_auc,
        "pr_auc": resampled_average_precision,
        "brier": brier,
        "calibration_slope": calibration_slope,
        "accuracy": accuracy,
    }
)
"""Scores by name; each takes answers, predictions and weights of resamples."""
