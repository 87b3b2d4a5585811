"""Calibration: probabilities that come true as often as they say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from dualalign.stats.arrays import Floats, Marks

LEAST_ANSWERS = 10
PULL = np.array([1.0, 0.1])
"""How strongly the slope's logarithm and the shift are pulled to 0."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Logistic calibration (Platt 1999): logit -> slope x logit + shift, slope above 0."""

    slope: float = 1.0
    shift: float = 0.0

    def apply(self, logits: Floats) -> Floats:
        """Return calibrated logits."""
        return self.slope * logits + self.shift


def fit_calibration(logits: Floats, answers: Marks) -> Calibration:
    """Fit slope and shift on predictions for subjects held out of training.

    A weak pull towards leaving predictions as they are keeps small folds from wild slopes; with fewer than ten of
    either answer they are left so.

    Args:
        logits: n predictions.
        answers: what came true.
    """
    if min(int(answers.sum()), int((~answers).sum())) < LEAST_ANSWERS:
        return Calibration()

    def pulled(pair: Floats) -> tuple[float, Floats]:
        loss, gradient, _ = calibration_sums(pair, logits, answers)
        return loss + float(PULL @ pair**2), gradient + 2 * PULL * pair

    found = minimize(pulled, np.zeros(2), jac=True, method="L-BFGS-B", bounds=[(-3, 3), (-10, 10)]).x
    return Calibration(float(np.exp(found[0])), float(found[1]))


def calibration_sums(pair: Floats, logits: Floats, answers: Marks) -> tuple[float, Floats, Floats]:
    """Return the log loss of a slope's logarithm and a shift, summed over predictions, its gradient and its curvature.

    The curvature (2 x 2) is that of Gauss and Newton, which is never negative.
    """
    slopes = np.column_stack([np.exp(pair[0]) * logits, np.ones(len(logits))])
    moved = slopes[:, 0] + pair[1]
    chance = expit(moved)
    curvature = (slopes * (chance * (1 - chance))[:, None]).T @ slopes
    return float(log_losses(moved, answers).sum()), slopes.T @ (chance - answers), curvature


def log_losses(logits: Floats, answers: Marks) -> Floats:
    """Return the log loss of each prediction, nats."""
    return np.asarray(np.logaddexp(0.0, -np.where(answers, 1.0, -1.0) * logits))
