"""The embedding classifier: sentence vectors of a frozen encoder, beside n-grams if wished, and logistic heads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from dualalign.classifiers.checks import check_model
from dualalign.classifiers.leaning import Arrays, LeaningClassifier, PriorUse
from dualalign.classifiers.ngrams import NgramFeatures, NgramOptions
from dualalign.classifiers.protocol import Classifier, Floats
from dualalign.classifiers.sentence_vectors import SentenceVectors, sentence_vectors
from dualalign.classifiers.settings import settings
from dualalign.classifiers.training_options import Pooling

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


@dataclass(frozen=True, slots=True)
class EmbeddingOptions:
    """Settings of the embedding classifier.

    Args:
        model: id on the Hugging Face hub, or a folder.
        pooling: how tokens become one vector.
        tokens: tokens of a sentence read at most.
        scale: length of the sentence vectors, beside n-gram vectors of length about 1.
        ngrams: how sentences also become n-gram vectors; None leaves these out.
        strength: variance of the Gaussian prior on the coefficients, above 0.
        steps: L-BFGS iterations at most.
        cache: folder that keeps vectors for other runs.
    """

    model: str = ""
    pooling: Pooling = "mean"
    tokens: int = 128
    scale: float = 2.0
    ngrams: NgramOptions | None = field(default_factory=NgramOptions)
    strength: float = 20.0
    steps: int = 100
    cache: str | None = None


class EmbeddingClassifier(LeaningClassifier):
    """Logistic regression on the mean-pooled vectors of any encoder, which stays as it is.

    Args:
        options: settings.
        prior: classifier to lean on, of any kind.
        use: how far.
    """

    kind = "embedding"

    def __init__(
        self, options: EmbeddingOptions, prior: Classifier | None = None, use: PriorUse | None = None
    ) -> None:
        check_model(self.kind, options.model)
        super().__init__(prior, use, options.strength, options.steps)
        self.options = options
        self._ngrams: NgramFeatures | None = None
        self._mean: Floats = np.zeros(0)

    @classmethod
    def build(cls, options: Mapping[str, Any], seed: int, prior: Classifier | None) -> Self:
        """Return an unfitted classifier from plain settings; `use` among them says how far it leans on the prior.

        Args:
            options: settings by name.
            seed: not needed, since nothing is drawn.
            prior: classifier to lean on.

        Raises:
            ClassifierError: an unknown setting or one of the wrong kind, or a library that is missing.
        """
        named = {name: value for name, value in options.items() if name != "use"}
        use = settings(PriorUse, options.get("use", {}), f"{cls.kind}.use")
        return cls(settings(EmbeddingOptions, named, cls.kind), prior, use)

    def _what(self) -> str:
        beside = " beside hashed words and character n-grams" if self.options.ngrams else ""
        name = Path(self.options.model).name
        return f"Logistic regression on sentence vectors of {name}{beside}, one yes-or-no head a label."

    def _learn_vectors(self, texts: Sequence[str]) -> None:
        self._mean = self._embed()(texts).mean(axis=0).astype(np.float64)
        if self.options.ngrams is not None:
            self._ngrams = NgramFeatures(self.options.ngrams).fit(texts)

    def _vectors(self, texts: Sequence[str]) -> csr_matrix:
        from scipy.sparse import csr_matrix, hstack

        dense = csr_matrix((self._embed()(texts) - self._mean) * self.options.scale)
        return dense if self._ngrams is None else hstack([self._ngrams.transform(texts), dense], format="csr")

    def _embed(self) -> SentenceVectors:
        each = self.options
        return sentence_vectors(each.model, each.pooling, each.tokens, each.cache)

    def _state(self) -> tuple[dict[str, Any], Arrays]:
        arrays: Arrays = {"mean": self._mean}
        values: dict[str, Any] = {"options": asdict(self.options), "ngrams": None}
        if self._ngrams is not None:
            values["ngrams"], more = self._ngrams.state()
            arrays |= more
        return values, arrays

    @classmethod
    def _restored(
        cls, config: dict[str, Any], arrays: Arrays, prior: Classifier | None, use: PriorUse
    ) -> Self:
        loaded = cls(settings(EmbeddingOptions, config["options"], cls.kind), prior, use)
        loaded._mean = arrays["mean"]
        if config["ngrams"] is not None:
            loaded._ngrams = NgramFeatures.restore(config["ngrams"], arrays)
        return loaded
