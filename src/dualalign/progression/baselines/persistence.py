"""Nothing changes: the state that was last seen is the state to come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dualalign.errors import ProgressionError
from dualalign.progression.history import history_at_visits
from dualalign.progression.method import Learning
from dualalign.progression.questions import Kind, Questions
from dualalign.progression.visits import Floats, Visits


@dataclass(frozen=True)
class Persistence:
    """Answers with how often, in training, the last known value of the state's feature was followed by a yes.

    Args:
        name: as tables show it.
    """

    name: str = "Last state carried forward"

    def answers(self, questions: Questions) -> bool:
        """Return whether the question is about a state."""
        return questions.kind is Kind.STATE

    def fit(self, learning: Learning, seed: int) -> FittedPersistence:
        """Count, for each task, yes among those with and without the state."""
        rates = {}
        for task, asked in learning.questions.items():
            if self.answers(asked):
                present = last_state(learning.seen, asked)
                rates[task] = tuple(
                    (asked.answers[present == each].sum() + 1) / ((present == each).sum() + 2)
                    for each in (False, True)
                )
        return FittedPersistence(rates)


@dataclass(frozen=True)
class FittedPersistence:
    """Rates of a yes, by task, without and with the state."""

    rates: dict[str, tuple[float, ...]]

    def predict(self, seen: Visits, questions: Questions, task: str) -> Floats:
        """Return the probability of a yes to each question."""
        without, with_state = self.rates[task]
        return np.where(last_state(seen, questions), with_state, without)


def last_state(seen: Visits, questions: Questions) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return whether the state was present when last seen; never seen counts as absent.

    Raises:
        ProgressionError: the schema has no state.
    """
    state = seen.schema.state
    if state is None:
        raise ProgressionError("the schema has no `state`", "add it to carry it forward")
    history = history_at_visits(seen)
    last = history.values[:, history.names.index(f"{state.feature}:last")][questions.rows]
    return np.asarray(np.nan_to_num(last, nan=-np.inf) > state.above)
