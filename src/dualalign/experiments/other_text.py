"""Other text than gold (synthetic, bronze, silver), and what classifiers that learned from it alone say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

import numpy as np

from dualalign.classifiers import Classifier, load_classifier
from dualalign.experiments.labelled_text import LabelledText, Marks
from dualalign.experiments.selection import Selector, best_rows
from dualalign.stats.arrays import Floats

Learn = Callable[[LabelledText], Classifier]
"""From labelled sentences to a classifier that learned from them alone."""


class RememberedPrior:
    """A fitted classifier that remembers what it said of sentences it was asked about before.

    Args:
        prior: the classifier.
    """

    def __init__(self, prior: Classifier) -> None:
        self.asked = prior
        self._answers: dict[str, Floats] = {}

    @property
    def heads(self) -> tuple[str, ...]:
        """Names of the heads, in column order."""
        return self.asked.heads

    def fit(
        self, texts: Sequence[str], marks: Marks, heads: Sequence[str], weights: Floats | None = None
    ) -> Self:
        """Fit the classifier anew and forget its answers."""
        self.asked = self.asked.fit(texts, marks, heads, weights)
        self._answers = {}
        return self

    def logits(self, texts: Sequence[str]) -> Floats:
        """Return the log odds of each head, asking the classifier only for sentences not asked about before."""
        new = list(dict.fromkeys(text for text in texts if text not in self._answers))
        if new:
            self._answers.update(zip(new, self.asked.logits(new), strict=True))
        return np.array([self._answers[text] for text in texts])

    def predict_proba(self, texts: Sequence[str]) -> Floats:
        """Return the probability of each head for each sentence, n x h."""
        return np.exp(-np.logaddexp(0.0, -self.logits(texts)))

    def save(self, folder: str | Path) -> Path:
        """Write the classifier to a folder and return it."""
        return self.asked.save(folder)

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read a classifier from a folder that its `save` wrote."""
        return cls(load_classifier(folder))

    def card(self) -> str:
        """Return the classifier's card."""
        return self.asked.card()


class OtherText:
    """Other text, used whole, and the classifier that learned from it alone.

    Text that is all labelled (a bronze set) cannot teach what no symptom looks like; the unlabelled gold sentences
    that may be learned from stand in, so its classifier is fitted anew for each part of the gold.

    Args:
        text: the sentences.
        learn: fits a classifier on them.
        asked: sentences it will be asked about, in an order that no cell changes: numbers then do not depend, not even
            in their last digits, on which cell comes first.
        name: what is particular about it, for the facts kept with predictions.
    """

    def __init__(self, text: LabelledText, learn: Learn, asked: Sequence[str] = (), name: str = "") -> None:
        self.text = text
        self.name = name
        self._learn = learn
        self._asked = asked
        self._fitted: RememberedPrior | None = None
        self._last: tuple[LabelledText, RememberedPrior] | None = None

    def sentences(self, gold: LabelledText | None) -> LabelledText:
        """Return the other sentences that are learned from beside these gold ones."""
        return self.text

    def prior(self, gold: LabelledText | None) -> RememberedPrior:
        """Return the classifier that learned from the other text, beside these gold sentences if any."""
        if not self._depends_on(gold):
            if self._fitted is None:
                self._fitted = RememberedPrior(self._learn(self.sentences(None)))
                self._fitted.logits(self._asked)
            return self._fitted
        assert gold is not None
        if self._last is None or self._last[0] is not gold:
            text = self.sentences(gold)
            if not len(text.unlabelled):
                text = text.joined(gold.take(gold.unlabelled))
            self._last = (gold, RememberedPrior(self._learn(text)))
        return self._last[1]

    def _depends_on(self, gold: LabelledText | None) -> bool:
        return gold is not None and not len(self.text.unlabelled)


class SelectedText(OtherText):
    """Other text of which a share is kept, chosen anew by each part of the gold that may be learned from.

    Args:
        selector: scores its sentences.
        share: kept, above 0 to 1.
        learn: fits a classifier on what is kept.
    """

    def __init__(self, selector: Selector, share: float, learn: Learn) -> None:
        super().__init__(selector.text, learn, name=f", {share:.0%} kept")
        self._selector = selector
        self.share = share

    def sentences(self, gold: LabelledText | None) -> LabelledText:
        """Return the other sentences that these gold ones choose."""
        if gold is None:
            return self.text
        return self.text.take(best_rows(self.text.marks, self._selector.scores(gold), self.share))

    def _depends_on(self, gold: LabelledText | None) -> bool:
        return gold is not None
