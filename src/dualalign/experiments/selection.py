"""Which synthetic sentences to keep, by what the gold says of them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from dualalign.classifiers.logistic import fit_logistic
from dualalign.classifiers.ngrams import NgramFeatures, NgramOptions
from dualalign.errors import ExperimentError
from dualalign.experiments.labelled_text import LabelledText, Marks
from dualalign.stats.arrays import Floats

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

By = Literal["confidence", "discriminator"]
STRENGTH, STEPS = 20.0, 60
_OTHERS_PER_REAL = 5


class Selector:
    """Scores other sentences by gold ones; its sentences become vectors only once.

    Args:
        text: the other sentences.
        by: `confidence` or `discriminator`.
        seed: draws the halves and the samples of the discriminator.
        ngrams: how sentences become vectors; the defaults if None.
    """

    def __init__(self, text: LabelledText, by: By, seed: int = 0, ngrams: NgramOptions | None = None) -> None:
        self.text = text
        self._by = by
        self._seed = seed
        self._ngrams = ngrams
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
            score = {"confidence": confidence_scores, "discriminator": discriminator_scores}[self._by]
            real = self._features.transform(gold.texts)
            random = np.random.default_rng(self._seed)
            self._last = (gold, score(real, gold.marks, self._vectors, self.text.marks, random))
        return self._last[1]

    @cached_property
    def _features(self) -> NgramFeatures:
        return NgramFeatures(self._ngrams).fit(self.text.texts)

    @cached_property
    def _vectors(self) -> csr_matrix:
        return self._features.transform(self.text.texts)


def confidence_scores(
    real: csr_matrix, real_marks: Marks, other: csr_matrix, other_marks: Marks, random: np.random.Generator
) -> Floats:
    """Return the log-likelihood, in nats, of each other sentence's labels by a classifier of the gold.

    Args:
        real: vectors of the gold sentences, n x d.
        real_marks: their labels, n x h.
        other: vectors of the other sentences, m x d.
        other_marks: their labels, m x h.
        random: not needed, since nothing is drawn.
    """
    coefficients, intercepts = fit_logistic(real, real_marks, STRENGTH, steps=STEPS)
    logits = np.asarray(other @ coefficients) + intercepts
    return np.asarray(-np.logaddexp(0.0, np.where(other_marks, -logits, logits)).sum(axis=1))


def discriminator_scores(
    real: csr_matrix, real_marks: Marks, other: csr_matrix, other_marks: Marks, random: np.random.Generator
) -> Floats:
    """Return the log odds, for each other sentence, of being real, by classifiers that did not learn from it.

    The other sentences are parted in two halves; each is judged by a classifier of the gold against a sample of the
    other half, with both sides equally heavy.

    Args:
        real: vectors of the gold sentences, n x d.
        real_marks: not needed: whether a sentence looks real is no matter of its labels.
        other: vectors of the other sentences, m x d.
        other_marks: not needed.
        random: draws halves and samples.
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
        coefficients, intercepts = fit_logistic(both, is_real, STRENGTH, weights, steps=STEPS)
        found[judged] = np.asarray(other[judged] @ coefficients + intercepts)[:, 0]
    return found


def best_rows(marks: Marks, scores: Floats, share: float) -> npt.NDArray[np.intp]:
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
