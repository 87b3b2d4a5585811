"""From logits to probabilities that can be trusted and to yes or no, both learned on validation sentences only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np

from dualalign.errors import ClassifierError
from dualalign.stats.arrays import Floats, Marks
from dualalign.stats.calibration import isotonic_steps, platt_scaling, temperature_scaling
from dualalign.stats.thresholds import best_f1_threshold, rate_thresholds

Calibration = Literal["none", "temperature", "platt", "isotonic"]
Threshold = Literal["rate", "best_f1", "half"]


@dataclass(frozen=True, slots=True)
class DecisionOptions:
    """How probabilities and thresholds are learned.

    Args:
        calibration: `temperature`: logits of all heads divided by one number; `platt`: a slope and an intercept for
            each head; `isotonic`: a rising step function for each head, which needs many validation sentences.
        threshold: `rate`: `ratio` times as many sentences are marked as have the label; `best_f1`: greatest F1,
            which with few positives follows single sentences; `half`: calibrated probability one half.
        ratio: marked to labelled sentences, above 0.
    """

    calibration: Calibration = "platt"
    threshold: Threshold = "rate"
    ratio: float = 1.15

    def __post_init__(self) -> None:
        if self.ratio <= 0:
            raise ClassifierError(f"ratio is {self.ratio:g}", "give a number above 0")


@dataclass(frozen=True, slots=True)
class Decision:
    """What was learned on validation sentences.

    Args:
        knots: for each head, rising logits, k x 2: logit given, logit calibrated; straight lines lie between and
            beyond them.
        thresholds: of each head, as a logit given; a sentence is marked above it.
    """

    knots: tuple[Floats, ...]
    thresholds: Floats

    def calibrated(self, logits: Floats) -> Floats:
        """Return calibrated log odds, n x h."""
        return np.column_stack(
            [_along(knots, logits[:, head]) for head, knots in enumerate(self.knots)]
        ).reshape(logits.shape)

    def probabilities(self, logits: Floats) -> Floats:
        """Return calibrated probabilities, n x h."""
        return np.exp(-np.logaddexp(0.0, -self.calibrated(logits)))

    def marks(self, logits: Floats) -> Marks:
        """Return which heads say yes, n x h."""
        return np.asarray(logits > self.thresholds)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values; an infinite threshold becomes a string, which JSON can hold."""
        return {
            "knots": [knots.tolist() for knots in self.knots],
            "thresholds": [repr(float(each)) for each in self.thresholds],
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Return what `as_dict` wrote."""
        return cls(
            tuple(np.asarray(knots, dtype=np.float64) for knots in values["knots"]),
            np.array([float(each) for each in values["thresholds"]]),
        )


def learn_decision(truth: Marks, logits: Floats, options: DecisionOptions | None = None) -> Decision:
    """Learn calibration and thresholds.

    Args:
        truth: n x h labels of validation sentences.
        logits: n x h, of a classifier that did not learn from these sentences.
        options: how; the defaults if None.

    Raises:
        ClassifierError: no sentences, or shapes that differ.
    """
    if not len(truth) or truth.shape != logits.shape:
        raise ClassifierError(
            f"validation labels of shape {truth.shape} and logits of shape {logits.shape}",
            "give at least one validation sentence, with a label and a logit for each head",
        )
    chosen = options or DecisionOptions()
    heads = range(truth.shape[1])
    if chosen.calibration == "temperature":
        slope = temperature_scaling(truth, logits)
        knots = [_line(slope, 0.0) for _ in heads]
    elif chosen.calibration == "platt":
        knots = [_line(*platt_scaling(truth[:, head], logits[:, head])) for head in heads]
    elif chosen.calibration == "isotonic":
        knots = [_isotonic(truth[:, head], logits[:, head]) for head in heads]
    else:
        knots = [_line(1.0, 0.0) for _ in heads]
    if chosen.threshold == "rate":
        thresholds = rate_thresholds(truth, logits, chosen.ratio)
    elif chosen.threshold == "best_f1":
        thresholds = np.array([best_f1_threshold(truth[:, head], logits[:, head]) for head in heads])
    else:
        thresholds = np.array([_crossing(each) for each in knots])
    return Decision(tuple(knots), thresholds)


def _along(knots: Floats, values: Floats) -> Floats:
    """Follow straight lines through the knots, and the first and last of them beyond."""
    places = np.clip(np.searchsorted(knots[:, 0], values) - 1, 0, len(knots) - 2)
    left, right = knots[places], knots[places + 1]
    share = (values - left[:, 0]) / (right[:, 0] - left[:, 0])
    return np.asarray(left[:, 1] + share * (right[:, 1] - left[:, 1]))


def _line(slope: float, intercept: float) -> Floats:
    return np.array([[0.0, intercept], [1.0, intercept + slope]])


def _isotonic(truth: Marks, logits: Floats) -> Floats:
    steps = isotonic_steps(truth, logits)
    if len(steps) < 2:
        return _line(1.0, 0.0)
    return np.vstack([steps[0] - [1, 0], steps, steps[-1] + [1, 0]])


def _crossing(knots: Floats) -> float:
    """Return the logit given that is calibrated to 0, a probability of one half."""
    above = np.flatnonzero(knots[:, 1] > 0)
    place = int(np.clip(above[0] - 1 if len(above) else len(knots) - 2, 0, len(knots) - 2))
    (x0, y0), (x1, y1) = knots[place], knots[place + 1]
    if y1 == y0:
        return float("-inf") if y0 > 0 else float("inf")
    return float(x0 - y0 * (x1 - x0) / (y1 - y0))
