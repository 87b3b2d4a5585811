"""Calibration: probabilities that come true as often as they say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

Floats = npt.NDArray[np.float64]
_LEAST_ANSWERS = 10


@dataclass(frozen=True, slots=True)
class Calibration:
    """Logistic calibration (Platt 1999): logit -> slope x logit + shift, slope above 0."""

    slope: float = 1.0
    shift: float = 0.0

    def apply(self, logits: Floats) -> Floats:
        """Return calibrated logits."""
        return self.slope * logits + self.shift


def fit_calibration(logits: Floats, answers: npt.NDArray[np.bool_]) -> Calibration:
    """Fit slope and shift on predictions for subjects held out of training.

    A weak pull towards leaving predictions as they are keeps small folds from wild slopes; with fewer than ten of
    either answer they are left so.

    Args:
        logits: n predictions.
        answers: what came true.
    """
    return fit_calibration_to(
        lambda pair: calibration_loss(pair, logits, answers), int(answers.sum()), int((~answers).sum())
    )


def fit_calibration_to(loss: Callable[[Floats], float], yes: int, no: int) -> Calibration:
    """Fit slope and shift to a loss that may be a sum over places which do not show their predictions.

    Args:
        loss: of a pair, the slope's logarithm and the shift, summed over predictions.
        yes: how many came true.
        no: how many did not.
    """
    if min(yes, no) < _LEAST_ANSWERS:
        return Calibration()

    def pulled(pair: Floats) -> float:
        return loss(pair) + float(pair[0] ** 2 + 0.1 * pair[1] ** 2)

    found = minimize(pulled, np.zeros(2), method="L-BFGS-B", bounds=[(-3, 3), (-10, 10)]).x
    return Calibration(float(np.exp(found[0])), float(found[1]))


def calibration_loss(pair: Floats, logits: Floats, answers: npt.NDArray[np.bool_]) -> float:
    """Return the logistic loss, summed over predictions, of a slope's logarithm and a shift."""
    return float(logistic_loss(np.exp(pair[0]) * logits + pair[1], answers).sum())


def logistic_loss(logits: Floats, answers: npt.NDArray[np.bool_]) -> Floats:
    """Return the log loss of each prediction, nats."""
    return np.asarray(np.logaddexp(0.0, -np.where(answers, 1.0, -1.0) * logits))


def logit(probabilities: Floats) -> Floats:
    """Return log odds, held within what a float can say."""
    held = np.clip(probabilities, 1e-7, 1 - 1e-7)
    return np.asarray(np.log(held) - np.log1p(-held))


def sigmoid(logits: Floats) -> Floats:
    """Return probabilities of log odds."""
    return np.asarray(np.exp(-np.logaddexp(0.0, -logits)))
