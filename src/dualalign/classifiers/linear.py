"""The linear classifier: words and character n-grams, logistic regression, and what other text taught as a prior."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

from dualalign.classifiers.leaning import Arrays, LeaningClassifier, PriorUse
from dualalign.classifiers.ngrams import NgramFeatures, NgramOptions
from dualalign.classifiers.protocol import Classifier
from dualalign.classifiers.settings import settings
from dualalign.errors import ClassifierError

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

KIND = "linear"


@dataclass(frozen=True, slots=True)
class LinearOptions:
    """Settings of the linear classifier; the defaults were chosen on validation folds (docs/experiments.md).

    Args:
        ngrams: how sentences become vectors.
        strength: variance of the Gaussian prior on the coefficients, above 0.
        steps: L-BFGS iterations at most.
    """

    ngrams: NgramOptions = field(default_factory=NgramOptions)
    strength: float = 20.0
    steps: int = 100


class LinearClassifier(LeaningClassifier):
    """Logistic regression on hashed word and character n-grams, one head a label.

    Args:
        options: settings; the defaults if None.
        prior: classifier to lean on, of any kind.
        use: how far.
    """

    kind = KIND

    def __init__(
        self,
        options: LinearOptions | None = None,
        prior: Classifier | None = None,
        use: PriorUse | None = None,
    ) -> None:
        self.options = options or LinearOptions()
        self._features: NgramFeatures | None = None
        super().__init__(prior, use, self.options.strength, self.options.steps)

    @classmethod
    def build(cls, options: Mapping[str, Any], seed: int, prior: Classifier | None) -> Self:
        """Return an unfitted classifier from plain settings; `use` among them says how far it leans on the prior.

        Args:
            options: settings by name.
            seed: not needed, since nothing is drawn.
            prior: classifier to lean on.

        Raises:
            ClassifierError: an unknown setting or one of the wrong kind.
        """
        named = {name: value for name, value in options.items() if name != "use"}
        use = settings(PriorUse, options.get("use", {}), f"{KIND}.use")
        return cls(settings(LinearOptions, named, KIND), prior, use)

    def leaning(self, use: PriorUse) -> LinearClassifier:
        """Return an unfitted classifier with the same settings and prior that leans on the prior differently."""
        return LinearClassifier(replace(self.options), self.prior, use)

    def _what(self) -> str:
        return "Logistic regression on hashed words and character n-grams, one yes-or-no head a label."

    def _learn_vectors(self, texts: Sequence[str]) -> None:
        self._features = NgramFeatures(self.options.ngrams).fit(texts)

    def _vectors(self, texts: Sequence[str]) -> csr_matrix:
        return self._ngrams().transform(texts)

    def _state(self) -> tuple[dict[str, Any], Arrays]:
        values, arrays = self._ngrams().state()
        return {"ngrams": values}, arrays

    @classmethod
    def _restored(
        cls, config: dict[str, Any], arrays: Arrays, prior: Classifier | None, use: PriorUse
    ) -> Self:
        features = NgramFeatures.restore(config["ngrams"], arrays)
        loaded = cls(LinearOptions(features.options, config["strength"], config["steps"]), prior, use)
        loaded._features = features
        return loaded

    def _ngrams(self) -> NgramFeatures:
        if self._features is None:
            raise ClassifierError("the classifier was never fitted", "call fit first")
        return self._features
