"""The disease's own drugs: who gets which, when, and at what dose on a date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from dualalign.trajectories.plan import Medicine

if TYPE_CHECKING:
    import random

    from dualalign.packs.schema.drugs import Drug, Drugs


@dataclass(slots=True)
class Treatment:
    """One drug of one patient; `told` is how many of its doses notes have already given."""

    drug: Drug
    start: date
    told: int = 0

    def on(self, day: date, purpose: str) -> Medicine | None:
        """Return the medicine as a note of that day gives it; None before the start or after withdrawal."""
        if day < self.start or (self.drug.withdrawn is not None and day.year >= self.drug.withdrawn):
            return None
        steps = (day - self.start).days // (7 * self.drug.weeks_per_step)
        step = min(steps, len(self.drug.doses) - 1)
        action = "start" if self.told == 0 else "increase" if step + 1 > self.told else "continue"
        step = 0 if action == "start" else step
        self.told = step + 1
        return Medicine(self.drug.names[0], self.drug.doses[step], action, purpose)


def choose_treatment(
    drugs: Drugs, eligible_from: dict[str, date], index_date: date, rng: random.Random
) -> Treatment | None:
    """Choose a patient's treatment before the index date, if any.

    Only the share of patients whose first drug comes before the diagnosis is treated here.

    Args:
        drugs: the pack's drugs.
        eligible_from: stage id -> date on which the patient enters it.
        index_date: date of the diagnosis.
        rng: the patient's generator.
    """
    if rng.random() >= drugs.treated * drugs.before_diagnosis:
        return None
    options: list[tuple[Drug, date]] = []
    for drug in drugs.drugs:
        entries = [eligible_from[stage] for stage in drug.stages if stage in eligible_from]
        if not entries or drug.share <= 0:
            continue
        first = max(min(entries), date(drug.approved + 1, 1, 1))
        if first < index_date - timedelta(days=30):
            options.append((drug, first))
    if not options:
        return None
    drug, first = rng.choices(options, weights=[drug.share for drug, _ in options])[0]
    days = (index_date - first).days
    return Treatment(drug, first + timedelta(days=int(days * rng.random() ** 0.5)))
