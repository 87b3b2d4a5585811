"""Scores above which the answer is yes."""

from __future__ import annotations

import numpy as np

from dualalign.stats.arrays import Floats, Marks

RATIO = 1.15


def rate_thresholds(truth: Marks, logits: Floats, ratio: float = RATIO) -> Floats:
    """Return, for each column, the logit above which `ratio` times as many rows lie as are marked.

    With few positives this errs far less than the threshold of greatest F1, which follows single sentences
    (docs/experiments.md). A column without a positive row gets its greatest logit.

    Args:
        truth: n x h.
        logits: n x h, of classifiers that did not learn from the row.
        ratio: predicted to true positives, above 0; the default was chosen on development sentences.
    """
    ranked = -np.sort(-logits, axis=0)
    places = np.minimum(np.rint(ratio * truth.sum(axis=0)).astype(int), len(ranked) - 1)
    return np.asarray(ranked[places, np.arange(truth.shape[1])])


def best_f1_threshold(truth: Marks, logits: Floats) -> float:
    """Return the logit of greatest F1, halfway to the next one below; infinity without positives.

    Args:
        truth: n.
        logits: n.
    """
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
