"""Phrases that cannot be read, and the names they use."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from dualalign.errors import PackError
from dualalign.packs.checks.names import unknown_names
from dualalign.packs.checks.problem import Problem, one_of, problem_at, problem_in
from dualalign.packs.schema.phrases import Phrase

if TYPE_CHECKING:
    from dualalign.notes.writing_tables import WritingTables
    from dualalign.packs.pack import Pack
    from dualalign.packs.schema.labels import Scheme
    from dualalign.packs.schema.phrases import PhraseFile

Place = tuple[Any, ...]
"""Path of a field within its file."""


def unreadable_phrases(pack: Pack) -> Iterator[Problem]:
    """Find phrases and frames that cannot be parsed, and slots that nothing fills."""
    from dualalign.notes.writing_tables import WritingTables

    broken = list(_unparsed(pack))
    yield from broken
    if broken or any(True for _ in unknown_names(pack)):
        return  # the writer's tables are built from names that are known
    try:
        tables = WritingTables(pack)
    except PackError as error:
        stem = "layouts" if error.message.startswith("layouts") else "frames"
        yield problem_at(pack, stem, (), error.message, error.remedy)
        return
    yield from _unfilled_slots(pack, tables)


def unknown_phrase_names(pack: Pack) -> Iterator[Problem]:
    """Find terms, stages, labels, tags, note types, sections and factors of phrases that stand for nothing."""
    terms = list(pack.lexicon.terms())
    known = _known_names(pack)
    for path, file in _own_files(pack):
        for term in file.terms:
            if term not in terms:
                yield problem_in(
                    path, ("terms", term), f"the lexicon has no term '{term}'", one_of(term, terms)
                )
        for place, name, kind in _names(file):
            if name not in known[kind]:
                yield problem_in(path, place, f"'{name}' is no {kind}", one_of(name, known[kind]))


def missing_tags(pack: Pack) -> Iterator[Problem]:
    """Find tags that inherited phrases must not meet and that no persona of the pack is given.

    Such a phrase would be said of everybody: a prostate of a woman, where the pack gives no tag `female`.
    """
    given = {tag.id for tag in pack.people.tags}
    asked: dict[str, Path] = {}
    for path, file in zip(pack.phrase_paths, pack.phrases, strict=True):
        if not path.is_relative_to(pack.folder):
            barred = [phrase.without for _, phrase in _phrases(file) if isinstance(phrase, Phrase)]
            for tags in (*barred, *(block.without for block in file.background)):
                asked |= dict.fromkeys(set(tags) - given, path)
    for tag, path in sorted(asked.items()):
        yield problem_at(
            pack,
            "people",
            ("tags",),
            f"no tag '{tag}' is given, which {path.parents[1].name}/phrases/{path.name} asks for",
            "add the tag, with the chances of having it",
        )


def own_texts(pack: Pack) -> Iterator[tuple[Path, Place, str]]:
    """Yield file, place and text of every phrase, listed word and stated fact of the pack's own files."""
    for path, file in _own_files(pack):
        for name, words in file.lists.items():
            by_tag = words if isinstance(words, dict) else {"": words}
            for tag, items in by_tag.items():
                for i, item in enumerate(items):
                    yield path, ("lists", name, *([tag] if tag else []), i), item
        for place, phrase in _phrases(file):
            yield path, place, phrase.say if isinstance(phrase, Phrase) else phrase
    facts = pack.folder / "facts.yaml"
    if facts.is_file():
        for f, fact in enumerate(pack.facts.facts):
            for section, sentences in fact.say.items():
                for i, sentence in enumerate(sentences):
                    yield facts, ("facts", f, "say", section, i), sentence


def _unparsed(pack: Pack) -> Iterator[Problem]:
    """Find phrases whose brackets do not match."""
    from dualalign.notes.inflection import Verbs
    from dualalign.notes.phrase_language import PhraseSyntaxError, parse

    verbs = Verbs(pack.verbs)
    for path, place, text in own_texts(pack):
        if not text.strip():
            yield problem_in(path, place, "the phrase is empty", "write it, or remove it")
            continue
        try:
            parse(text, verbs)
        except PhraseSyntaxError as error:
            yield problem_in(path, place, f"'{text}': {error}", "balance the brackets of the phrase")


