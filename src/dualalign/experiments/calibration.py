"""Whether a probability of 0.8 comes true four times in five: Brier score, calibration error and calibration slope."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from dualalign.experiments.scores import Floats

BINS = 10
NAMES = ("brier", "calibration_error", "calibration_slope")
_STEPS = 50


def calibration(
    truth: npt.NDArray[np.bool_], logits: Floats, groups: npt.NDArray[np.intp], weights: Floats
) -> tuple[Floats, Floats]:
    """Return the three scores of one head, and the same in resamples of the groups.

    The Brier score is the mean squared error of the probability. The expected calibration error is the mean distance of
    probability and truth over ten bins of equal width; by chance alone it is above 0, the more so the fewer sentences,
    and its resamples lie higher than itself. The slope is that of the truth's log odds on the logit: 1 is right, below
    1 too sure of itself; resamples take one Newton step from the fit on all sentences.

    Args:
        truth: n.
        logits: n.
        groups: of each sentence, 0 to g - 1.
        weights: draws x g.

    Returns:
        Three scores, and draws x 3.
    """
    probabilities = np.exp(-np.logaddexp(0.0, -logits))
    size = weights.shape[1]
    sums = _group_sums(groups, size, [np.ones(len(truth)), (probabilities - truth) ** 2])
    bins = _bin_sums(truth, probabilities, groups, size)
    everything = np.ones((1, size))
    fit, gradients, curvatures = _slope(truth, logits, groups, size)

    def scores(drawn: Floats, slopes: Floats) -> Floats:
        total = drawn @ sums
        gaps = np.abs(np.tensordot(drawn, bins, axes=1)).sum(axis=1)
        return np.column_stack([total[:, 1], gaps, slopes * total[:, 0]]) / total[:, :1]

    steps = np.linalg.solve(
        np.tensordot(weights, curvatures, axes=1) + 1e-9 * np.eye(2), (weights @ gradients)[..., None]
    )[:, 1, 0]
    return scores(everything, np.array([fit[1]]))[0], scores(weights, fit[1] + steps)


def _group_sums(groups: npt.NDArray[np.intp], size: int, columns: Sequence[Floats]) -> Floats:
    sums = [np.bincount(groups, column, minlength=size) for column in columns]
    return np.column_stack(sums).astype(np.float64)


def _bin_sums(
    truth: npt.NDArray[np.bool_], probabilities: Floats, groups: npt.NDArray[np.intp], size: int
) -> Floats:
    """Sum of probability less truth in each group and bin."""
    places = np.minimum((probabilities * BINS).astype(np.intp), BINS - 1)
    sums = np.bincount(groups * BINS + places, probabilities - truth, minlength=size * BINS)
    return np.asarray(sums, dtype=np.float64).reshape(size, BINS)


def _slope(
    truth: npt.NDArray[np.bool_], logits: Floats, groups: npt.NDArray[np.intp], size: int
) -> tuple[Floats, Floats, Floats]:
    """Return intercept and slope of the truth on the logit, and each group's gradient and curvature there."""
    rows = np.column_stack([np.ones(len(logits)), logits])
    found = np.array([0.0, 1.0])
    for _ in range(_STEPS):
        right = np.exp(-np.logaddexp(0.0, -rows @ found))
        curvature = (rows * (right * (1 - right))[:, None]).T @ rows + 1e-9 * np.eye(2)
        step = np.linalg.solve(curvature, rows.T @ (truth - right))
        # Short steps keep Newton's method on its way where the classes hardly overlap.
        found = found + step / max(1.0, float(np.abs(step).max()))
        if np.abs(step).max() < 1e-8:
            break
    right = np.exp(-np.logaddexp(0.0, -rows @ found))
    gradients = _group_sums(groups, size, list((rows * (truth - right)[:, None]).T))
    each = rows[:, :, None] * rows[:, None, :] * (right * (1 - right))[:, None, None]
    flat = _group_sums(groups, size, list(each.reshape(len(each), 4).T))
    return found, gradients, flat.reshape(size, 2, 2)
