"""Probabilities that come true as often as they say: how to fit them, and how to judge them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dualalign.stats.arrays import Floats, Marks, Rows

CALIBRATION_SCORES = ("brier", "calibration_error", "calibration_slope")
BINS = 10
_STEPS = 50
_LARGEST_SHIFT = 30.0


def temperature_scaling(truth: Marks, logits: Floats) -> float:
    """Return the factor by which logits, of any shape, have the least log loss."""
    from scipy.optimize import minimize_scalar

    signed = np.where(truth, logits, -logits)
    found = minimize_scalar(
        lambda power: float(np.logaddexp(0.0, -np.exp(power) * signed).mean()),
        bounds=(-5, 5),
        method="bounded",
    )
    return float(np.exp(found.x))


def platt_scaling(truth: Marks, logits: Floats) -> tuple[float, float]:
    """Return slope and intercept of least log loss of n logits, the slope above 0.

    Platt's targets (1999) lie off 0 and 1 by one row in (n + 2), so that few positives cannot make it certain.
    """
    from scipy.optimize import minimize
    from scipy.special import expit

    positives = int(truth.sum())
    high, low = (positives + 1) / (positives + 2), 1 / (len(truth) - positives + 2)
    targets = np.where(truth, high, low)

    def loss(line: Floats) -> tuple[float, Floats]:
        margins = np.exp(line[0]) * logits + line[1]
        errors = expit(margins) - targets
        total = float((np.logaddexp(0.0, margins) - targets * margins).mean())
        return total, np.array([(errors * np.exp(line[0]) * logits).mean(), errors.mean()])

    # The slope is searched as a power of e: a classifier worse than chance is flattened, never turned round.
    bounds = [(-5, 5), (-_LARGEST_SHIFT, _LARGEST_SHIFT)]
    found = minimize(loss, np.zeros(2), jac=True, method="L-BFGS-B", bounds=bounds)
    return float(np.exp(found.x[0])), float(found.x[1])


def isotonic_steps(truth: Marks, logits: Floats) -> Floats:
    """Return a rising function from logits to calibrated log odds, as k x 2 points in order of the logit."""
    from scipy.special import logit
    from sklearn.isotonic import IsotonicRegression

    values = np.unique(logits)
    # Half a row on either side keeps every probability off 0 and 1.
    edge = 0.5 / len(truth)
    rates = IsotonicRegression(y_min=edge, y_max=1 - edge).fit(logits, truth).predict(values)
    return np.column_stack([values, logit(rates)])


def log_losses(truth: Marks, logits: Floats) -> Floats:
    """Return the mean log loss of each column over the rows, in nats."""
    return np.asarray(np.logaddexp(0.0, np.where(truth, -logits, logits)).mean(axis=0))


def calibration_scores(truth: Marks, logits: Floats, groups: Rows, weights: Floats) -> tuple[Floats, Floats]:
    """Return Brier score, expected calibration error and slope, and the same in resamples of the groups.

    The Brier score is the mean squared error of the probability. The expected calibration error is the mean distance of
    probability and truth over ten bins of equal width; by chance alone it is above 0, the more so the fewer rows, and
    its resamples lie higher than itself. The slope is that of the truth's log odds on the logit: 1 is right, below 1
    too sure of itself; resamples take one Newton step from the fit on all rows.

    Args:
        truth: n.
        logits: n.
        groups: of each row, 0 to g - 1.
        weights: draws x g.

    Returns:
        Three scores, and draws x 3.
    """
    from scipy.special import expit

    probabilities = expit(logits)
    size = weights.shape[1]
    sums = _group_sums(groups, size, [np.ones(len(truth)), (probabilities - truth) ** 2])
    bins = _bin_sums(truth, probabilities, groups, size)
    fit, gradients, curvatures = _slope(truth, logits, groups, size)

    def scores(drawn: Floats, slopes: Floats) -> Floats:
        total = drawn @ sums
        gaps = np.abs(np.tensordot(drawn, bins, axes=1)).sum(axis=1)
        return np.column_stack([total[:, 1], gaps, slopes * total[:, 0]]) / total[:, :1]

    steps = np.linalg.solve(
        np.tensordot(weights, curvatures, axes=1) + 1e-9 * np.eye(2), (weights @ gradients)[..., None]
    )[:, 1, 0]
    return scores(np.ones((1, size)), np.array([fit[1]]))[0], scores(weights, fit[1] + steps)


def _group_sums(groups: Rows, size: int, columns: Sequence[Floats]) -> Floats:
    return np.column_stack([np.bincount(groups, column, minlength=size) for column in columns])


def _bin_sums(truth: Marks, probabilities: Floats, groups: Rows, size: int) -> Floats:
    """Sum of probability less truth in each group and bin."""
    places = np.minimum((probabilities * BINS).astype(np.intp), BINS - 1)
    sums = np.bincount(groups * BINS + places, probabilities - truth, minlength=size * BINS)
    return np.asarray(sums, dtype=np.float64).reshape(size, BINS)


def _slope(truth: Marks, logits: Floats, groups: Rows, size: int) -> tuple[Floats, Floats, Floats]:
    """Return intercept and slope of the truth on the logit, and each group's gradient and curvature there."""
    from scipy.special import expit

    rows = np.column_stack([np.ones(len(logits)), logits])
    found = np.array([0.0, 1.0])
    for _ in range(_STEPS):
        right = expit(rows @ found)
        curvature = (rows * (right * (1 - right))[:, None]).T @ rows + 1e-9 * np.eye(2)
        step = np.linalg.solve(curvature, rows.T @ (truth - right))
        # Short steps keep Newton's method on its way where the classes hardly overlap.
        found = found + step / max(1.0, float(np.abs(step).max()))
        if np.abs(step).max() < 1e-8:
            break
    right = expit(rows @ found)
    gradients = _group_sums(groups, size, list((rows * (truth - right)[:, None]).T))
    each = rows[:, :, None] * rows[:, None, :] * (right * (1 - right))[:, None, None]
    flat = _group_sums(groups, size, list(each.reshape(len(each), 4).T))
    return found, gradients, flat.reshape(size, 2, 2)
