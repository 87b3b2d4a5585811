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


def rate_thresholds(truth: Marks, logits: Floats, ratio: float = 1.15) -> Floats:
    """Return, for each head, the logit above which `ratio` times as many sentences lie as have the label.

    With few positives this errs far less than the threshold of greatest F1, which follows single sentences
    (docs/experiments.md). A head without a positive sentence gets its greatest logit.

    Args:
        truth: n x h.
        logits: n x h, of classifiers that did not learn from the sentence.
        ratio: predicted to true positives, above 0; chosen on development sentences.
    """
    ranked = -np.sort(-logits, axis=0)
    places = np.minimum(np.rint(ratio * truth.sum(axis=0)).astype(int), len(ranked) - 1)
    return np.asarray(ranked[places, np.arange(truth.shape[1])])


def with_labels_in_any(logits: Floats) -> Floats:
    """Return logits whose last column, whether there is any label, also hears the label heads.

    It becomes the mean of its own logit and the log of the summed odds of the labels: heads that know a kind of
    symptom well speak up where the general one does not.

    Args:
        logits: n x (labels + 1).
    """
    any_label = np.logaddexp.reduce(logits[:, :-1], axis=1)
    return np.column_stack([logits[:, :-1], (logits[:, -1] + any_label) / 2])


def log_losses(truth: Marks, logits: Floats) -> Floats:
    """Return the mean log loss of each head over the sentences, in nats."""
    return np.asarray(np.logaddexp(0.0, np.where(truth, -logits, logits)).mean(axis=0))


def _share(part: Floats, whole: Floats) -> Floats:
    return np.where(whole > 0, part / np.maximum(whole, 1e-12), 0.0)
