"""The rest of a note: sentences that carry no label, some copied forward from the last note of the same type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dualalign.notes.phrase_language import expand
from dualalign.notes.sentence import Composed, tidy

if TYPE_CHECKING:
    from dualalign.notes.patient_voice import PatientVoice
    from dualalign.packs.schema.layouts import LayoutSection
    from dualalign.trajectories.plan import NotePlan

Said = tuple[str, str, frozenset[str]]
"""A background sentence: its topic, its text and the labels it would deny."""

Memory = dict[tuple[str, str], list[Said]]
"""(note type, section) -> background last written there."""

_SAID_BY_VITALS = {"vitals", "weight"}
_COST_OF_A_MISS = 1  # words; a section whose topics are spent ends instead of searching on


class Background:
    """Background of one note: each topic is spoken of once, and nothing denies what this note or, of a lasting symptom,
    an earlier one affirms.

    Args:
        plan: of the note.
        voice: the patient's slot values, at the visit.
        memory: what earlier notes said, by note type and section; brought up to date.
    """

    def __init__(self, plan: NotePlan, voice: PatientVoice, memory: Memory) -> None:
        self._plan = plan
        self._voice = voice
        self._memory = memory
        self._topics: set[str] = set()
        affirmed = [mention for mention in plan.mentions if mention.polarity == "affirmed"]
        lasting = voice.tables.lasting_terms
        voice.told.update(
            label for mention in affirmed if mention.term in lasting for label in mention.labels
        )
        voice.told.update(*(voice.tables.stated_facts.labels[fact] for fact in plan.facts))
        self._affirmed = voice.told.union(*(mention.labels for mention in affirmed))
        self._problems = frozenset(plan.problems)

    def add(self, section: LayoutSection, spare: int, items: list[Composed]) -> None:
        """Add background to a section's sentences.

        Args:
            section: of the note's layout.
            spare: words that all background of the note may take.
            items: sentences already there; vital signs stay in front.
        """
        plan, voice = self._plan, self._voice
        draw, name = voice.draw, section.section
        words = int(spare * section.background * (0.6 + 0.8 * draw()))
        if not items and section.optional and draw() < section.optional:
            return
        pool = voice.background(name, self._problems)
        if not pool:
            return
        first = 0
        if items and items[0].kind == "vitals":
            first = 1
            self._topics |= _SAID_BY_VITALS
            words -= items[0].text.count(" ") + 1
        key = (plan.note_type, name)
        before = self._memory.get(key, ())
        written: list[Said] = []
        misses = 0
        while words > 0 or (not items and not written and misses < len(pool)):
            if before and draw() < plan.style.copied_forward:
                topic, text, denied = copied = before[int(draw() * len(before))]
                if copied in written:
                    words -= _COST_OF_A_MISS
                    misses += 1
                    continue
            else:
                phrase = voice.take(pool)
                topic, text, denied = phrase.topic, "", phrase.contradicts
            if topic in self._topics or (denied and denied & self._affirmed):
                words -= _COST_OF_A_MISS
                misses += 1
                continue
            if not text:
                out: list[str] = []
                expand(phrase.parts, out, voice, draw)
                text = tidy("".join(out))
            if topic:
                self._topics.add(topic)
            written.append((topic, text, denied))
            items.insert(first + int(draw() * (len(items) + 1 - first)), Composed(text, ()))
            words -= text.count(" ") + 1
        # A sentence that gives the patient's age would be wrong when copied into a later note.
        kept = [said for said in written if voice["age"] not in said[1]]
        if kept:
            self._memory[key] = kept
