"""What every method of prediction promises, so that all are asked the same questions about the same people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from dualalign.progression.questions import Kind, Questions
from dualalign.progression.visits import Floats, Visits


@dataclass(frozen=True, slots=True)
class Learning:
    """What a method may learn from.

    Args:
        visits: everything that was observed of the training subjects, for answers.
        seen: the same visits as they may be used for prediction.
        groups: group of each subject.
        questions: task -> questions about these subjects.
    """

    visits: Visits
    seen: Visits
    groups: tuple[str, ...]
    questions: Mapping[str, Questions]


class Fitted(Protocol):
    """A method that has learned."""

    def predict(self, seen: Visits, questions: Questions, task: str) -> Floats:
        """Return the probability of a yes to each question, from the visits up to its row."""


class Method(Protocol):
    """A way of predicting."""

    @property
    def name(self) -> str:
        """As tables show it."""

    def fit(self, learning: Learning, seed: int) -> Fitted:
        """Learn from training subjects."""

    def answers(self, kind: Kind) -> bool:
        """Return whether the method can answer questions of this kind."""


def without_times(visits: Visits) -> Visits:
    """Return visits whose times are their numbers, for the ablation of time."""
    order = np.arange(len(visits.times)) - np.repeat(visits.starts[:-1], np.diff(visits.starts))
    return replace(visits, times=order.astype(np.float64))