def _unfilled_slots(pack: Pack, tables: WritingTables) -> Iterator[Problem]:
    from dualalign.notes.inflection import Verbs
    from dualalign.notes.phrase_language import parse, slots

    verbs = Verbs(pack.verbs)
    known = {*_filled_slots(tables), *tables.book.lists}
    for path, place, text in own_texts(pack):
        for name in sorted(slots(parse(text, verbs)) - known):
            yield problem_in(
                path, place, f"'{{{name}}}' is neither a slot nor a word list", one_of(name, sorted(known))
            )


def _filled_slots(tables: WritingTables) -> set[str]:
    """Return the slots that the writer fills at a visit to which somebody came along."""
    from dualalign.notes.patient_voice import PatientVoice
    from dualalign.personas.persona import Informant, Persona
    from dualalign.trajectories.plan import NotePlan, Style

    day = date(2015, 1, 1)
    voice = PatientVoice(Persona(0, "", "female", 75, day, day, {}), tables, random.Random(0))
    voice.begin_visit(
        NotePlan(
            patient_id="",
            visit=0,
            date=day,
            years_before=1.0,
            year_bin=1,
            age=75,
            note_type="",
            stage="",
            severity=0.5,
            informant=Informant("daughter", "Carol"),
            style=Style("narrative", 100, 0.5, 0.0),
            scores=(),
            medicines=(),
            mentions=(),
        )
    )
    return set(voice)


def _known_names(pack: Pack) -> dict[str, list[str]]:
    from dualalign.packs.schema.layouts import SectionId

    return {
        "stage": [stage.id for stage in pack.stages.stages],
        "tag": [tag.id for tag in pack.people.tags],
        "note type": [each.id for each in pack.visits.types],
        "label": [label.id for scheme in _default_scheme(pack) for label in scheme.labels],
        "section": list(get_args(SectionId)),
        "factor": pack.factors.ids(),
    }


def _default_scheme(pack: Pack) -> list[Scheme]:
    """Return the scheme used unless another is named, in a list that is empty if there is none of its id."""
    return [scheme for scheme in pack.labels.schemes if scheme.id == pack.labels.default]


def _names(file: PhraseFile) -> Iterator[tuple[Place, str, str]]:
    """Yield place, name and kind of everything that a phrase file refers to but terms."""
    for name, words in file.lists.items():
        if isinstance(words, dict):
            for tag in words:
                if tag != "default":
                    yield ("lists", name, tag), tag, "tag"
    for place, phrase in _phrases(file):
        for field, kind in _PHRASE_NAMES if isinstance(phrase, Phrase) else ():
            for name in getattr(phrase, field) or ():
                yield (*place, field), name, kind
    for b, block in enumerate(file.background):
        yield ("background", b, "section"), block.section, "section"
        if block.problem:
            yield ("background", b, "problem"), block.problem, "factor"
        for field, kind in _BLOCK_NAMES:
            for name in getattr(block, field):
                yield ("background", b, field), name, kind


_PHRASE_NAMES = (
    ("stages", "stage"),
    ("tags", "tag"),
    ("without", "tag"),
    ("note_types", "note type"),
    ("labels", "label"),
)
_BLOCK_NAMES = (
    ("note_types", "note type"),
    ("not_in", "note type"),
    ("tags", "tag"),
    ("without", "tag"),
    ("contradicts", "label"),
)


def _own_files(pack: Pack) -> Iterator[tuple[Path, PhraseFile]]:
    for path, file in zip(pack.phrase_paths, pack.phrases, strict=True):
        if path.is_relative_to(pack.folder):
            yield path, file


def _phrases(file: PhraseFile) -> Iterator[tuple[Place, str | Phrase]]:
    for term, material in file.terms.items():
        for kind in type(material).model_fields:
            yield from _numbered(("terms", term, kind), getattr(material, kind))
    for b, block in enumerate(file.background):
        yield from _numbered(("background", b, "sentences"), block.sentences)


def _numbered(place: Place, phrases: Iterable[str | Phrase]) -> Iterator[tuple[Place, str | Phrase]]:
    for i, phrase in enumerate(phrases):
        yield (*place, i), phrase
