"""History as a table without gaps, for methods that need one row of numbers a question."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dualalign.progression.history import history_at_visits
from dualalign.progression.questions import Questions
from dualalign.progression.visits import Floats, Visits

EVERYTHING = ("last", "mean", "slope", "since", "count")


def question_table(seen: Visits, questions: Questions, words: tuple[str, ...]) -> Floats:
    """Return one row a question: history at its last visit, years since that visit, and years ahead.

    Args:
        seen: visits that may be used.
        questions: what is asked.
        words: which words of the history (`last`, `mean`, `slope`, `since`, `count`).
    """
    history = history_at_visits(seen).columns(words)[questions.rows]
    late = questions.times - seen.times[questions.rows]
    asked = np.column_stack([late, questions.horizons, np.log1p(questions.horizons), questions.horizons > 0])
    return np.column_stack([history, asked])


@dataclass(frozen=True, slots=True)
class Standard:
    """Fills gaps with the mean and brings columns to mean 0 and spread 1, as seen in training."""

    mean: Floats
    spread: Floats

    def apply(self, table: Floats) -> Floats:
        """Return the table without gaps, columns without spread left at 0."""
        scaled = np.where(self.spread > 1e-9, (table - self.mean) / np.maximum(self.spread, 1e-9), 0.0)
        return np.asarray(np.clip(np.nan_to_num(scaled, nan=0.0), -10.0, 10.0))


def fit_standard(table: Floats) -> Standard:
    """Return the means and spreads of a table."""
    seen = ~np.isnan(table)
    count = np.maximum(seen.sum(axis=0), 1)
    mean = np.where(seen, table, 0.0).sum(axis=0) / count
    return Standard(mean, np.sqrt(np.where(seen, (table - mean) ** 2, 0.0).sum(axis=0) / count))
