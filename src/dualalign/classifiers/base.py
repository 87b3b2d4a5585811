"""What all classifiers share: scikit-learn's parameters, checks of what they learn from, and a folder on disk."""

from __future__ import annotations

import json
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from importlib import util
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from sklearn.base import BaseEstimator

from dualalign.classifiers.options import Options
from dualalign.classifiers.protocol import Classifier
from dualalign.classifiers.registry import load_classifier
from dualalign.errors import ClassifierError
from dualalign.files import folder_beside, parse_json, refusals_said
from dualalign.stats.arrays import Floats, Marks

FORMAT = 2
Arrays = dict[str, npt.NDArray[Any]]

_LIMITS = (
    "For research on text. Not for the care of patients. Probabilities are calibrated only on text like the "
    "sentences it learned from."
)


class SentenceClassifier(BaseEstimator, ABC):  # type: ignore[misc]
    """A classifier of sentences with one yes-or-no head for each label.

    Args:
        heads: names of the heads, in column order.
        options: settings; the defaults if None.
        seed: of whatever it draws.
        prior: a fitted classifier of the same heads, which learned from other text.

    Raises:
        ClassifierError: no head, one that comes twice, or a prior with other heads.
    """

    kind: ClassVar[str]
    options_type: ClassVar[type[Options]]

    def __init__(
        self,
        heads: Sequence[str],
        options: Any = None,
        seed: int = 0,
        prior: Classifier | None = None,
    ) -> None:
        self.heads = tuple(heads)
        self.options = self.options_type() if options is None else options
        self.seed = seed
        self.prior = prior
        self._label_counts: dict[str, int] = {}
        if not self.heads or len(set(self.heads)) != len(self.heads):
            raise ClassifierError(
                f"labels {', '.join(self.heads) or '(none)'}", "give at least one label, and each only once"
            )
        if prior is not None and prior.heads != self.heads:
            raise ClassifierError(
                f"the prior's heads are {', '.join(prior.heads)}, not {', '.join(self.heads)}",
                "train the prior on the same labels",
            )

    def __sklearn_clone__(self) -> Self:
        # A prior stays fitted: it is no part of what this classifier learns.
        return type(self)(self.heads, self.options, self.seed, self.prior)

    @abstractmethod
    def logits(self, X: Sequence[str]) -> Floats:
        """Return the log odds of each head for each sentence, n x h."""

    def predict_proba(self, X: Sequence[str]) -> Floats:
        """Return the probability of each head for each sentence, n x h.

        Raises:
            ClassifierError: not fitted.
        """
        return np.asarray(expit(self.logits(X)))

    def predict(self, X: Sequence[str]) -> Marks:
        """Return which heads are likelier than not, n x h.

        Raises:
            ClassifierError: not fitted.
        """
        return np.asarray(self.logits(X) > 0)

    def card(self) -> str:
        """Return what it is, what it learned from and its limits, in Markdown."""
        counts = "\n".join(f"- {name}: {count:,}" for name, count in self._label_counts.items())
        title = f"# Symptom classifier ({self.kind})"
        parts = [title, self._description(), f"Learned from:\n{counts}", *self._facts(), _LIMITS]
        return "\n\n".join(parts) + "\n"

    def save(self, folder: str | Path) -> Path:
        """Write the classifier, its prior included, to a folder and return it; all of it or nothing.

        Raises:
            ClassifierError: not fitted, or the folder cannot be written.
        """
        self._refuse_unfitted()
        config = {
            "heads": self.heads,
            "options": self.options.model_dump(mode="json"),
            "seed": self.seed,
            "label_counts": self._label_counts,
            "has_prior": self._saved_prior() is not None,
        }
        values, arrays = self._state()
        config = {"format": FORMAT, "kind": self.kind} | config | values
        out = Path(folder)
        with refusals_said(out, ClassifierError, "choose another folder"), folder_beside(out) as half:
            np.savez_compressed(half / "arrays.npz", allow_pickle=False, **arrays)
            (half / "README.md").write_text(self.card(), encoding="utf-8")
            (half / "classifier.json").write_text(json.dumps(config, indent=2), encoding="utf-8")
            self._save_files(half)
            prior = self._saved_prior()
            if prior is not None:
                prior.save(half / "prior")
        return out

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read a classifier from a folder that `save` wrote.

        Raises:
            ClassifierError: not such a folder, or damaged.
        """
        path = Path(folder)
        config, arrays = read_folder(path, cls.kind)
        prior = load_classifier(path / "prior") if config["has_prior"] else None
        loaded = cls(
            config["heads"], cls.options_type.parse(config["options"], cls.kind), config["seed"], prior
        )
        loaded._label_counts = config["label_counts"]
        loaded._restore(config, arrays, path)
        return loaded

    def _check(self, X: Sequence[str], Y: Marks) -> None:
        """Refuse sentences and labels that do not fit one another, and count the labels for the card."""
        if not len(X) or Y.shape != (len(X), len(self.heads)):
            raise ClassifierError(
                f"{len(X)} sentences with labels of shape {Y.shape} for {len(self.heads)} heads",
                "give at least one sentence and one row of labels for each",
            )
        counts = zip(self.heads, Y.sum(axis=0).tolist(), strict=True)
        self._label_counts = {"sentences": len(Y)} | dict(counts)

    def _refuse_unfitted(self) -> None:
        if not self._label_counts:
            raise ClassifierError("the classifier was never fitted", "call fit first")

    @abstractmethod
    def _description(self) -> str:
        """Return one sentence on how it works, for the card."""

    def _facts(self) -> list[str]:
        """Return further sentences for the card."""
        return []

    def _saved_prior(self) -> Classifier | None:
        """Return the prior if answers still depend on it."""
        return self.prior

    @abstractmethod
    def _state(self) -> tuple[dict[str, Any], Arrays]:
        """Return what `_restore` needs: plain values, and arrays."""

    def _save_files(self, folder: Path) -> None:
        """Write what is neither a plain value nor an array."""

    @abstractmethod
    def _restore(self, config: Mapping[str, Any], arrays: Arrays, folder: Path) -> None:
        """Take up the state that `_state` and `_save_files` left."""


def read_folder(folder: Path, kind: str) -> tuple[dict[str, Any], Arrays]:
    """Return the settings and arrays of a classifier on disk.

    Raises:
        ClassifierError: no classifier there, one of another kind or format, or a damaged one.
    """
    try:
        config = parse_json((folder / "classifier.json").read_bytes())
        with np.load(folder / "arrays.npz", allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
    except FileNotFoundError as error:
        raise ClassifierError(f"{error.filename}: missing", "give a folder that holds a classifier") from None
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise ClassifierError(f"{folder}: damaged classifier ({error})", "train it again") from None
    if not isinstance(config, dict):
        raise ClassifierError(f"{folder}: damaged classifier (its settings are no object)", "train it again")
    if config.get("kind") != kind or config.get("format") != FORMAT:
        raise ClassifierError(
            f"{folder}: a classifier of kind '{config.get('kind')}', format {config.get('format')}; "
            f"not '{kind}', format {FORMAT}",
            "load it with the kind and the version that wrote it",
        )
    return config, arrays


def require(extra: str, *modules: str) -> None:
    """Refuse to go on without a library.

    Raises:
        ClassifierError: naming what is missing and how to install it.
    """
    missing = [name for name in modules if util.find_spec(name) is None]
    if missing:
        raise ClassifierError(
            f"this classifier needs {', '.join(missing)}, which is not installed",
            f"install it: pip install 'dualalign[{extra}]'",
        )


def require_model(kind: str, model: str) -> None:
    """Refuse a classifier that needs a pretrained model and was given none.

    Raises:
        ClassifierError: no model.
    """
    if not model:
        raise ClassifierError(
            f"no model is named for the {kind} classifier",
            "set model to the id of a Hugging Face model, or to the folder of one",
        )
