"""What earlier visits established, in the lines a clinician would find on opening the chart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dualalign.trajectories.plan import Polarity

if TYPE_CHECKING:
    from dualalign.trajectories.plan import NotePlan

_MOST_PROBLEMS = 12


def established(earlier: Sequence[NotePlan], names: dict[str, str]) -> list[str]:
    """Return what the earlier plans of a patient established, a line each; empty at the first visit.

    Args:
        earlier: the patient's plans before this visit, in date order.
        names: term id -> its name.
    """
    if not earlier:
        return []
    lines = [f"{len(earlier)} earlier notes, the last on {earlier[-1].date.isoformat()}"]
    informants = {
        f"{plan.informant.relation} {plan.informant.name}".strip(): None for plan in earlier if plan.informant
    }
    if informants:
        lines.append(f"informants so far: {', '.join(informants)}")
    # The latest telling counts, so a symptom told again moves to the end of the list.
    told: dict[str, None] = {}
    for plan in earlier:
        for mention in plan.mentions:
            if mention.polarity is Polarity.AFFIRMED:
                told.pop(mention.term, None)
                told[mention.term] = None
    if told:
        lines.append(
            f"symptoms told before: {', '.join(names[term] for term in list(told)[-_MOST_PROBLEMS:])}"
        )
    scores: dict[str, str] = {}
    for plan in earlier:
        for score in plan.scores:
            scores[score.name] = f"{score.name} {score.value:g}/{score.maximum:g} on {plan.date.isoformat()}"
    if scores:
        lines.append(f"last scores: {'; '.join(scores.values())}")
    medicines = {medicine.drug: medicine.dose for plan in earlier for medicine in plan.medicines}
    if medicines:
        lines.append(f"medicines so far: {', '.join(f'{drug} {dose}' for drug, dose in medicines.items())}")
    return lines
