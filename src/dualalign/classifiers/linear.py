"""Logistic regression on vectors of sentences, which may lean on a classifier that learned from other text."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from pydantic import Field

from dualalign.classifiers.base import Arrays, SentenceClassifier, require_model
from dualalign.classifiers.logistic import Design, fit_logistic
from dualalign.classifiers.ngrams import NgramFeatures, NgramOptions, fitted_ngrams
from dualalign.classifiers.options import Options, Pooling
from dualalign.classifiers.protocol import Classifier
from dualalign.classifiers.sentence_vectors import SentenceVectors, sentence_vectors
from dualalign.stats.arrays import Floats, Marks

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


class PriorUse(Options):
    """How far a classifier leans on one that learned from other text.

    Args:
        offset: share of the prior's logit of the same head that is added to the logit, 0 to 1.
        scale: size of the prior's standardised logits as features, beside vectors of length about 1; 0 leaves them out.
    """

    offset: float = Field(default=0.15, ge=0, le=1)
    scale: float = Field(default=0.1, ge=0)


class LogisticOptions(Options):
    """Settings of every logistic regression.

    Args:
        strength: variance of the Gaussian prior on the coefficients, above 0.
        steps: L-BFGS iterations at most.
    """

    strength: float = Field(default=20.0, gt=0)
    steps: int = Field(default=100, ge=1)
    use: PriorUse = PriorUse()


class LinearOptions(LogisticOptions):
    """Settings of the linear classifier; the defaults were chosen on validation folds (docs/experiments.md).

    Args:
        ngrams: how sentences become vectors.
    """

    ngrams: NgramOptions = NgramOptions()


class EmbeddingOptions(LogisticOptions):
    """Settings of the embedding classifier.

    Args:
        model: id on the Hugging Face hub, or a folder.
        pooling: how tokens become one vector.
        tokens: tokens of a sentence read at most.
        scale: length of the sentence vectors, beside n-gram vectors of length about 1.
        ngrams: how sentences also become n-gram vectors; None leaves these out.
        cache: folder that keeps vectors for other runs.
    """

    model: str = ""
    pooling: Pooling = "mean"
    tokens: int = Field(default=128, ge=1)
    scale: float = 2.0
    ngrams: NgramOptions | None = NgramOptions()
    cache: str | None = None


class LogisticClassifier(SentenceClassifier):
    """Logistic regression on vectors of sentences, one head a label.

    Given a prior it starts from what the prior says of a sentence and learns, from its own sentences, how far to trust
    it. However much text the prior saw, it cannot drown the sentences fitted here.
    """

    options: LogisticOptions

    def fit(self, X: Sequence[str], Y: Marks, sample_weight: Floats | None = None) -> Self:
        """Learn from sentences.

        Args:
            X: n sentences.
            Y: n x h labels.
            sample_weight: n or n x h, 0 or more; 1 each if None.

        Raises:
            ClassifierError: no sentences, or shapes that do not fit.
        """
        self._check(X, Y)
        use, hints = self.options.use, self._hints(X)
        if hints is not None:
            self._centre = hints.mean(axis=0)
            self._spread = np.maximum(hints.std(axis=0), 1e-6)
        self._coefficients, self._hint_coefficients, self._intercepts = fit_logistic(
            self._learn_vectors(X),
            Y,
            self.options.strength,
            sample_weight,
            None if hints is None else use.offset * hints,
            None if hints is None or not use.scale else self._standardised(hints),
            self.options.steps,
        )
        return self

    def logits(self, X: Sequence[str]) -> Floats:
        """Return the log odds of each head for each sentence, n x h.

        Raises:
            ClassifierError: not fitted.
        """
        self._refuse_unfitted()
        if not len(X):
            return np.zeros((0, len(self.heads)))
        found = np.asarray(self._vectors(X) @ self._coefficients + self._intercepts)
        hints = self._hints(X)
        if hints is None:
            return found
        if len(self._hint_coefficients):
            found = found + self._standardised(hints) @ self._hint_coefficients
        return found + self.options.use.offset * hints

    def _facts(self) -> list[str]:
        use = self.options.use
        said = (
            f"Leans (offset {use.offset:g}, scale {use.scale:g}) on a prior that learned from other sentences; its own "
            "card is in the folder `prior`."
        )
        return [] if self.prior is None else [said]

    def _state(self) -> tuple[dict[str, Any], Arrays]:
        used = np.flatnonzero(np.abs(self._coefficients).sum(axis=1)).astype(np.int64)
        arrays: Arrays = {
            "rows": used,
            "coefficients": self._coefficients[used].astype(np.float32),
            "size": np.array(self._coefficients.shape[0]),
            "hint_coefficients": self._hint_coefficients,
            "intercepts": self._intercepts,
        }
        if self.prior is not None:
            arrays |= {"centre": self._centre, "spread": self._spread}
        return {}, arrays

    def _restore(self, config: Mapping[str, Any], arrays: Arrays, folder: Path) -> None:
        self._coefficients = np.zeros((int(arrays["size"]), len(self.heads)))
        self._coefficients[arrays["rows"]] = arrays["coefficients"]
        self._hint_coefficients, self._intercepts = arrays["hint_coefficients"], arrays["intercepts"]
        if self.prior is not None:
            self._centre, self._spread = arrays["centre"], arrays["spread"]

    @abstractmethod
    def _learn_vectors(self, texts: Sequence[str]) -> Design:
        """Learn how sentences become vectors, and return those of the sentences learned from."""

    @abstractmethod
    def _vectors(self, texts: Sequence[str]) -> csr_matrix:
        """Return one row a sentence."""

    def _hints(self, texts: Sequence[str]) -> Floats | None:
        return None if self.prior is None else self.prior.logits(texts)

    def _standardised(self, hints: Floats) -> Floats:
        return np.asarray((hints - self._centre) / self._spread * self.options.use.scale)


class LinearClassifier(LogisticClassifier):
    """Logistic regression on hashed word and character n-grams, one head a label."""

    kind = "linear"
    options_type = LinearOptions
    options: LinearOptions

    def _description(self) -> str:
        return "Logistic regression on hashed words and character n-grams, one yes-or-no head a label."

    def _learn_vectors(self, texts: Sequence[str]) -> Design:
        self._features, design = fitted_ngrams(self.options.ngrams, texts)
        return design

    def _vectors(self, texts: Sequence[str]) -> csr_matrix:
        return self._features.transform(texts)

    def _state(self) -> tuple[dict[str, Any], Arrays]:
        values, arrays = super()._state()
        return values, arrays | self._features.state()

    def _restore(self, config: Mapping[str, Any], arrays: Arrays, folder: Path) -> None:
        super()._restore(config, arrays, folder)
        self._features = NgramFeatures.restore(self.options.ngrams, arrays)


class EmbeddingClassifier(LogisticClassifier):
    """Logistic regression on sentence vectors of any encoder, which stays as it is, beside n-grams if wished."""

    kind = "embedding"
    options_type = EmbeddingOptions
    options: EmbeddingOptions

    def __init__(
        self, heads: Sequence[str], options: Any = None, seed: int = 0, prior: Classifier | None = None
    ) -> None:
        super().__init__(heads, options, seed, prior)
        require_model(self.kind, self.options.model)

    def _description(self) -> str:
        beside = " beside hashed words and character n-grams" if self.options.ngrams else ""
        name = Path(self.options.model).name
        return f"Logistic regression on sentence vectors of {name}{beside}, one yes-or-no head a label."

    def _learn_vectors(self, texts: Sequence[str]) -> Design:
        self._mean = self._embed()(texts).mean(axis=0).astype(np.float64)
        if self.options.ngrams is not None:
            self._features, _ = fitted_ngrams(self.options.ngrams, texts)
        return Design(self._vectors(texts))

    def _vectors(self, texts: Sequence[str]) -> csr_matrix:
        from scipy.sparse import csr_matrix, hstack

        dense = csr_matrix((self._embed()(texts) - self._mean) * self.options.scale)
        if self.options.ngrams is None:
            return dense
        return hstack([self._features.transform(texts), dense], format="csr")

    def _embed(self) -> SentenceVectors:
        each = self.options
        return sentence_vectors(each.model, each.pooling, each.tokens, each.cache)

    def _state(self) -> tuple[dict[str, Any], Arrays]:
        values, arrays = super()._state()
        ngrams = {} if self.options.ngrams is None else self._features.state()
        return values, arrays | ngrams | {"mean": self._mean}

    def _restore(self, config: Mapping[str, Any], arrays: Arrays, folder: Path) -> None:
        super()._restore(config, arrays, folder)
        self._mean = arrays["mean"]
        if self.options.ngrams is not None:
            self._features = NgramFeatures.restore(self.options.ngrams, arrays)
