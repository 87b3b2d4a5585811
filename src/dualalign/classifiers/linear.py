"""The linear classifier: words and character n-grams, logistic regression, and what other text taught as a prior."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from dualalign.classifiers.cards import card_text
from dualalign.classifiers.logistic import fit_logistic
from dualalign.classifiers.ngrams import NgramFeatures, NgramOptions
from dualalign.classifiers.protocol import Classifier, Floats, Marks
from dualalign.classifiers.registry import load_classifier
from dualalign.classifiers.settings import settings
from dualalign.classifiers.storage import read_folder, write_folder
from dualalign.errors import ClassifierError

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

KIND = "linear"
WHAT = "Logistic regression on hashed words and character n-grams, one yes-or-no head a label."


@dataclass(frozen=True, slots=True)
class PriorUse:
    """How far a classifier leans on one that learned from other text.

    Args:
        offset: share of the prior's logit of the same head that is added to the logit, 0 to 1.
        scale: size of the prior's standardised logits as features, beside vectors of length about 1; 0 leaves them out.
    """

    offset: float = 0.15
    scale: float = 0.1


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


class LinearClassifier:
    """Logistic regression on hashed word and character n-grams, one head a label.

    Given a `prior` (a classifier of the same heads, of any kind, that learned from synthetic or other text) it starts from
    what the prior says of a sentence and learns, from its own sentences, how far to trust it. However much text the
    prior saw, it cannot drown the sentences fitted here.

    Args:
        options: settings; the defaults if None.
        prior: classifier to lean on.
        use: how far.
    """

    def __init__(
        self,
        options: LinearOptions | None = None,
        prior: Classifier | None = None,
        use: PriorUse | None = None,
    ) -> None:
        self.options = options or LinearOptions()
        self.prior = prior
        self.use = use or PriorUse()
        self._heads: tuple[str, ...] = ()
        self._seen: dict[str, int] = {}
        self._features: NgramFeatures | None = None
        self._coefficients: Floats = np.zeros((0, 0))
        self._intercepts: Floats = np.zeros(0)
        self._centre: Floats = np.zeros(0)
        self._spread: Floats = np.ones(0)

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

    @property
    def heads(self) -> tuple[str, ...]:
        """Names of the heads, in column order."""
        return self._heads

    def fit(
        self,
        texts: Sequence[str],
        marks: Marks,
        heads: Sequence[str],
        weights: Floats | None = None,
    ) -> Self:
        """Learn from sentences.

        Args:
            texts: n sentences.
            marks: n x h labels.
            heads: names of the h heads.
            weights: n or n x h, 0 or more; 1 each if None.

        Raises:
            ClassifierError: no sentences, shapes that do not fit, or a prior with other heads.
        """
        if not len(texts) or marks.shape != (len(texts), len(heads)):
            raise ClassifierError(
                f"{len(texts)} sentences with labels of shape {marks.shape} for {len(heads)} heads",
                "give at least one sentence and one row of labels for each",
            )
        if self.prior is not None and self.prior.heads != tuple(heads):
            raise ClassifierError(
                f"the prior's heads are {', '.join(self.prior.heads)}, not {', '.join(heads)}",
                "train the prior on the same labels",
            )
        self._heads = tuple(heads)
        self._seen = {"sentences": len(texts)} | {
            head: int(count) for head, count in zip(heads, marks.sum(axis=0), strict=True)
        }
        self._features = NgramFeatures(self.options.ngrams).fit(texts)
        hints = self._hints(texts)
        if hints is not None:
            self._centre = hints.mean(axis=0)
            self._spread = np.maximum(hints.std(axis=0), 1e-6)
        vectors = self._vectors(texts, hints)
        offsets = None if hints is None else self.use.offset * hints
        self._coefficients, self._intercepts = fit_logistic(
            vectors, marks, self.options.strength, weights, offsets, self.options.steps
        )
        return self

    def logits(self, texts: Sequence[str]) -> Floats:
        """Return the log odds of each head for each sentence, n x h.

        Raises:
            ClassifierError: not fitted.
        """
        if self._features is None:
            raise ClassifierError("the classifier was never fitted", "call fit first")
        hints = self._hints(texts)
        found: Floats = self._vectors(texts, hints) @ self._coefficients + self._intercepts
        return found if hints is None else found + self.use.offset * hints

    def predict_proba(self, texts: Sequence[str]) -> Floats:
        """Return the probability of each head for each sentence, n x h.

        Raises:
            ClassifierError: not fitted.
        """
        return np.exp(-np.logaddexp(0.0, -self.logits(texts)))

    def save(self, folder: str | Path) -> Path:
        """Write the classifier, its prior included, to a folder and return it.

        Raises:
            ClassifierError: not fitted, or the folder cannot be written.
        """
        if self._features is None:
            raise ClassifierError("the classifier was never fitted", "call fit first")
        values, arrays = self._features.state()
        used = np.flatnonzero(np.abs(self._coefficients).sum(axis=1)).astype(np.int64)
        config = {
            "heads": list(self._heads),
            "seen": self._seen,
            "strength": self.options.strength,
            "steps": self.options.steps,
            "ngrams": values,
            "use": asdict(self.use),
            "has_prior": self.prior is not None,
        }
        arrays = arrays | {
            "rows": used,
            "coefficients": self._coefficients[used].astype(np.float32),
            "size": np.array(self._coefficients.shape[0]),
            "intercepts": self._intercepts,
            "centre": self._centre,
            "spread": self._spread,
        }
        out = write_folder(folder, KIND, config, arrays, self.card())
        if self.prior is not None:
            self.prior.save(out / "prior")
        return out

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read a classifier from a folder that `save` wrote.

        Raises:
            ClassifierError: not such a folder, or damaged.
        """
        config, arrays = read_folder(folder, KIND)
        features = NgramFeatures.restore(config["ngrams"], arrays)
        options = LinearOptions(features.options, config["strength"], config["steps"])
        prior = load_classifier(Path(folder) / "prior") if config["has_prior"] else None
        loaded = cls(options, prior, PriorUse(**config["use"]))
        loaded._features = features
        loaded._heads = tuple(config["heads"])
        loaded._seen = dict(config["seen"])
        loaded._coefficients = np.zeros((int(arrays["size"]), len(loaded._heads)))
        loaded._coefficients[arrays["rows"]] = arrays["coefficients"]
        loaded._intercepts = arrays["intercepts"]
        loaded._centre, loaded._spread = arrays["centre"], arrays["spread"]
        return loaded

    def leaning(self, use: PriorUse) -> LinearClassifier:
        """Return an unfitted classifier with the same settings and prior that leans on the prior differently."""
        return LinearClassifier(replace(self.options), self.prior, use)

    def card(self) -> str:
        """Return what it is, what it learned from and its limits, in Markdown."""
        facts = []
        if self.prior is not None:
            facts.append(
                f"Leans (offset {self.use.offset:g}, scale {self.use.scale:g}) on a prior that learned from other "
                "sentences; its own card is in the folder `prior`."
            )
        return card_text(KIND, WHAT, self._seen, facts)

    def _hints(self, texts: Sequence[str]) -> Floats | None:
        return None if self.prior is None else self.prior.logits(texts)

    def _vectors(self, texts: Sequence[str], hints: Floats | None) -> csr_matrix:
        from scipy.sparse import csr_matrix, hstack

        if self._features is None:
            raise ClassifierError("the classifier was never fitted", "call fit first")
        vectors = self._features.transform(texts)
        if hints is None or not self.use.scale:
            return vectors
        scaled = (hints - self._centre) / self._spread * self.use.scale
        return hstack([vectors, csr_matrix(scaled)], format="csr")


def describe(classifier: LinearClassifier) -> dict[str, Any]:
    """Return the settings of a classifier as plain values, for a manifest."""
    return {
        "kind": KIND,
        "options": asdict(classifier.options),
        "use": asdict(classifier.use) if classifier.prior is not None else None,
    }
