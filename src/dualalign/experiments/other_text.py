"""Other text than gold (synthetic, bronze, silver), and what classifiers that learned from it alone say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dualalign.classifiers import Classifier
from dualalign.experiments.labelled_text import LabelledText
from dualalign.experiments.selection import Selector, best_rows
from dualalign.stats.arrays import Floats

Learn = Callable[[LabelledText], Classifier]
"""From labelled sentences to a classifier that learned from them alone."""


class RememberedPrior:
    """A fitted classifier that remembers what it said of sentences it was asked about before."""

    def __init__(self, asked: Classifier) -> None:
        self.asked = asked
        self._answers: dict[str, Floats] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.asked, name)

    def logits(self, X: Sequence[str]) -> Floats:
        """Return the log odds of each head, asking the classifier only for sentences not asked about before."""
        new = list(dict.fromkeys(text for text in X if text not in self._answers))
        if new:
            self._answers.update(zip(new, self.asked.logits(new), strict=True))
        return np.array([self._answers[text] for text in X])


class OtherText:
    """Other text, and the classifier that learned from it alone.

    Text that is all labelled (a bronze set) cannot teach what no symptom looks like; the unlabelled gold sentences
    that may be learned from stand in, so its classifier is fitted anew for each part of the gold. So is that of text
    of which the gold chooses a share.

    Args:
        asked: sentences it will be asked about, in an order that no cell changes: numbers then do not depend, not even
            in their last digits, on which cell comes first.
        name: what is particular about it, for the facts kept with predictions.
        selector: scores its sentences; None keeps all.
        share: kept, above 0 to 1.
    """

    def __init__(
        self,
        text: LabelledText,
        learn: Learn,
        asked: Sequence[str] = (),
        name: str = "",
        selector: Selector | None = None,
        share: float = 1.0,
    ) -> None:
        self.text = text
        self.name = name
        self._learn = learn
        self._asked = asked
        self._selector = selector
        self._share = share
        self._last: tuple[LabelledText | None, RememberedPrior] | None = None

    def sentences(self, gold: LabelledText) -> LabelledText:
        """Return the other sentences that are learned from beside these gold ones."""
        if self._selector is None:
            return self.text
        return self.text.take(best_rows(self.text.marks, self._selector.scores(gold), self._share))

    def prior(self, gold: LabelledText | None) -> RememberedPrior:
        """Return the classifier that learned from the other text, beside these gold sentences if any."""
        depends = self._selector is not None or not len(self.text.unlabelled)
        by = gold if depends else None
        if self._last is None or self._last[0] is not by:
            text = self.text if by is None else self.sentences(by)
            if by is not None and not len(text.unlabelled):
                text = text.joined(by.take(by.unlabelled))
            self._last = (by, RememberedPrior(self._learn(text)))
            if not depends:
                self._last[1].logits(self._asked)
        return self._last[1]
