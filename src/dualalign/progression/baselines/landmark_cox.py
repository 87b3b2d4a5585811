"""Landmark Cox regression: each visit starts a clock, history at the visit are the covariates."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from dualalign.errors import ProgressionError
from dualalign.progression.baselines.columns import Standard, fit_standard
from dualalign.progression.history import history_at_visits
from dualalign.progression.method import Learning
from dualalign.progression.questions import Kind, Questions
from dualalign.progression.visits import Floats, Visits

_WORDS = ("last", "mean", "slope")
_LEAST_YEARS = 1e-3


@dataclass(frozen=True)
class LandmarkCox:
    """Cox regression by lifelines on every visit at risk.

    Args:
        name: as tables show it.
        penalty: ridge penalty; without one few events would give endless coefficients.
    """

    name: str = "Landmark Cox"
    penalty: float = 0.3

    def answers(self, questions: Questions) -> bool:
        """Return whether the question is about the time of an event."""
        return questions.kind is Kind.CONVERSION

    def fit(self, learning: Learning, seed: int) -> FittedCox:
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
        raw = history_at_visits(learning.seen).columns(_WORDS)[rows]
        standard = fit_standard(raw)
        table = standard.apply(raw)
        varied = table.std(axis=0) > 1e-9
        frame = pandas.DataFrame(table[:, varied])
        frame["years"], frame["event"] = watched[rows], happened[rows]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fitted = CoxPHFitter(penalizer=self.penalty).fit(frame, "years", "event")
        return FittedCox(fitted, standard, varied)


@dataclass(frozen=True)
class FittedCox:
    """A fitted regression and how its covariates were scaled."""

    model: Any
    standard: Standard
    varied: np.ndarray[tuple[int], np.dtype[np.bool_]]

    def predict(self, seen: Visits, questions: Questions, task: str) -> Floats:
        """Return the probability of the event within each horizon."""
        table = self.standard.apply(history_at_visits(seen).columns(_WORDS)[questions.rows])[:, self.varied]
        late = questions.times - seen.times[questions.rows]
        baseline = self.model.baseline_cumulative_hazard_
        years, hazard = baseline.index.to_numpy(), baseline.to_numpy()[:, 0]
        relative = np.asarray(self.model.predict_partial_hazard(table), dtype=np.float64)
        between = np.interp(late + questions.horizons, years, hazard) - np.interp(late, years, hazard)
        return np.asarray(-np.expm1(-between * relative))
