"""What every symptom classifier offers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, Self

from dualalign.stats.arrays import Floats, Marks


class Classifier(Protocol):
    """A classifier of sentences, in scikit-learn's shape, with one yes-or-no head for each label."""

    @property
    def heads(self) -> tuple[str, ...]:
        """Names of the heads, in the order of the columns of `predict_proba`."""
        ...

    def fit(self, X: Sequence[str], Y: Marks, sample_weight: Floats | None = None) -> Self:
        """Learn from sentences (n) and their labels (n x h), weighted (n or n x h; 1 each if None)."""
        ...

    def logits(self, X: Sequence[str]) -> Floats:
        """Return the log odds of each head for each sentence, n x h."""
        ...

    def predict_proba(self, X: Sequence[str]) -> Floats:
        """Return the probability of each head for each sentence, n x h."""
        ...

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the settings it was made with."""
        ...

    def save(self, folder: str | Path) -> Path:
        """Write the classifier to a folder and return it."""
        ...

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read a classifier from a folder that `save` wrote."""
        ...

    def card(self) -> str:
        """Return what it is, what it learned from and its limits, in Markdown."""
        ...
