"""The rules annotator: the pack's lexicon and patterns, read in their context."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dualalign.errors import LabelError
from dualalign.labels.annotation import Annotation
from dualalign.labels.informants import InformantRules
from dualalign.reading.pattern import Match, PatternSet, keys_of, normalise
from dualalign.reading.scope import ContextRules, Surroundings
from dualalign.reading.scores import ScoreReader

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack
    from dualalign.packs.schema.lexicon import Lexicon
    from dualalign.packs.schema.patterns import Patterns

_HEADING = re.compile(r"\s*(?:[-*•\d.)]+\s*)?([a-z][a-z /&,()'-]{1,60}?)\s*:")

_ANY = "any"


@dataclass(frozen=True, slots=True)
class Clue:
    """What a pattern stands for: labels, and whether it only names a function."""

    labels: tuple[str, ...]
    is_function: bool


class RulesAnnotator:
    """Labels sentences by the pack's vocabulary and by how it is asserted.

    Args:
        pack: a loaded pack with context.yaml and patterns.yaml.
        scheme: id of the label scheme, the default one if None.

    Raises:
        LabelError: the pack's rules are for another scheme.
        PackError: a pattern that cannot be read.
    """

    source = "rules"

    def __init__(self, pack: Pack, scheme: str | None = None) -> None:
        rules: Patterns = pack.patterns
        try:
            self._order = [label.id for label in pack.labels.scheme(scheme).labels]
        except KeyError:
            known = ", ".join(each.id for each in pack.labels.schemes)
            raise LabelError(
                f"pack '{pack.id}' has no label scheme '{scheme or pack.labels.default}'",
                f"use one of {known}",
            ) from None
        named = set(rules.findings) | set(rules.functions) | set(rules.exclusions)
        strange = sorted(named - {*self._order, _ANY})
        if strange:
            raise LabelError(
                f"patterns.yaml of pack '{pack.id}' has patterns for '{strange[0]}', which scheme '{scheme}' lacks",
                f"use scheme '{pack.labels.default}'",
            )
        words = {**pack.context.words, **rules.words}
        self._clues = PatternSet(_clues(rules, pack.lexicon, set(self._order)), words)
        self._exclusions = PatternSet(
            [(pattern, label) for label, patterns in rules.exclusions.items() for pattern in patterns], words
        )
        self._context = ContextRules(pack.context, words)
        self._scores = ScoreReader(pack.instruments.instruments)
        self._informants = InformantRules(pack.context.informants, words)
        self._informant_label = pack.labels.informant_label
        self._sections = {
            heading: kind
            for kind in ("family", "hypothetical")
            for heading in getattr(pack.context.sections, kind)
        }
        self._reliability = rules.reliability

    def annotate(self, sentences: Sequence[str], context: str = "") -> list[Annotation]:
        """Return one annotation per sentence; the context is not used."""
        return [self._annotate(sentence) for sentence in sentences]

    def _annotate(self, sentence: str) -> Annotation:
        text = normalise(sentence)
        keys = keys_of(text)
        clues = list(self._clues.find(text, keys))
        scores = list(self._scores.read(text))
        said = dict(self._said(text, keys, clues)) if clues else {}
        for score in scores:
            if score.instrument.is_impaired(score.value):
                for label in score.instrument.labels:
                    said.setdefault(label, text[score.start : score.end])
        if self._informant_label and self._section(text) is None:
            report = self._informants.report(text, keys, bool(said))
            if report:
                said[self._informant_label] = report
        labels = tuple(label for label in self._order if label in said)
        return Annotation(
            labels, self._confidence(labels), self.source, "; ".join(said[label] for label in labels)
        )

    def _confidence(self, labels: tuple[str, ...]) -> float:
        return min((self._reliability.get(label, 1.0) for label in labels or ("none",)), default=1.0)

    def _section(self, text: str) -> str | None:
        heading = _HEADING.match(text)
        return self._sections.get(heading[1].strip()) if heading else None

    def _said(
        self, text: str, keys: frozenset[str], clues: Iterable[Match[Clue]]
    ) -> Iterator[tuple[str, str]]:
        if self._section(text) is not None:
            return
        hidden = list(self._exclusions.find(text, keys))
        surroundings = self._context.read(text, keys)
        for clue in clues:
            affirmed = (
                _impaired(clue, surroundings) if clue.meaning.is_function else _affirmed(clue, surroundings)
            )
            if not affirmed:
                continue
            covering = {each.meaning for each in hidden if each.start < clue.end and clue.start < each.end}
            if _ANY in covering:
                continue
            for label in clue.meaning.labels:
                if label not in covering:
                    yield label, text[clue.start : clue.end]


def _affirmed(clue: Match[Clue], surroundings: Surroundings) -> bool:
    return not _denied(surroundings, clue.start, clue.end)


def _denied(surroundings: Surroundings, start: int, end: int) -> bool:
    """Return whether what stands in the span is denied, another person's or merely supposed."""
    if any(surroundings.reaches(kind, start, end) for kind in ("negated", "family")):
        return True
    return surroundings.reaches("hypothetical", start, end) and not surroundings.reaches(
        "presupposed", start, end
    )


def _impaired(clue: Match[Clue], surroundings: Surroundings) -> bool:
    """Return whether the nearest word on how the function works says badly, and nothing denies it."""
    bad = surroundings.reaching("impaired", clue.start, clue.end)
    if not bad:
        return False
    good = surroundings.reaching("preserved", clue.start, clue.end)
    if good and good[0][0] < bad[0][0]:
        return False
    cue = bad[0][1]
    start, end = min(clue.start, cue.start), max(clue.end, cue.end)
    return not any(
        _denied(surroundings, *span) for span in ((start, end), (cue.start, cue.end), (clue.start, clue.end))
    )


def _clues(rules: Patterns, lexicon: Lexicon, labels: set[str]) -> Iterator[tuple[str, Clue]]:
    for label, patterns in rules.findings.items():
        for pattern in patterns:
            yield pattern, Clue((label,), False)
    for label, patterns in rules.functions.items():
        for pattern in patterns:
            yield pattern, Clue((label,), True)
    neutral = {form.lower() for form in rules.neutral_forms}
    unused = {form.lower() for form in rules.unused_forms}
    for term in lexicon.terms().values():
        earned = tuple(label for label in term.labels if label in labels)
        for form in term.surface_forms:
            lowered = form.lower()
            if earned and lowered not in unused:
                yield " ".join(re.split(r"[\s/-]+", lowered)), Clue(earned, lowered in neutral)
