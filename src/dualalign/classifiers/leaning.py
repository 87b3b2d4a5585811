"""Logistic regression that may lean on a classifier of other text; what its vectors are is left to each kind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from dualalign.classifiers.cards import card_text, seen
from dualalign.classifiers.checks import check_prior, check_sentences
from dualalign.classifiers.logistic import fit_logistic
from dualalign.classifiers.protocol import Classifier, Floats, Marks
from dualalign.classifiers.registry import load_classifier
from dualalign.classifiers.storage import read_folder, write_folder
from dualalign.errors import ClassifierError

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Arrays = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class PriorUse:
    """How far a classifier leans on one that learned from other text.

    Args:
        offset: share of the prior's logit of the same head that is added to the logit, 0 to 1.
        scale: size of the prior's standardised logits as features, beside vectors of length about 1; 0 leaves them out.
    """

    offset: float = 0.15
    scale: float = 0.1


class LeaningClassifier(ABC):
    """Logistic regression on vectors of sentences, one head a label.

    Given a `prior` (a classifier of the same heads, of any kind, that learned from synthetic or other text) it starts
    from what the prior says of a sentence and learns, from its own sentences, how far to trust it. However much text
    the prior saw, it cannot drown the sentences fitted here.

    Args:
        prior: classifier to lean on.
        use: how far.
        strength: variance of the Gaussian prior on the coefficients, above 0.
        steps: L-BFGS iterations at most.
    """

    kind: ClassVar[str]

    def __init__(self, prior: Classifier | None, use: PriorUse | None, strength: float, steps: int) -> None:
        self.prior = prior
        self.use = use or PriorUse()
        self._strength = strength
        self._steps = steps
        self._heads: tuple[str, ...] = ()
        self._seen: dict[str, int] = {}
        self._coefficients: Floats = np.zeros((0, 0))
        self._intercepts: Floats = np.zeros(0)
        self._centre: Floats = np.zeros(0)
        self._spread: Floats = np.ones(0)

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
        check_sentences(texts, marks, heads)
        check_prior(self.prior, heads)
        self._heads = tuple(heads)
        self._seen = seen(marks, heads)
        self._learn_vectors(texts)
        hints = self._hints(texts)
        if hints is not None:
            self._centre = hints.mean(axis=0)
            self._spread = np.maximum(hints.std(axis=0), 1e-6)
        vectors = self._with_hints(self._vectors(texts), hints)
        offsets = None if hints is None else self.use.offset * hints
        self._coefficients, self._intercepts = fit_logistic(
            vectors, marks, self._strength, weights, offsets, self._steps
        )
        return self

    def logits(self, texts: Sequence[str]) -> Floats:
        """Return the log odds of each head for each sentence, n x h.

        Raises:
            ClassifierError: not fitted.
        """
        self._refuse_unfitted()
        if not texts:
            return np.zeros((0, len(self._heads)))
        hints = self._hints(texts)
        vectors = self._with_hints(self._vectors(texts), hints)
        found: Floats = vectors @ self._coefficients + self._intercepts
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
        self._refuse_unfitted()
        values, arrays = self._state()
        used = np.flatnonzero(np.abs(self._coefficients).sum(axis=1)).astype(np.int64)
        config = {
            "heads": list(self._heads),
            "seen": self._seen,
            "strength": self._strength,
            "steps": self._steps,
            "use": asdict(self.use),
            "has_prior": self.prior is not None,
        } | values
        arrays = arrays | {
            "rows": used,
            "coefficients": self._coefficients[used].astype(np.float32),
            "size": np.array(self._coefficients.shape[0]),
            "intercepts": self._intercepts,
            "centre": self._centre,
            "spread": self._spread,
        }
        out = write_folder(folder, self.kind, config, arrays, self.card())
        if self.prior is not None:
            self.prior.save(out / "prior")
        return out

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read a classifier from a folder that `save` wrote.

        Raises:
            ClassifierError: not such a folder, or damaged.
        """
        config, arrays = read_folder(folder, cls.kind)
        prior = load_classifier(Path(folder) / "prior") if config["has_prior"] else None
        loaded = cls._restored(config, arrays, prior, PriorUse(**config["use"]))
        loaded._heads = tuple(config["heads"])
        loaded._seen = dict(config["seen"])
        loaded._coefficients = np.zeros((int(arrays["size"]), len(loaded._heads)))
        loaded._coefficients[arrays["rows"]] = arrays["coefficients"]
        loaded._intercepts = arrays["intercepts"]
        loaded._centre, loaded._spread = arrays["centre"], arrays["spread"]
        return loaded

    def card(self) -> str:
        """Return what it is, what it learned from and its limits, in Markdown."""
        facts = []
        if self.prior is not None:
            facts.append(
                f"Leans (offset {self.use.offset:g}, scale {self.use.scale:g}) on a prior that learned from other "
                "sentences; its own card is in the folder `prior`."
            )
        return card_text(self.kind, self._what(), self._seen, facts)

    @abstractmethod
    def _what(self) -> str:
        """Return one sentence on how it works, for the card."""

    @abstractmethod
    def _learn_vectors(self, texts: Sequence[str]) -> None:
        """Learn how sentences become vectors."""

    @abstractmethod
    def _vectors(self, texts: Sequence[str]) -> csr_matrix:
        """Return one row a sentence."""

    @abstractmethod
    def _state(self) -> tuple[dict[str, Any], Arrays]:
        """Return what `_restored` needs: plain values, and arrays."""

    @classmethod
    @abstractmethod
    def _restored(
        cls, config: dict[str, Any], arrays: Arrays, prior: Classifier | None, use: PriorUse
    ) -> Self:
        """Return a classifier whose vectors are as they were when `_state` was called."""

    def _refuse_unfitted(self) -> None:
        if not self._heads:
            raise ClassifierError("the classifier was never fitted", "call fit first")

    def _hints(self, texts: Sequence[str]) -> Floats | None:
        return None if self.prior is None else self.prior.logits(texts)

    def _with_hints(self, vectors: csr_matrix, hints: Floats | None) -> csr_matrix:
        from scipy.sparse import csr_matrix, hstack

        if hints is None or not self.use.scale:
            return vectors
        scaled = (hints - self._centre) / self._spread * self.use.scale
        return hstack([vectors, csr_matrix(scaled)], format="csr")
