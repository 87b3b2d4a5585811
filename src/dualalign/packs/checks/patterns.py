"""Patterns that the rules annotator cannot compile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dualalign.errors import PackError
from dualalign.packs.checks.problem import Problem, problem_at

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack


def unreadable_patterns(pack: Pack) -> Iterator[Problem]:
    """Find patterns of patterns.yaml and context.yaml, and surface forms, that the rules cannot compile."""
    from dualalign.labels.pattern import compile_pattern

    words = {**pack.context.words, **pack.patterns.words}
    for stem, place, pattern in _patterns(pack):
        if not pattern.strip():
            yield problem_at(pack, stem, place, "the pattern is empty", "write its words, or remove it")
            continue
        try:
            compile_pattern(pattern, words)
        except PackError as error:
            yield problem_at(pack, stem, place, error.message, error.remedy)


def _patterns(pack: Pack) -> Iterator[tuple[str, tuple[Any, ...], str]]:
    rules, context = pack.patterns, pack.context
    for block in ("findings", "functions", "exclusions"):
        for label, patterns in getattr(rules, block).items():
            for i, pattern in enumerate(patterns):
                yield "patterns", (block, label, i), pattern
    for kind in type(context.cues).model_fields:
        cues = getattr(context.cues, kind)
        for side in ("before", "after"):
            for i, cue in enumerate(getattr(cues, side)):
                yield "context", ("cues", kind, side, i), cue.say
        for i, pattern in enumerate(cues.pseudo):
            yield "context", ("cues", kind, "pseudo", i), pattern
    for i, pattern in enumerate(context.stops):
        yield "context", ("stops", i), pattern
    for kind in type(context.informants).model_fields:
        for i, pattern in enumerate(getattr(context.informants, kind)):
            yield "context", ("informants", kind, i), pattern
    for d, domain in enumerate(pack.lexicon.domains):
        for t, term in enumerate(domain.terms):
            for i, form in enumerate(term.surface_forms):
                spoken = " ".join(re.split(r"[\s/-]+", form.lower()))
                yield "lexicon", ("domains", d, "terms", t, "surface_forms", i), spoken
