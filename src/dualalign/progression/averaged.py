"""Methods whose answers are averaged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dualalign.progression.calibration import logit, sigmoid
from dualalign.progression.method import Fitted, Learning, Method
from dualalign.progression.questions import Questions
from dualalign.progression.visits import Floats, Visits


@dataclass(frozen=True)
class FittedAverage:
    """Fitted methods whose log odds are averaged."""

    parts: Sequence[Fitted]

    def predict(self, seen: Visits, questions: Questions, task: str) -> Floats:
        """Return the probability of a yes to each question."""
        return sigmoid(np.mean([logit(part.predict(seen, questions, task)) for part in self.parts], axis=0))


@dataclass(frozen=True)
class Averaged:
    """The mean of several methods' log odds.

    Args:
        name: as tables show it.
        methods: what is averaged.
    """

    name: str
    methods: Sequence[Method]

    def answers(self, questions: Questions) -> bool:
        """Return whether every part answers questions of this kind."""
        return all(method.answers(questions) for method in self.methods)

    def fit(self, learning: Learning, seed: int) -> FittedAverage:
        """Fit every part on the same subjects."""
        return FittedAverage([method.fit(learning, seed) for method in self.methods])
