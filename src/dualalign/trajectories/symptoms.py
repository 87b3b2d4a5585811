"""Which symptoms a patient gets, when each begins, and whether it is there in a given year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack


@dataclass(frozen=True, slots=True)
class SymptomCourse:
    """One patient's symptoms, a column per term in the lexicon's order.

    Args:
        onset: years before the index date at which each begins; negative if it never does.
        resting: [year bin - 1, term] True where an episodic symptom rests.
        terms: ids of the terms.
    """

    onset: NDArray[np.float64]
    resting: NDArray[np.bool_]
    terms: tuple[str, ...]

    def active(self, years_before: float, year_bin: int) -> NDArray[np.bool_]:
        """Return which terms are there at a time."""
        return np.asarray((self.onset >= years_before) & ~self.resting[year_bin - 1])


class SymptomModel:
    """Draws symptom courses for a pack."""

    def __init__(self, pack: Pack) -> None:
        terms = list(pack.lexicon.terms().values())
        self.terms = [term.id for term in terms]
        index = {term: i for i, term in enumerate(self.terms)}
        order = [stage.id for stage in pack.stages.stages]
        self._earliest = np.array([order.index(term.earliest) for term in terms])
        self._stages = order
        self._reach = np.array([term.reach for term in terms])
        self._background = np.array([term.background for term in terms])
        self._episodic = np.array([term.course == "episodic" for term in terms])
        self._horizon = pack.pack.horizon_years
        self._shape = pack.mentions.onset_shape
        self._delay = pack.mentions.delay_years
        self._rest = pack.mentions.in_remission
        self._order = [
            (np.array([index[t] for t in rule.first]), np.array([index[t] for t in rule.then]))
            for rule in pack.stages.order
        ]

    def draw(
        self, rng: np.random.Generator, is_case: bool, stage_entry: NDArray[np.float64]
    ) -> SymptomCourse:
        """Draw one patient's symptoms.

        Args:
            rng: the patient's generator.
            is_case: controls get background symptoms only.
            stage_entry: years before the index date at which each stage is entered; negative if never.
        """
        count = len(self.terms)
        chance, when, delay = rng.random(count), rng.random(count), rng.exponential(self._delay, count)
        rest = rng.random((self._horizon, count)) < self._rest
        onset = np.full(count, -1.0)
        by_age = chance < self._background
        onset[by_age] = self._horizon * (1.6 - 1.6 * when[by_age])
        if is_case:
            share = np.clip((self._reach - self._background) / np.maximum(1e-9, 1 - self._background), 0, 1)
            by_disease = ~by_age & (rng.random(count) < share)
            entry = stage_entry[self._earliest]
            spread = self._horizon * when ** (1 / self._shape)
            from_start = self._horizon - spread
            started = np.where(self._earliest == 0, from_start, entry - delay)
            onset[by_disease] = np.minimum(started, np.maximum(entry, -1.0))[by_disease]
            # What only the disease brings does not come before its stage, whatever the background.
            late = by_age & (self._earliest >= len(self._stages) - 1)
            onset[late] = np.minimum(onset[late], entry[late])
        for first, then in self._order:
            earliest = onset[first].max()
            onset[then] = np.where(onset[then] >= earliest, earliest - 0.25, onset[then])
        return SymptomCourse(onset, rest & self._episodic, tuple(self.terms))
