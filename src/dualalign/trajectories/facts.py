"""Which lasting facts are so of a patient, and since when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dualalign.personas.conditions import person_meets

if TYPE_CHECKING:
    import random

    from dualalign.packs.pack import Pack
    from dualalign.personas.persona import Persona
    from dualalign.trajectories.symptoms import SymptomCourse

_NEVER = -1.0
_LONGEST = 1.6  # horizons before the index date: how long ago a lasting condition may have begun


@dataclass(frozen=True, slots=True)
class FactCourse:
    """One patient's facts.

    Args:
        spans: fact id, years before the index date at which it begins, and at which another takes its place.
    """

    spans: tuple[tuple[str, float, float], ...]

    def at(self, years_before: float) -> tuple[str, ...]:
        """Return the ids of what is so at a time, in the pack's order."""
        return tuple(fact for fact, begins, ends in self.spans if begins >= years_before > ends)


class FactModel:
    """Draws the facts of patients of one pack."""

    def __init__(self, pack: Pack) -> None:
        self._facts = pack.facts.facts
        self._horizon = pack.pack.horizon_years
        self._stages = {stage.id: rank for rank, stage in enumerate(pack.stages.stages)}
        index = {term: place for place, term in enumerate(pack.lexicon.terms())}
        self._terms = [np.array([index[term] for term in fact.terms], dtype=int) for fact in self._facts]

    def draw(
        self, persona: Persona, stage_entry: NDArray[np.float64], symptoms: SymptomCourse, rng: random.Random
    ) -> FactCourse:
        """Draw one patient's facts and begin the symptoms that they are.

        Args:
            persona: who the patient is.
            stage_entry: years before the index date at which each stage is entered; negative if never.
            symptoms: the patient's symptoms; a fact's terms begin with it at the latest and never rest from then on.
            rng: the patient's generator; every fact draws from it, had or not, so that one fact never moves another.
        """
        begins: dict[str, float] = {}
        for fact, terms in zip(self._facts, self._terms, strict=True):
            chance, since, delay = rng.random(), rng.random(), rng.expovariate(1.0) * fact.delay_years
            had = chance < fact.share and (persona.is_case or not fact.cases_only)
            if not had or not person_meets(
                fact.when, persona.factors, persona.age_at_index, persona.tags, persona.work or ""
            ):
                continue
            begun = self._horizon * (1.0 + (_LONGEST - 1.0) * since)
            if fact.from_stage is not None:
                entered = float(stage_entry[self._stages[fact.from_stage]])
                begun = entered - delay if entered >= 0 else _NEVER
            if begun < 0:
                continue
            begins[fact.id] = begun
            symptoms.onset[terms] = np.maximum(symptoms.onset[terms], begun)
            symptoms.resting[:, terms] = False
        return FactCourse(
            tuple(
                (fact.id, begins[fact.id], begins.get(fact.until or "", _NEVER))
                for fact in self._facts
                if fact.id in begins
            )
        )
