"""Repeated cross-validation by subject: every method answers the same questions about people it never saw."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dualalign.errors import ProgressionError
from dualalign.progression.checks import check_folds
from dualalign.progression.folds import subject_folds
from dualalign.progression.method import Learning, Method
from dualalign.progression.questions import Questions
from dualalign.progression.visits import Floats, Visits
from dualalign.randomness import Stream, generator


@dataclass(frozen=True, slots=True)
class Protocol:
    """What is asked of whom, and what may be used.

    Args:
        visits: everything that was observed, for answers.
        groups: group of each subject.
        questions: task -> questions.
        hidden: features that no method may see.
        folds: outer folds, 2 or more.
        repeats: partitions into folds, 1 or more.
        seed: draws the partitions, and every method's own chance; 0 or greater.

    Raises:
        ProgressionError: fewer than two folds, no repeat, a seed below 0, or a hidden feature that is not there.
    """

    visits: Visits
    groups: tuple[str, ...]
    questions: Mapping[str, Questions]
    hidden: tuple[str, ...] = ()
    folds: int = 5
    repeats: int = 5
    seed: int = 0

    def __post_init__(self) -> None:
        for name, value, least in (
            ("folds", self.folds, 2),
            ("repeats", self.repeats, 1),
            ("seed", self.seed, 0),
        ):
            if value < least:
                raise ProgressionError(f"{name} is {value}", f"give a whole number of at least {least}")
        self.visits.check_hidden(self.hidden)

    def partitions(self) -> list[np.ndarray[tuple[int], np.dtype[np.intp]]]:
        """Return the fold of each subject, once a repeat."""
        marks = np.zeros(len(self.visits), dtype=np.bool_)
        for asked in self.questions.values():
            marks[asked.subjects[asked.answers]] = True
        return [
            subject_folds(
                self.groups, marks, self.folds, generator(self.seed, Stream.PROGRESSION, 1000 + repeat)
            )
            for repeat in range(self.repeats)
        ]


Predictions = dict[str, dict[str, Floats]]
"""Method -> task -> repeats x questions probabilities."""


def cross_validate(
    protocol: Protocol,
    methods: Sequence[Method],
    on_step: Callable[[str], None] | None = None,
) -> Predictions:
    """Return every method's predictions, each for subjects held out of its training.

    Args:
        protocol: what is asked.
        methods: what answers; a method is left out of tasks that it cannot answer.
        on_step: told what is being fitted.

    Raises:
        ProgressionError: two methods of one name, or a subject on both sides of a split.
    """
    names = [method.name for method in methods]
    if len(set(names)) < len(names):
        raise ProgressionError("two methods of one name", "name each method differently")
    found: Predictions = {}
    for method in methods:
        asked = {task: each for task, each in protocol.questions.items() if method.answers(each)}
        found[method.name] = {
            task: np.full((protocol.repeats, len(each)), np.nan) for task, each in asked.items()
        }
        for repeat, fold in enumerate(protocol.partitions()):
            for place in range(protocol.folds):
                if on_step is not None:
                    on_step(f"{method.name}, repeat {repeat + 1}, fold {place + 1}")
                answers = held_out_answers(protocol, method, asked, fold != place, repeat)
                for task, (which, predicted) in answers.items():
                    found[method.name][task][repeat, which] = predicted
    return found


def held_out_answers(
    protocol: Protocol,
    method: Method,
    asked: Mapping[str, Questions],
    is_training: np.ndarray[tuple[int], np.dtype[np.bool_]],
    repeat: int = 0,
) -> dict[str, tuple[np.ndarray[tuple[int], np.dtype[np.intp]], Floats]]:
    """Fit a method on some subjects and return, by task, which questions are about the others, and its answers.

    Raises:
        ProgressionError: a group on both sides.
    """
    visits = protocol.visits
    training, held_out = np.flatnonzero(is_training), np.flatnonzero(~is_training)
    groups = np.array(protocol.groups, dtype=object)
    check_folds(groups[training].tolist(), groups[held_out].tolist())
    seen = visits.without(protocol.hidden) if protocol.hidden else visits
    known = visits.take(training.tolist())
    learning = Learning(
        known,
        seen.take(training.tolist()),
        tuple(groups[training].tolist()),
        {task: each.about(training, known, visits) for task, each in asked.items()},
    )
    fitted = method.fit(learning, protocol.seed * 1000 + repeat)
    others = seen.take(held_out.tolist())
    found = {}
    for task, each in asked.items():
        which = np.flatnonzero(~is_training[each.subjects])
        mine = each.about(held_out, others, visits)
        found[task] = (which, fitted.predict(others, mine, task))
    return found
