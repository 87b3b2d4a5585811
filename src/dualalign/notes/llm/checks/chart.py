"""What earlier visits put into a patient's chart, gathered as the visits pass."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from dualalign.trajectories.plan import Polarity

if TYPE_CHECKING:
    from dualalign.trajectories.plan import NotePlan


@dataclass(slots=True)
class Chart:
    """Everything that the plans added so far established.

    Args:
        affirmed: terms told as the patient's.
        scores: (instrument, value) of every test given.
        drugs: drugs on any list, as written.
        dates: days of the visits.
    """

    affirmed: set[str] = field(default_factory=set)
    scores: set[tuple[str, float]] = field(default_factory=set)
    drugs: set[str] = field(default_factory=set)
    dates: set[date] = field(default_factory=set)

    def add(self, plans: Iterable[NotePlan]) -> None:
        """Add visits."""
        for plan in plans:
            self.affirmed.update(m.term for m in plan.mentions if m.polarity is Polarity.AFFIRMED)
            self.scores.update((score.instrument, score.value) for score in plan.scores)
            self.drugs.update(medicine.drug for medicine in plan.medicines)
            self.dates.add(plan.date)
