"""What the model is held against: simpler methods on the same questions and splits."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dualalign.errors import ProgressionError
from dualalign.progression.folds import subject_folds
from dualalign.progression.history import PER_FEATURE, history_at_visits
from dualalign.progression.methods import Fitted, Learning, Method
from dualalign.progression.questions import Kind, Questions, subjects_with_yes
from dualalign.progression.scaling import WIDE, Scale, fit_scale
from dualalign.progression.visits import Floats, Visits
from dualalign.randomness import Stream, generator
from dualalign.stats.arrays import Marks

MakeModel = Callable[[int], Any]
_LEAST_YEARS = 1e-3


def baselines() -> list[Method]:
    """Return the methods that are not networks."""
    return [last_visit_logistic(), history_logistic(), gradient_boosting(), LandmarkCox(), Persistence()]


def question_table(seen: Visits, questions: Questions, words: tuple[str, ...]) -> Floats:
    """Return one row a question: history at its last visit, years since that visit, and years ahead.

    Args:
        seen: visits that may be used.
        questions: what is asked.
        words: which words of the history (`last`, `mean`, `slope`, `since`, `count`).
    """
    history = history_at_visits(seen).columns(words)[questions.rows]
    late = questions.times - seen.times[questions.rows]
    return np.column_stack(
        [history, late, questions.horizons, np.log1p(questions.horizons), questions.horizons > 0]
    )


@dataclass(frozen=True)
class TableMethod:
    """A scikit-learn classifier on a table of history, one a task.

    Args:
        name: as tables show it.
        settings: makers of classifiers to choose from; each takes a seed. One is chosen for each kind of question, by
            log loss on inner folds of the task with the most yes.
        words: words of the history that make the table.
        folds: inner folds.
    """

    name: str
    settings: Sequence[MakeModel]
    words: tuple[str, ...]
    folds: int = 4

    def answers(self, kind: Kind) -> bool:
        """Return True: it answers every kind of question."""
        return True

    def fit(self, learning: Learning, seed: int) -> Fitted:
        """Fit one classifier a task."""
        tables = {}
        for task, asked in learning.questions.items():
            raw = question_table(learning.seen, asked, self.words)
            scale = fit_scale(raw)
            tables[task] = (scale, scale.apply(raw))
        chosen: dict[Kind, MakeModel] = {}
        for task in sorted(tables, key=lambda task: -int(learning.questions[task].answers.sum())):
            asked = learning.questions[task]
            if asked.kind not in chosen:
                chosen[asked.kind] = self._choose(tables[task][1], asked, learning, seed)
        models = {
            task: (scale, _fit(chosen[asked.kind](seed), tables[task][1], asked.answers))
            for task, asked in learning.questions.items()
            for scale in (tables[task][0],)
        }
        return _FittedTables(models, self.words)

    def _choose(self, table: Floats, asked: Questions, learning: Learning, seed: int) -> MakeModel:
        if len(self.settings) == 1 or not len(asked):
            return self.settings[0]
        marks = subjects_with_yes({"": asked}, len(learning.groups))
        random = generator(seed, Stream.PROGRESSION, 2)
        fold = subject_folds(learning.groups, marks, self.folds, random)[asked.subjects]
        losses = []
        for make in self.settings:
            held = np.zeros(len(asked))
            # Of a task that is asked of few, a fold may hold nobody.
            for inner in (fold == place for place in np.unique(fold)):
                model = _fit(make(seed), table[~inner], asked.answers[~inner])
                held[inner] = model.predict_proba(table[inner])[:, 1]
            held = np.clip(np.where(asked.answers, held, 1 - held), 1e-4, 1 - 1e-4)
            losses.append(-np.log(held).mean())
        return self.settings[int(np.argmin(losses))]


@dataclass(frozen=True)
class _FittedTables:
    models: Mapping[str, tuple[Scale, Any]]
    words: tuple[str, ...]

    def predict(self, seen: Visits, questions: Questions, task: str) -> Floats:
        scale, model = self.models[task]
        table = scale.apply(question_table(seen, questions, self.words))
        return np.asarray(model.predict_proba(table)[:, 1], dtype=np.float64)


class _Share:
    """Answers with the share of yes, where training knows only one answer."""

    def __init__(self, share: float) -> None:
        self._share = share

    def predict_proba(self, table: Floats) -> Floats:
        return np.tile([1 - self._share, self._share], (len(table), 1))


def _fit(model: Any, table: Floats, answers: Marks) -> Any:
    if answers.all() or not answers.any():
        return _Share(float(answers.mean()) if len(answers) else 0.5)
    return model.fit(table, answers)


def last_visit_logistic() -> TableMethod:
    """Logistic regression on the last known values."""
    return TableMethod("Logistic, last visit", _logistic_settings(), ("last",))


def history_logistic() -> TableMethod:
    """Logistic regression on last values, means and slopes."""
    return TableMethod("Logistic, history", _logistic_settings(), WIDE)


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

    return TableMethod("Gradient boosting", [maker(4, 30), maker(4, 80), maker(8, 80)], PER_FEATURE)


@dataclass(frozen=True)
class LandmarkCox:
    """Cox regression by lifelines: each visit at risk starts a clock, history at the visit are the covariates.

    Args:
        name: as tables show it.
        penalty: ridge penalty; without one few events would give endless coefficients.
    """

    name: str = "Landmark Cox"
    penalty: float = 0.3

    def answers(self, kind: Kind) -> bool:
        """Return whether the question is about the time of an event."""
        return kind is Kind.CONVERSION

    def fit(self, learning: Learning, seed: int) -> Fitted:
        """Fit one regression for all tasks.

        Raises:
            ProgressionError: lifelines is not installed, or no event was seen.
        """
        try:
            import pandas  # type: ignore[import-untyped,unused-ignore]
            from lifelines import CoxPHFitter
        except ImportError:
            raise ProgressionError("lifelines is not installed", "pip install lifelines") from None
        visits = learning.visits
        subject = visits.subject_of_row
        until = visits.event_times[subject] - visits.times
        happened = until > 1e-9
        watched = np.where(happened, until, visits.end_times[subject] - visits.times)
        rows = np.flatnonzero((happened | np.isnan(until)) & (watched > _LEAST_YEARS))
        if not happened[rows].any():
            raise ProgressionError("no event among the training subjects", "give longer follow-up")
        raw = history_at_visits(learning.seen).columns(WIDE)[rows]
        scale = fit_scale(raw)
        table = scale.apply(raw)
        varied = table.std(axis=0) > 1e-9
        frame = pandas.DataFrame(table[:, varied])
        frame["years"], frame["event"] = watched[rows], happened[rows]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fitted = CoxPHFitter(penalizer=self.penalty).fit(frame, "years", "event")
        return _FittedCox(fitted, scale, varied)


@dataclass(frozen=True)
class _FittedCox:
    model: Any
    scale: Scale
    varied: Marks

    def predict(self, seen: Visits, questions: Questions, task: str) -> Floats:
        table = self.scale.apply(history_at_visits(seen).columns(WIDE)[questions.rows])[:, self.varied]
        late = questions.times - seen.times[questions.rows]
        baseline = self.model.baseline_cumulative_hazard_
        years, hazard = baseline.index.to_numpy(), baseline.to_numpy()[:, 0]
        relative = np.asarray(self.model.predict_partial_hazard(table), dtype=np.float64)
        between = np.interp(late + questions.horizons, years, hazard) - np.interp(late, years, hazard)
        return np.asarray(-np.expm1(-between * relative))


@dataclass(frozen=True)
class Persistence:
    """Answers with how often, in training, the last known state was followed by a yes.

    Args:
        name: as tables show it.
    """

    name: str = "Last state carried forward"

    def answers(self, kind: Kind) -> bool:
        """Return whether the question is about a state."""
        return kind is Kind.STATE

    def fit(self, learning: Learning, seed: int) -> Fitted:
        """Count, for each task, yes among those with and without the state."""
        rates = {}
        for task, asked in learning.questions.items():
            present = _last_state(learning.seen, asked)
            without, with_state = (
                (asked.answers[present == each].sum() + 1) / ((present == each).sum() + 2)
                for each in (False, True)
            )
            rates[task] = (float(without), float(with_state))
        return _FittedPersistence(rates)


@dataclass(frozen=True)
class _FittedPersistence:
    rates: Mapping[str, tuple[float, float]]

    def predict(self, seen: Visits, questions: Questions, task: str) -> Floats:
        without, with_state = self.rates[task]
        return np.where(_last_state(seen, questions), with_state, without)


def _last_state(seen: Visits, questions: Questions) -> Marks:
    """Return whether the state was present when last seen; never seen counts as absent."""
    state = seen.schema.state
    if state is None:
        raise ProgressionError("the schema has no `state`", "add it to carry it forward")
    history = history_at_visits(seen)
    last = history.values[:, history.names.index(f"{state.feature}:last")][questions.rows]
    return np.asarray(np.nan_to_num(last, nan=-np.inf) > state.above)
