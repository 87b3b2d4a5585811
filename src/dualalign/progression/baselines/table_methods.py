"""Logistic regression and gradient boosting, one model a task, settings chosen on inner folds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dualalign.progression.baselines.columns import (
    EVERYTHING,
    Standard,
    fit_standard,
    question_table,
)
from dualalign.progression.folds import subject_folds
from dualalign.progression.method import Fitted, Learning
from dualalign.progression.questions import Questions
from dualalign.progression.visits import Floats, Visits
from dualalign.randomness import Stream, generator

Answers = npt.NDArray[np.bool_]
MakeModel = Callable[[int], Any]


@dataclass(frozen=True)
class TableMethod:
    """A scikit-learn classifier on a table of history.

    Args:
        name: as tables show it.
        settings: makers of classifiers to choose from by log loss on inner folds; each takes a seed.
        words: words of the history that make the table.
        folds: inner folds.
    """

    name: str
    settings: Sequence[MakeModel]
    words: tuple[str, ...]
    folds: int = 4

    def answers(self, questions: Questions) -> bool:
        """Return True: it answers every kind of question."""
        return True

    def fit(self, learning: Learning, seed: int) -> Fitted:
        """Fit one classifier a task."""
        models: dict[str, tuple[Standard, Any]] = {}
        for task, asked in learning.questions.items():
            raw = question_table(learning.seen, asked, self.words)
            standard = fit_standard(raw)
            table = standard.apply(raw)
            make = self._choose(table, asked, learning.groups, seed)
            models[task] = (standard, _fit(make(seed), table, asked.answers))
        return FittedTables(models, self.words)

    def _choose(self, table: Floats, asked: Questions, groups: Sequence[str], seed: int) -> MakeModel:
        if len(self.settings) == 1 or not len(asked):
            return self.settings[0]
        marks = np.zeros(len(groups), dtype=np.bool_)
        marks[asked.subjects[asked.answers]] = True
        fold = subject_folds(groups, marks, self.folds, generator(seed, Stream.PROGRESSION, 2))[
            asked.subjects
        ]
        losses = []
        for make in self.settings:
            held = np.zeros(len(asked))
            for place in range(self.folds):
                inner = fold == place
                # Of a task that is asked of few, a fold may hold nobody.
                if not inner.any():
                    continue
                model = _fit(make(seed), table[~inner], asked.answers[~inner])
                held[inner] = model.predict_proba(table[inner])[:, 1]
            held = np.clip(held, 1e-4, 1 - 1e-4)
            losses.append(-np.where(asked.answers, np.log(held), np.log(1 - held)).mean())
        return self.settings[int(np.argmin(losses))]


@dataclass(frozen=True)
class FittedTables:
    """Fitted classifiers by task."""

    models: Mapping[str, tuple[Standard, Any]]
    words: tuple[str, ...]

    def predict(self, seen: Visits, questions: Questions, task: str) -> Floats:
        """Return the probability of a yes to each question."""
        standard, model = self.models[task]
        table = standard.apply(question_table(seen, questions, self.words))
        return np.asarray(model.predict_proba(table)[:, 1], dtype=np.float64)


class _Share:
    """Answers with the share of yes, where training knows only one answer."""

    def __init__(self, share: float) -> None:
        self._share = share

    def predict_proba(self, table: Floats) -> Floats:
        return np.tile([1 - self._share, self._share], (len(table), 1))


def _fit(model: Any, table: Floats, answers: Answers) -> Any:
    if answers.all() or not answers.any():
        return _Share(float(answers.mean()) if len(answers) else 0.5)
    return model.fit(table, answers)


def last_visit_logistic() -> TableMethod:
    """Logistic regression on the last known values."""
    return TableMethod("Logistic, last visit", _logistic_settings(), ("last",))


def history_logistic() -> TableMethod:
    """Logistic regression on last values, means and slopes."""
    return TableMethod("Logistic, history", _logistic_settings(), ("last", "mean", "slope"))


def _logistic_settings() -> list[MakeModel]:
    from sklearn.linear_model import LogisticRegression

    def maker(strength: float) -> MakeModel:
        return lambda seed: LogisticRegression(C=strength, max_iter=2000)

    return [maker(strength) for strength in (0.01, 0.1, 1.0)]


def gradient_boosting() -> TableMethod:
    """Gradient boosting on everything that the history holds."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    def maker(leaves: int, rounds: int) -> MakeModel:
        return lambda seed: HistGradientBoostingClassifier(
            learning_rate=0.08,
            max_iter=rounds,
            max_leaf_nodes=leaves,
            min_samples_leaf=10,
            l2_regularization=1.0,
            random_state=seed,
        )

    return TableMethod("Gradient boosting", [maker(4, 30), maker(4, 80), maker(8, 80)], EVERYTHING)
