"""A classifier with calibrated probabilities and thresholds of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np

from dualalign.classifiers.decision import Decision, DecisionOptions, learn_decision
from dualalign.classifiers.protocol import Classifier, Floats, Marks
from dualalign.classifiers.registry import load_classifier
from dualalign.classifiers.storage import read_folder, write_folder
from dualalign.errors import ClassifierError

KIND = "calibrated"


class CalibratedClassifier:
    """Any fitted classifier, and what validation sentences taught about its logits.

    Args:
        classifier: a fitted classifier.
        decision: see `calibrate`.
        options: how the decision was learned, for the card.
        sentences: validation sentences it was learned on, for the card.
    """

    def __init__(
        self,
        classifier: Classifier,
        decision: Decision,
        options: DecisionOptions | None = None,
        sentences: int = 0,
    ) -> None:
        self.classifier = classifier
        self.decision = decision
        self._options = options or DecisionOptions()
        self._sentences = sentences

    @property
    def heads(self) -> tuple[str, ...]:
        """Names of the heads, in column order."""
        return self.classifier.heads

    def fit(
        self, texts: Sequence[str], marks: Marks, heads: Sequence[str], weights: Floats | None = None
    ) -> Self:
        """Refuse: thresholds would no longer belong to the classifier.

        Raises:
            ClassifierError: always.
        """
        raise ClassifierError(
            "a calibrated classifier cannot be fitted again", "fit the classifier itself, then calibrate it"
        )

    def logits(self, texts: Sequence[str]) -> Floats:
        """Return calibrated log odds of each head for each sentence, n x h."""
        return self.decision.calibrated(self.classifier.logits(texts))

    def predict_proba(self, texts: Sequence[str]) -> Floats:
        """Return the calibrated probability of each head for each sentence, n x h."""
        return self.decision.probabilities(self.classifier.logits(texts))

    def predict(self, texts: Sequence[str]) -> Marks:
        """Return which heads say yes of each sentence, n x h."""
        return self.decision.marks(self.classifier.logits(texts))

    def save(self, folder: str | Path) -> Path:
        """Write the classifier to a folder and return it.

        Raises:
            ClassifierError: the folder cannot be written.
        """
        config = {
            "decision": self.decision.as_dict(),
            "sentences": self._sentences,
            "calibration": self._options.calibration,
            "threshold": self._options.threshold,
            "ratio": self._options.ratio,
        }
        return write_folder(
            folder,
            KIND,
            config,
            {"none": np.zeros(0)},
            self.card(),
            lambda out: self.classifier.save(out / "classifier"),
        )

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read a classifier from a folder that `save` wrote.

        Raises:
            ClassifierError: not such a folder, or damaged.
        """
        config, _ = read_folder(folder, KIND)
        options = DecisionOptions(config["calibration"], config["threshold"], config["ratio"])
        inner = load_classifier(Path(folder) / "classifier")
        return cls(inner, Decision.from_dict(config["decision"]), options, config["sentences"])

    def card(self) -> str:
        """Return what it is, what it learned from and its limits, in Markdown."""
        said = (
            f"Calibrated ({self._options.calibration}), with thresholds ({self._options.threshold}), on "
            f"{self._sentences:,} validation sentences that it did not learn from."
        )
        return f"{self.classifier.card()}\n{said}\n"


def calibrate(
    classifier: Classifier, texts: Sequence[str], marks: Marks, options: DecisionOptions | None = None
) -> CalibratedClassifier:
    """Return a classifier with probabilities and thresholds learned on validation sentences.

    Args:
        classifier: a fitted classifier, which must not have learned from these sentences.
        texts: n validation sentences.
        marks: n x h labels.
        options: how; the defaults if None.

    Raises:
        ClassifierError: no sentences, or labels of another shape.
    """
    decision = learn_decision(marks, classifier.logits(texts), options)
    return CalibratedClassifier(classifier, decision, options, len(texts))
