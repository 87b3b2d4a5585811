"""Patterns that cannot be compiled."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from dualalign.errors import PackError
from dualalign.packs.checks.problem import Problem, problem_at

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack
    from dualalign.packs.schema.chart_words import ChartWords
    from dualalign.packs.schema.context import Cues

Place = tuple[Any, ...]
"""Path of a field within its file."""

Pattern = tuple[str, Place, str]
"""File stem, path of the field, the pattern."""


_CHART_LISTS = ("bygone", "long_past", "advice", "examiner", "self_blind", "orders", "earlier")


def unreadable_patterns(pack: Pack) -> Iterator[Problem]:
    """Find patterns and surface forms that cannot be compiled, in whatever file they stand."""
    from dualalign.reading.pattern import compile_pattern

    words = {**pack.context.words, **pack.patterns.words}
    for stem, place, pattern in _patterns(pack):
        if not pattern.strip():
            yield problem_at(pack, stem, place, "the pattern is empty", "write its words, or remove it")
            continue
        try:
            compile_pattern(pattern, words)
        except PackError as error:
            yield problem_at(pack, stem, place, error.message, error.remedy)


def _patterns(pack: Pack) -> Iterator[Pattern]:
    yield from _of_rules(pack)
    yield from _of_context(pack)
    yield from _of_lexicon(pack)
    yield from _of_contradictions(pack)
    yield from _of_charts(pack.chart_words)


def _of_rules(pack: Pack) -> Iterator[Pattern]:
    for block in ("findings", "functions", "exclusions"):
        for label, patterns in getattr(pack.patterns, block).items():
            yield from _listed("patterns", (block, label), patterns)


def _of_context(pack: Pack) -> Iterator[Pattern]:
    context = pack.context
    for kind in type(context.cues).model_fields:
        yield from _cues("context", ("cues", kind), getattr(context.cues, kind))
    yield from _listed("context", ("stops",), context.stops)
    for kind in type(context.informants).model_fields:
        yield from _listed("context", ("informants", kind), getattr(context.informants, kind))


def _of_lexicon(pack: Pack) -> Iterator[Pattern]:
    for d, domain in enumerate(pack.lexicon.domains):
        for t, term in enumerate(domain.terms):
            forms = [" ".join(re.split(r"[\s/-]+", form.lower())) for form in term.surface_forms]
            yield from _listed("lexicon", ("domains", d, "terms", t, "surface_forms"), forms)


def _of_contradictions(pack: Pack) -> Iterator[Pattern]:
    record, coherence = pack.record_words, pack.coherence
    yield from _cues("record_words", ("new_onset",), record.new_onset)
    for block in (
        "for_now",
        "unaffirmed",
        "of_others",
        "earlier_score",
        "given",
        "not_given",
        "ages",
        "not_pronouns",
    ):
        yield from _listed("record_words", (block,), getattr(record, block))
    for f, fact in enumerate(record.facts):
        for value, patterns in fact.values.items():
            yield from _listed("record_words", ("facts", f, "values", value), patterns)
    for i, claim in enumerate(coherence.claims):
        yield from _listed("coherence", ("claims", i, "say"), claim.say)
    for i, state in enumerate(coherence.states):
        yield from _listed("coherence", ("states", i, "names"), state.names)


def _of_charts(words: ChartWords) -> Iterator[Pattern]:
    for block in _CHART_LISTS:
        yield from _listed("chart_words", (block,), getattr(words, block))
    for block in ("symptoms", "tests", "values", "results"):
        for name, patterns in getattr(words, block).items():
            yield from _listed("chart_words", (block, name), patterns)
    for f, fact in enumerate(words.facts):
        yield from _listed("chart_words", ("facts", f, "captures"), fact.captures)
        for value, patterns in fact.values.items():
            yield from _listed("chart_words", ("facts", f, "values", value), patterns)
    for name, danger in words.dangers.items():
        yield from _listed("chart_words", ("dangers", name, "told"), danger.told)
        yield from _listed("chart_words", ("dangers", name, "answers"), danger.answers)
    for i, place in enumerate(words.out_of_place):
        yield from _listed("chart_words", ("out_of_place", i, "say"), place.say)
    for i, need in enumerate(words.needs):
        yield from _listed("chart_words", ("needs", i, "plan"), need.plan)
        yield from _listed("chart_words", ("needs", i, "of"), need.of)
    for kind in type(words.relatives).model_fields:
        yield from _listed("chart_words", ("relatives", kind), getattr(words.relatives, kind))


def _cues(stem: str, place: Place, cues: Cues) -> Iterator[Pattern]:
    for side in ("before", "after"):
        for i, cue in enumerate(getattr(cues, side)):
            yield stem, (*place, side, i), cue.say
    yield from _listed(stem, (*place, "pseudo"), cues.pseudo)


def _listed(stem: str, place: Place, patterns: Iterable[str]) -> Iterator[Pattern]:
    for i, pattern in enumerate(patterns):
        yield stem, (*place, i), pattern
