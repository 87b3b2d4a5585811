"""From logits to probabilities that can be trusted and to yes or no, both learned on validation sentences only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np

from dualalign.classifiers.protocol import Floats, Marks
from dualalign.errors import ClassifierError

Calibration = Literal["none", "temperature", "platt", "isotonic"]
Threshold = Literal["rate", "best_f1", "half"]

_FAR = 30.0


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
        slope = _temperature(truth, logits)
        knots = [_line(slope, 0.0) for _ in heads]
    elif chosen.calibration == "platt":
        knots = [_line(*_platt(truth[:, head], logits[:, head])) for head in heads]
    elif chosen.calibration == "isotonic":
        knots = [_isotonic(truth[:, head], logits[:, head]) for head in heads]
    else:
        knots = [_line(1.0, 0.0) for _ in heads]
    if chosen.threshold == "rate":
        thresholds = rate_thresholds(truth, logits, chosen.ratio)
    elif chosen.threshold == "best_f1":
        thresholds = np.array([_best_f1(truth[:, head], logits[:, head]) for head in heads])
    else:
        thresholds = np.array([_crossing(each) for each in knots])
    return Decision(tuple(knots), thresholds)


def rate_thresholds(truth: Marks, logits: Floats, ratio: float) -> Floats:
    """Return, for each head, the logit above which `ratio` times as many sentences lie as have the label."""
    ranked = -np.sort(-logits, axis=0)
    places = np.minimum(np.rint(ratio * truth.sum(axis=0)).astype(int), len(ranked) - 1)
    return np.asarray(ranked[places, np.arange(truth.shape[1])])


def calibration_error(truth: Marks, probabilities: Floats, bins: int = 10) -> Floats:
    """Return the expected calibration error of each head: mean distance of stated from found rates, 0 to 1.

    Sentences are parted by rank into bins of equal size, so that none is empty.
    """
    found = np.zeros(truth.shape[1])
    for head in range(truth.shape[1]):
        order = np.argsort(probabilities[:, head], kind="stable")
        for part in np.array_split(order, min(bins, len(order))):
            stated = probabilities[part, head].mean()
            found[head] += len(part) / len(order) * abs(stated - truth[part, head].mean())
    return found


def _along(knots: Floats, values: Floats) -> Floats:
    """Follow straight lines through the knots, and the first and last of them beyond."""
    places = np.clip(np.searchsorted(knots[:, 0], values) - 1, 0, len(knots) - 2)
    left, right = knots[places], knots[places + 1]
    share = (values - left[:, 0]) / (right[:, 0] - left[:, 0])
    return np.asarray(left[:, 1] + share * (right[:, 1] - left[:, 1]))


def _line(slope: float, intercept: float) -> Floats:
    return np.array([[0.0, intercept], [1.0, intercept + slope]])


def _temperature(truth: Marks, logits: Floats) -> float:
    """Return the factor of least log loss."""
    from scipy.optimize import minimize_scalar

    signed = np.where(truth, logits, -logits)
    found = minimize_scalar(
        lambda power: float(np.logaddexp(0.0, -np.exp(power) * signed).mean()),
        bounds=(-5, 5),
        method="bounded",
    )
    return float(np.exp(found.x))


def _platt(truth: Marks, logits: Floats) -> tuple[float, float]:
    """Return slope and intercept of least log loss, with Platt's targets, which keep a head of few positives sober."""
    from scipy.optimize import minimize

    positives = int(truth.sum())
    high = (positives + 1) / (positives + 2)
    low = 1 / (len(truth) - positives + 2)
    targets = np.where(truth, high, low)

    def loss(line: Floats) -> tuple[float, Floats]:
        margin = np.exp(line[0]) * logits + line[1]
        chance = np.exp(-np.logaddexp(0.0, -margin))
        total = float((np.logaddexp(0.0, margin) - targets * margin).mean())
        slopes = chance - targets
        return total, np.array([(slopes * np.exp(line[0]) * logits).mean(), slopes.mean()])

    # The slope is searched as a power of e: a classifier worse than chance is flattened, never turned round.
    found = minimize(loss, np.zeros(2), jac=True, method="L-BFGS-B", bounds=[(-5, 5), (-_FAR, _FAR)])
    return float(np.exp(found.x[0])), float(found.x[1])


def _isotonic(truth: Marks, logits: Floats) -> Floats:
    from sklearn.isotonic import IsotonicRegression

    values = np.unique(logits)
    if len(values) < 2:
        return _line(1.0, 0.0)
    # Half a sentence on either side keeps every probability off 0 and 1.
    edge = 0.5 / len(truth)
    rates = IsotonicRegression(y_min=edge, y_max=1 - edge).fit(logits, truth).predict(values)
    odds = np.log(rates / (1 - rates))
    ends = np.array([[values[0] - 1, odds[0]], [values[-1] + 1, odds[-1]]])
    return np.vstack([ends[:1], np.column_stack([values, odds]), ends[1:]])


def _best_f1(truth: Marks, logits: Floats) -> float:
    """Return the logit of greatest F1, halfway to the next one below; infinity without positives."""
    if not truth.any():
        return float("inf")
    order = np.argsort(-logits, kind="stable")
    ranked, hits = logits[order], np.cumsum(truth[order])
    scores = 2 * hits / (np.arange(1, len(order) + 1) + hits[-1])
    # Equal logits cannot be parted, so only the last of a run is a place to stop.
    scores[:-1][ranked[:-1] == ranked[1:]] = 0
    best = int(scores.argmax())
    below = ranked[best + 1] if best + 1 < len(ranked) else ranked[best] - 1
    return float((ranked[best] + below) / 2)


def _crossing(knots: Floats) -> float:
    """Return the logit given that is calibrated to 0, a probability of one half."""
    above = np.flatnonzero(knots[:, 1] > 0)
    place = int(np.clip(above[0] - 1 if len(above) else len(knots) - 2, 0, len(knots) - 2))
    (x0, y0), (x1, y1) = knots[place], knots[place + 1]
    if y1 == y0:
        return float("-inf") if y0 > 0 else float("inf")
    return float(x0 - y0 * (x1 - x0) / (y1 - y0))
