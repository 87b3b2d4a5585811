"""Sentences that state, in passing, what is so of the patient apart from planned mentions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dualalign.notes.phrase_book import compile_all
from dualalign.notes.phrase_language import expand
from dualalign.notes.sentence import Composed, tidy

if TYPE_CHECKING:
    from dualalign.notes.inflection import Verbs
    from dualalign.notes.patient_voice import PatientVoice
    from dualalign.packs.pack import Pack
    from dualalign.trajectories.plan import NotePlan


class StatedFacts:
    """The pack's facts, compiled once, and the writer of their sentences."""

    def __init__(self, pack: Pack, verbs: Verbs) -> None:
        self._facts = {fact.id: fact for fact in pack.facts.facts}
        order = {label.id: rank for rank, label in enumerate(pack.labels.scheme().labels)}
        self.labels = {
            fact.id: tuple(sorted(fact.labels, key=order.__getitem__)) for fact in pack.facts.facts
        }
        self._say = {
            fact.id: {
                section: compile_all(texts, verbs, f"facts, {fact.id} {section}")
                for section, texts in fact.say.items()
            }
            for fact in pack.facts.facts
        }

    def add(self, plan: NotePlan, voice: PatientVoice, by_section: dict[str, list[Composed]]) -> None:
        """Add to a note's sections the facts that it states."""
        family = plan.informant is not None and not plan.informant.is_professional
        for fact_id in plan.facts:
            stated = self._facts[fact_id].stated
            if self._facts[fact_id].with_family and not family:
                continue
            if voice.draw() >= stated.get(plan.note_type, stated.get("default", 0.0)):
                continue
            sections = [section for section in self._say[fact_id] if section in by_section]
            if not sections:
                continue
            section = sections[int(voice.draw() * len(sections))]
            choices = self._say[fact_id][section]
            out: list[str] = []
            expand(choices[int(voice.draw() * len(choices))], out, voice, voice.draw)
            by_section[section].append(Composed(tidy("".join(out)), self.labels[fact_id], (), "fact"))
