"""A classifier with calibrated probabilities and thresholds of its own, both learned on validation sentences only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from pydantic import Field

from dualalign.classifiers.base import Arrays, SentenceClassifier
from dualalign.classifiers.options import Options
from dualalign.classifiers.protocol import Classifier
from dualalign.errors import ClassifierError
from dualalign.stats.arrays import Floats, Marks
from dualalign.stats.calibration import isotonic_steps, platt_scaling, temperature_scaling
from dualalign.stats.thresholds import RATIO, best_f1_threshold, rate_thresholds

Calibration = Literal["none", "temperature", "platt", "isotonic"]
Threshold = Literal["rate", "best_f1", "half"]


class DecisionOptions(Options):
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
    ratio: float = Field(default=RATIO, gt=0)


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
        heads = [_along(knots, logits[:, head]) for head, knots in enumerate(self.knots)]
        return np.column_stack(heads).reshape(logits.shape)


def learn_decision(truth: Marks, logits: Floats, options: DecisionOptions | None = None) -> Decision:
    """Learn calibration and thresholds.

    Args:
        truth: n x h labels of validation sentences.
        logits: n x h, of a classifier that did not learn from these sentences.

    Raises:
        ClassifierError: no sentences, or shapes that differ.
    """
    if not len(truth) or truth.shape != logits.shape:
        raise ClassifierError(
            f"validation labels of shape {truth.shape} and logits of shape {logits.shape}",
            "give at least one validation sentence, with a label and a logit for each head",
        )
    chosen = options or DecisionOptions()
    heads = list(zip(truth.T, logits.T, strict=True))
    if chosen.calibration == "temperature":
        knots = [_line(temperature_scaling(truth, logits), 0.0)] * len(heads)
    elif chosen.calibration == "platt":
        knots = [_line(*platt_scaling(*head)) for head in heads]
    elif chosen.calibration == "isotonic":
        knots = [_isotonic(*head) for head in heads]
    else:
        knots = [_line(1.0, 0.0)] * len(heads)
    if chosen.threshold == "rate":
        thresholds = rate_thresholds(truth, logits, chosen.ratio)
    elif chosen.threshold == "best_f1":
        thresholds = np.array([best_f1_threshold(*head) for head in heads])
    else:
        thresholds = np.array([_crossing(each) for each in knots])
    return Decision(tuple(knots), thresholds)


class CalibratedClassifier(SentenceClassifier):
    """Any fitted classifier, and what validation sentences taught about its logits; see `calibrate`.

    Args:
        options: how the decision was learned.
        prior: the fitted classifier.
    """

    kind = "calibrated"
    options_type = DecisionOptions
    options: DecisionOptions
    decision: Decision

    def fit(self, X: Sequence[str], Y: Marks, sample_weight: Floats | None = None) -> Self:
        """Learn calibration and thresholds on validation sentences; the classifier itself stays as it is.

        Args:
            X: n sentences that the classifier did not learn from.
            Y: n x h labels.
            sample_weight: must be None.

        Raises:
            ClassifierError: no sentences, labels of another shape, or weights.
        """
        self._check(X, Y)
        if sample_weight is not None:
            raise ClassifierError("calibration does not weigh sentences", "leave sample_weight out")
        self.decision = learn_decision(Y, self._classifier().logits(X), self.options)
        return self

    def logits(self, X: Sequence[str]) -> Floats:
        """Return calibrated log odds of each head for each sentence, n x h.

        Raises:
            ClassifierError: not fitted.
        """
        self._refuse_unfitted()
        return self.decision.calibrated(self._classifier().logits(X))

    def predict(self, X: Sequence[str]) -> Marks:
        """Return which heads say yes of each sentence at the thresholds learned, n x h.

        Raises:
            ClassifierError: not fitted.
        """
        self._refuse_unfitted()
        return np.asarray(self._classifier().logits(X) > self.decision.thresholds)

    def card(self) -> str:
        """Return what it is, what it learned from and its limits, in Markdown."""
        said = (
            f"Calibrated ({self.options.calibration}), with thresholds ({self.options.threshold}), on "
            f"{self._label_counts['sentences']:,} validation sentences that it did not learn from."
        )
        return f"{self._classifier().card()}\n{said}\n"

    def _description(self) -> str:
        return "Calibrated."

    def _classifier(self) -> Classifier:
        if self.prior is None:
            raise ClassifierError("there is no classifier to calibrate", "use calibrate(classifier, ...)")
        return self.prior

    def _state(self) -> tuple[dict[str, Any], Arrays]:
        knots = {f"knots_{head}": each for head, each in enumerate(self.decision.knots)}
        return {}, knots | {"thresholds": self.decision.thresholds}

    def _restore(self, config: Mapping[str, Any], arrays: Arrays, folder: Path) -> None:
        knots = tuple(arrays[f"knots_{head}"] for head in range(len(self.heads)))
        self.decision = Decision(knots, arrays["thresholds"])


def calibrate(
    classifier: Classifier, X: Sequence[str], Y: Marks, options: DecisionOptions | None = None
) -> CalibratedClassifier:
    """Return a classifier with probabilities and thresholds learned on validation sentences.

    Args:
        classifier: a fitted classifier, which must not have learned from these sentences.

    Raises:
        ClassifierError: no sentences, or labels of another shape.
    """
    return CalibratedClassifier(classifier.heads, options, 0, classifier).fit(X, Y)


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
