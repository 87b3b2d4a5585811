"""Scores of predictions: counts first, so that a resample of note groups costs a sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Marks = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class GroupCounts:
    """True and false positives and negatives of each head, by group of sentences.

    Args:
        counts: groups x heads x 4 (true positive, false positive, false negative, true negative).
    """

    counts: Floats

    def total(self, weights: Floats | None = None) -> Floats:
        """Return heads x 4, each group counted as often as its weight says."""
        if weights is None:
            return np.asarray(self.counts.sum(axis=0))
        return np.tensordot(weights, self.counts, axes=1)


def count_by_group(truth: Marks, predicted: Marks, groups: Sequence[str]) -> GroupCounts:
    """Count hits and misses of each head (column) in each group of sentences."""
    _, places = np.unique(np.asarray(groups, dtype=object), return_inverse=True)
    cells = np.stack([truth & predicted, ~truth & predicted, truth & ~predicted, ~truth & ~predicted], axis=2)
    counts = np.zeros((int(places.max()) + 1, truth.shape[1], 4))
    np.add.at(counts, places, cells)
    return GroupCounts(counts)


def precision_of(total: Floats) -> Floats:
    """Return precision from `... x 4` counts; 0 where nothing was predicted."""
    return _share(total[..., 0], total[..., 0] + total[..., 1])


def recall_of(total: Floats) -> Floats:
    """Return recall from `... x 4` counts; 0 where there was nothing to find."""
    return _share(total[..., 0], total[..., 0] + total[..., 2])


def f1_of(total: Floats) -> Floats:
    """Return F1 from `... x 4` counts; 0 where nothing was predicted and nothing was there."""
    return _share(2 * total[..., 0], 2 * total[..., 0] + total[..., 1] + total[..., 2])


def accuracy_of(total: Floats) -> Floats:
    """Return the share of right answers from `... x 4` counts."""
    return _share(total[..., 0] + total[..., 3], total.sum(axis=-1))


def best_thresholds(truth: Marks, logits: Floats) -> Floats:
    """Return, for each head, the logit above which F1 on these sentences is greatest.

    A head without a positive sentence gets infinity: it predicts nothing.
    """
    found = np.full(truth.shape[1], np.inf)
    for head in range(truth.shape[1]):
        order = np.argsort(-logits[:, head], kind="stable")
        hits = np.cumsum(truth[order, head])
        if not hits[-1]:
            continue
        scores = 2 * hits / (np.arange(1, len(order) + 1) + hits[-1])
        last = int(scores.argmax())
        ranked = logits[order, head]
        found[head] = (ranked[last] + ranked[min(last + 1, len(ranked) - 1)]) / 2
        if last == len(ranked) - 1:
            found[head] = -np.inf
    return found


def log_loss(truth: Marks, logits: Floats) -> float:
    """Return the mean log loss over sentences and heads, in nats."""
    return float(np.logaddexp(0.0, np.where(truth, -logits, logits)).mean())


def _share(part: Floats, whole: Floats) -> Floats:
    return np.where(whole > 0, part / np.maximum(whole, 1e-12), 0.0)
