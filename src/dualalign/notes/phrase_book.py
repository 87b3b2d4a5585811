"""All phrase material of a pack, compiled once and pooled by where it fits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dualalign.errors import PackError
from dualalign.notes.inflection import Verbs
from dualalign.notes.phrase_language import Parts, PhraseSyntaxError, parse
from dualalign.packs.schema.phrases import Phrase, PhraseFile

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack
    from dualalign.packs.schema.phrases import Background

_TIMED = re.compile(
    r"\b(every|daily|nightly|weekly|monthly|twice|once|times|often|always|never|constantly|again|overnight|since"
    r"|for (?:days|weeks|months|years|hours|a (?:day|week|month|year))|(?:all|most|last|this|each) (?:day|night|week"
    r"|morning|evening|month|year)s?|in the (?:morning|evening|afternoon|night)s?|at night|by history|chronic"
    r"|longstanding|lifelong|(?:early|late) onset)\b"
)
_PLACED = re.compile(
    r"\b(when|whenever|while|during|after|before|until|unless|at night|on weekends)\b"
    r"|\b(?:in|at|on|with|by|under|around|over|through) (?:[\w'-]+ ?){1,4}$"
)
_MARKS = re.compile(r"[\[\]<>{}]")

KINDS = ("events", "nouns", "findings", "intact", "consequences", "baselines", "settings")


@dataclass(frozen=True, slots=True)
class CompiledPhrase:
    """A phrase ready to expand.

    Args:
        parts: the compiled text.
        labels: labels the wording earns; None where the term's own apply.
        stages: stages it fits, all if empty; likewise `tags`, `without` and `note_types`.
        bars: frame slots that must not stand beside it, since it says as much itself.
        topic: what it speaks of, where a note speaks of it once.
        contradicts: labels whose symptoms, affirmed in the note, it would deny.
    """

    parts: Parts
    labels: tuple[str, ...] | None
    stages: frozenset[str]
    tags: frozenset[str]
    without: frozenset[str]
    note_types: frozenset[str]
    bars: frozenset[str] = frozenset()
    topic: str = ""
    contradicts: frozenset[str] = frozenset()

    def fits(self, stage: str, note_type: str, tags: frozenset[str]) -> bool:
        """Whether the phrase may be used for this stage, note type and persona."""
        return (
            (not self.stages or stage in self.stages)
            and (not self.note_types or note_type in self.note_types)
            and self.tags <= tags
            and not (self.without & tags)
        )


Pool = tuple[CompiledPhrase, ...]

_Staged = tuple[str, frozenset[str], frozenset[str], CompiledPhrase]
"""Problem, tags needed and tags barred of a background sentence, and the sentence."""


class _Shelf:
    """Phrases of one term and kind, with what their pools depend on."""

    def __init__(self, phrases: Pool) -> None:
        self.phrases = phrases
        self.tags = frozenset().union(*(p.tags | p.without for p in phrases)) if phrases else frozenset()
        self.by_stage = any(p.stages for p in phrases)
        self.by_note_type = any(p.note_types for p in phrases)
        self.fits_all = not (self.tags or self.by_stage or self.by_note_type)
        self.pools: dict[tuple[str, str, frozenset[str]], Pool] = {}

    def pool(self, stage: str, note_type: str, tags: frozenset[str]) -> Pool:
        key = (
            stage if self.by_stage else "",
            note_type if self.by_note_type else "",
            tags & self.tags if self.tags else self.tags,
        )
        pool = self.pools.get(key)
        if pool is None:
            pool = tuple(p for p in self.phrases if p.fits(stage, note_type, tags))
            self.pools[key] = pool
        return pool


_EMPTY = _Shelf(())


class PhraseBook:
    """Phrases by term and kind, background by section, and word lists.

    Args:
        pack: supplies `phrases` and the verb table.

    Raises:
        PackError: a phrase that cannot be parsed, naming its term and kind.
    """

    def __init__(self, pack: Pack, verbs: Verbs) -> None:
        self._verbs = verbs
        self._shelves: dict[tuple[str, str], _Shelf] = {}
        self._backgrounds: dict[str, list[tuple[Background, CompiledPhrase]]] = {}
        self._staged_backgrounds: dict[tuple[str, str, str], list[_Staged]] = {}
        self._background_tags: frozenset[str] = frozenset()
        self._reports: dict[str, list[CompiledPhrase]] = {}
        self._report_pools: dict[tuple[tuple[str, ...], frozenset[str]], Pool] = {}
        self.lists: dict[str, dict[str, tuple[Any, ...]]] = {}
        phrases: dict[tuple[str, str], list[CompiledPhrase]] = {}
        for file in pack.phrases:
            self._add_lists(file)
            for term, material in file.terms.items():
                for kind in KINDS:
                    where = f"term '{term}', {kind}"
                    compiled = [self._compile(item, where) for item in getattr(material, kind)]
                    phrases.setdefault((term, kind), []).extend(compiled)
            self._add_background(file)
        self._shelves = {key: _Shelf(tuple(items)) for key, items in phrases.items() if items}
        self.fixed = {key: shelf.phrases for key, shelf in self._shelves.items() if shelf.fits_all}
        """(term, kind) -> its phrases, where they fit every stage, note type and persona."""

    def pool(self, term: str, kind: str, stage: str, note_type: str, tags: frozenset[str]) -> Pool:
        """Return the phrases of one term and kind that fit; empty if none does."""
        return self._shelves.get((term, kind), _EMPTY).pool(stage, note_type, tags)

    def background(
        self, section: str, note_type: str, problems: frozenset[str], stage: str, tags: frozenset[str]
    ) -> Pool:
        """Return the unlabelled sentences that fit a section of this patient's note."""
        # A list is built faster than a generator is drained, and this is the book's most frequent search.
        return tuple(
            [
                phrase
                for problem, needed, barred, phrase in self._staged(section, note_type, stage)
                if (not problem or problem in problems)
                and (not needed or needed <= tags)
                and not (barred and barred & tags)
            ]
        )

    def _staged(self, section: str, note_type: str, stage: str) -> list[_Staged]:
        """Return what fits a section, note type and stage whoever the patient is, with what it asks of the patient."""
        key = (section, note_type, stage)
        staged = self._staged_backgrounds.get(key)
        if staged is None:
            staged = [
                (block.problem, phrase.tags, phrase.without, phrase)
                for block, phrase in self._backgrounds.get(section, ())
                if (not block.note_types or note_type in block.note_types)
                and note_type not in block.not_in
                and (not phrase.stages or stage in phrase.stages)
                and (not phrase.note_types or note_type in phrase.note_types)
            ]
            self._staged_backgrounds[key] = staged
        return staged

    def report(self, kinds: Sequence[str], tags: frozenset[str]) -> Pool:
        """Return the lines that an outside report of these kinds may hold."""
        key = (tuple(kinds), tags & self._background_tags)
        pool = self._report_pools.get(key)
        if pool is None:
            # Kept, since a patient's turn through a pool is remembered by the pool's identity.
            pool = tuple(
                phrase
                for kind in kinds
                for phrase in self._reports.get(kind, ())
                if phrase.fits("", "", tags)
            )
            self._report_pools[key] = pool
        return pool

    def word_list(self, name: str, tags: frozenset[str]) -> tuple[Any, ...] | None:
        """Return the word list a persona calls for, or None if no list has that name."""
        by_tag = self.lists.get(name)
        if by_tag is None:
            return None
        for tag, words in by_tag.items():
            if tag in tags:
                return words
        return by_tag.get("default") or next(iter(by_tag.values()))

    def common_list(self, name: str) -> tuple[Any, ...] | None:
        """Return the word list of that name if it is the same for everybody, else None."""
        by_tag = self.lists.get(name, {})
        return by_tag.get("default") if len(by_tag) == 1 else None

    def _compile(self, item: str | Phrase, where: str, block: Background | None = None) -> CompiledPhrase:
        phrase = item if isinstance(item, Phrase) else Phrase(say=item)
        try:
            parts = parse(phrase.say, self._verbs)
        except PhraseSyntaxError as error:
            raise PackError(
                f"{where}: '{phrase.say}': {error}", "balance the brackets of the phrase"
            ) from None
        return CompiledPhrase(
            parts,
            None if phrase.labels is None else tuple(phrase.labels),
            frozenset(phrase.stages),
            frozenset(phrase.tags + (block.tags if block else [])),
            frozenset(phrase.without + (block.without if block else [])),
            frozenset(phrase.note_types),
            frozenset() if block else slots_barred(phrase),
            block.topic if block else "",
            frozenset(block.contradicts if block else ()),
        )

    def _add_lists(self, file: PhraseFile) -> None:
        for name, words in file.lists.items():
            by_tag = words if isinstance(words, dict) else {"default": words}
            target = self.lists.setdefault(name, {})
            for tag, items in by_tag.items():
                target[tag] = target.get(tag, ()) + tuple(self._word(item, name) for item in items)

    def _word(self, word: str, name: str) -> Any:
        parts = self._compile(word, f"list '{name}'").parts
        return parts[0] if len(parts) == 1 and isinstance(parts[0], str) else parts

    def _add_background(self, file: PhraseFile) -> None:
        for block in file.background:
            where = f"background, section '{block.section}'"
            compiled = [self._compile(item, where, block) for item in block.sentences]
            for phrase in compiled:
                self._background_tags |= phrase.tags | phrase.without
            if block.report:
                self._reports.setdefault(block.report, []).extend(compiled)
                continue
            shelf = self._backgrounds.setdefault(block.section, [])
            for phrase in compiled:
                shelf.append((block, phrase))


def slots_barred(phrase: Phrase) -> frozenset[str]:
    """Return the frame slots that would repeat or contradict what the phrase says of time and place.

    One-time events also bar `repeats`, which stands for every frame that speaks of a habit.
    """
    said = _MARKS.sub(" ", phrase.say.replace("|", " / ")).rstrip(" .")
    barred: set[str] = set()
    if phrase.once:
        barred |= {"often", "since", "Since", "setting", "repeats"}
    if _TIMED.search(said):
        barred |= {"often", "since", "Since"}
    if _PLACED.search(said):
        barred.add("setting")
    return frozenset(barred)


def compile_all(texts: Iterable[str], verbs: Verbs, where: str) -> tuple[Parts, ...]:
    """Compile plain phrase strings, naming `where` in an error."""
    compiled = []
    for text in texts:
        try:
            compiled.append(parse(text, verbs))
        except PhraseSyntaxError as error:
            raise PackError(f"{where}: '{text}': {error}", "balance the brackets of the phrase") from None
    return tuple(compiled)
