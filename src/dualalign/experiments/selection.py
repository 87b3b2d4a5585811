"""Which synthetic sentences to keep, by what the gold says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from dualalign.classifiers.logistic import Design, fit_logistic
from dualalign.classifiers.ngrams import NgramOptions, fitted_ngrams
from dualalign.errors import ExperimentError
from dualalign.experiments.labelled_text import LabelledText
from dualalign.stats.arrays import Floats, Marks, Rows

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

By = Literal["confidence", "discriminator"]
STRENGTH, STEPS = 20.0, 60
_OTHERS_PER_REAL = 5


class Selector:
    """Scores other sentences by gold ones; its sentences become vectors only once.

    Args:
        seed: draws the halves and the samples of the discriminator.
    """

    def __init__(self, text: LabelledText, by: By, seed: int = 0, ngrams: NgramOptions | None = None) -> None:
        self.text = text
        self._by = by
        self._seed = seed
        self._features, design = fitted_ngrams(ngrams or NgramOptions(), text.texts)
        self._vectors = design.vectors
        self._last: tuple[LabelledText, Floats] | None = None

    def scores(self, gold: LabelledText) -> Floats:
        """Return a score for each other sentence; the greater, the sooner it is kept.

        Args:
            gold: sentences that may be learned from; no others are looked at.

        Raises:
            ExperimentError: no gold sentence.
        """
        if not len(gold):
            raise ExperimentError("no gold sentence to select other text by", "give more of the gold")
        if self._last is None or self._last[0] is not gold:
            real = self._features.transform(gold.texts)
            if self._by == "confidence":
                found = confidence_scores(real, gold.marks, self._vectors, self.text.marks)
            else:
                found = discriminator_scores(real, self._vectors, np.random.default_rng(self._seed))
            self._last = (gold, found)
        return self._last[1]


def confidence_scores(real: csr_matrix, real_marks: Marks, other: csr_matrix, other_marks: Marks) -> Floats:
    """Return the log-likelihood, in nats, of each other sentence's labels by a classifier of the gold.

    Args:
        real: vectors of the gold sentences, n x d.
        real_marks: their labels, n x h.
        other: vectors of the other sentences, m x d.
        other_marks: their labels, m x h.
    """
    coefficients, _, intercepts = fit_logistic(Design(real), real_marks, STRENGTH, steps=STEPS)
    logits = np.asarray(other @ coefficients) + intercepts
    return np.asarray(-np.logaddexp(0.0, np.where(other_marks, -logits, logits)).sum(axis=1))


def discriminator_scores(real: csr_matrix, other: csr_matrix, random: np.random.Generator) -> Floats:
    """Return the log odds, for each other sentence, of being real, by classifiers that did not learn from it.

    The other sentences are parted in two halves; each is judged by a classifier of the gold against a sample of the
    other half, with both sides equally heavy.

    Args:
        real: vectors of the gold sentences, n x d.
        other: vectors of the other sentences, m x d.
    """
    from scipy.sparse import vstack

    size, few = other.shape[0], real.shape[0]
    order = random.permutation(size)
    halves = (order[: size // 2], order[size // 2 :])
    found = np.zeros(size)
    for learned, judged in (halves, halves[::-1]):
        sample = learned[: _OTHERS_PER_REAL * few]
        both = vstack([real, other[np.sort(sample)]]).tocsr()
        is_real = np.arange(both.shape[0])[:, None] < few
        weights = np.where(is_real[:, 0], 0.5 / few, 0.5 / max(len(sample), 1)) * both.shape[0]
        coefficients, _, intercepts = fit_logistic(Design(both), is_real, STRENGTH, weights, steps=STEPS)
        found[judged] = np.asarray(other[judged] @ coefficients + intercepts)[:, 0]
    return found


def best_rows(marks: Marks, scores: Floats, share: float) -> Rows:
    """Return the rows of the best share of the sentences, of each combination of labels alike.

    Without that, what the gold finds easy (mostly sentences without a label) would crowd out the rest.

    Args:
        marks: m x h.
        scores: m; greater is better.
        share: kept, above 0 to 1; at least one sentence of each combination is kept.
    """
    _, kinds = np.unique(np.packbits(marks, axis=1), axis=0, return_inverse=True)
    kept: list[int] = []
    for kind in range(int(kinds.max()) + 1 if len(marks) else 0):
        rows = np.flatnonzero(kinds.ravel() == kind)
        order = np.argsort(-scores[rows], kind="stable")
        kept.extend(rows[order[: max(1, round(share * len(rows)))]].tolist())
    return np.sort(np.array(kept, dtype=np.intp))
