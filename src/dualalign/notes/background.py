"""The rest of a note: sentences that carry no label, some copied forward from the last note of the same type."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dualalign.notes.decisions import Tree, decision_tree
from dualalign.notes.phrase_language import expand, slots
from dualalign.notes.sentence import Composed, tidy

if TYPE_CHECKING:
    from dualalign.notes.patient_voice import PatientVoice
    from dualalign.notes.phrase_book import CompiledPhrase
    from dualalign.packs.schema.layouts import LayoutSection
    from dualalign.trajectories.plan import NotePlan


class Said(NamedTuple):
    """A background sentence.

    Args:
        topic: what it speaks of, where a note speaks of it once.
        denied: labels whose symptoms it would deny.
        sentence: ready to be placed.
        words: its length.
    """

    topic: str
    denied: frozenset[str]
    sentence: Composed
    words: int


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
        topics, affirmed = self._topics, self._affirmed
        words = int(spare * section.background * (0.6 + 0.8 * draw()))
        if not items and section.optional and draw() < section.optional:
            return
        pool = voice.background(name, self._problems)
        if not pool:
            return
        first = 0
        if items and items[0].kind == "vitals":
            first = 1
            topics |= _SAID_BY_VITALS
            words -= items[0].text.count(" ") + 1
        key = (plan.note_type, name)
        before = self._memory.get(key, ())
        written: list[Said] = []
        misses = 0
        while words > 0 or (not items and not written and misses < len(pool)):
            said: Said | None = None
            if before and draw() < plan.style.copied_forward:
                said = before[int(draw() * len(before))]
                if said in written:
                    words -= _COST_OF_A_MISS
                    misses += 1
                    continue
                topic, denied = said.topic, said.denied
            else:
                phrase = voice.take(pool)
                topic, denied = phrase.topic, phrase.contradicts
            if topic in topics or (denied and denied & affirmed):
                words -= _COST_OF_A_MISS
                misses += 1
                continue
            if said is None:
                said = self._say(phrase)
            if topic:
                topics.add(topic)
            written.append(said)
            items.insert(first + int(draw() * (len(items) + 1 - first)), said.sentence)
            words -= said.words
        # A sentence that gives the patient's age would be wrong when copied into a later note.
        age = voice["age"]
        kept = [said for said in written if age not in said.sentence.text]
        if kept:
            self._memory[key] = kept

    def _say(self, phrase: CompiledPhrase) -> Said:
        voice = self._voice
        draw, trees = voice.draw, voice.trees
        key = id(phrase)
        if key not in trees:
            trees[key] = self._laid_out(phrase)
        said = trees[key]
        if said is None:
            out: list[str] = []
            expand(phrase.parts, out, voice, draw)
            return _said(phrase, "".join(out))
        while type(said) is tuple:
            said = said[int(draw() * len(said))]
        result: Said = said
        return result

    def _laid_out(self, phrase: CompiledPhrase) -> Tree | None:
        # Without a slot the texts are the same for everybody, and one tree serves patients of every sex.
        common = None if slots(phrase.parts) else self._voice.tables.common_trees
        if common is not None and id(phrase) in common:
            return common[id(phrase)]
        tree = decision_tree(phrase.parts, lambda text: _said(phrase, text), self._voice.settled)
        if common is not None:
            common[id(phrase)] = tree
        return tree


def _said(phrase: CompiledPhrase, text: str) -> Said:
    sentence = Composed(tidy(text), ())
    return Said(phrase.topic, phrase.contradicts, sentence, sentence.text.count(" ") + 1)
