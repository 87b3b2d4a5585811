"""What the last notes said and ordered, so that calls which know nothing of one another agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dualalign.notes.prompts.brief import BriefWords, VisitWords

if TYPE_CHECKING:
    from dualalign.charts.chart import Chart
    from dualalign.personas.persona import Persona
    from dualalign.trajectories.plan import NotePlan

_HERE, _ELSEWHERE = 2, 3
"""Notes told of this clinic, and of all others."""


def last_notes(
    earlier: Sequence[NotePlan],
    plan: NotePlan,
    persona: Persona,
    chart: Chart,
    words: BriefWords,
    names: Mapping[str, str],
) -> list[str]:
    """Return the last notes before a visit in date order, a line each; empty at the first visit.

    Args:
        earlier: the patient's plans before this visit, in date order.
        plan: the visit.
        persona: who the patient is.
        chart: the patient on paper.
        words: of the pack.
        names: note type -> its name.
    """
    here = [each for each in earlier if each.note_type == plan.note_type][-_HERE:]
    elsewhere = [each for each in earlier if each.note_type != plan.note_type][-_ELSEWHERE:]
    return [
        VisitWords(each, persona, chart, words).in_ledger(
            names[each.note_type], ", here" if each.note_type == plan.note_type else ""
        )
        for each in sorted([*here, *elsewhere], key=lambda each: each.visit)
    ]
