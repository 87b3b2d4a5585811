"""What one check is given: the draft, and everything that it is held against."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dualalign.notes.llm.checks.chart import Chart
    from dualalign.notes.llm.draft import Draft
    from dualalign.notes.llm.mention_finder import Place
    from dualalign.notes.llm.quotes import Placement, Unplaced
    from dualalign.personas.persona import Persona
    from dualalign.trajectories.plan import NotePlan

RUN = 5
"""Words of a run by which two texts are compared."""

WORD = re.compile(r"[a-z0-9']+")

Runs = Collection[int]


@dataclass(frozen=True, slots=True)
class Case:
    """A draft and what it is held against.

    Args:
        draft: the reply, cleaned and read.
        persona: who the patient is.
        plan: what the note must say.
        chart: what earlier visits established.
        places: for each mention of the plan, (sentence, place) of everything that says its term.
        placements: for each mention, where it is said by the model's evidence, or why not.
        words: for each mention, the words by which the prompt asked for it; empty if unknown.
        names: first names that may stand in the note.
        earlier_runs: runs of words of each earlier note of the patient.
        prompt: the request.
    """

    draft: Draft
    persona: Persona
    plan: NotePlan
    chart: Chart
    places: tuple[tuple[tuple[int, Place], ...], ...]
    placements: tuple[Placement | Unplaced | None, ...]
    words: Sequence[str] = ()
    names: frozenset[str] = frozenset()
    earlier_runs: Sequence[Runs] = ()
    prompt: str = ""


def run_at(text: str, place: int, runs: int = 1) -> str:
    """Return the words of neighbouring runs of a text, by the place of the first among them."""
    return " ".join(WORD.findall(text.lower())[place : place + RUN + runs - 1])


@lru_cache(maxsize=16)
def runs_of(text: str) -> tuple[int, ...]:
    """Return every run of words of a text, in order, each as a number.

    The numbers are those of this process; words would take twenty times the memory in a chart of a hundred notes.
    """
    words = WORD.findall(text.lower())
    return tuple(map(hash, zip(*(words[start:] for start in range(RUN)), strict=False)))
