"""The rules annotator: the pack's lexicon and patterns, read in their context."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dualalign.errors import LabelError
from dualalign.labels.annotation import Annotation
from dualalign.labels.informants import InformantRules
from dualalign.reading.passages import HEADING, Passages
from dualalign.reading.pattern import Match, PatternSet, keys_of, normalise, unfold
from dualalign.reading.scope import ContextRules, Surroundings
from dualalign.reading.scores import ScoreReader
from dualalign.reading.splitter import LONGEST, in_pieces

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack
    from dualalign.packs.schema.lexicon import Lexicon
    from dualalign.packs.schema.patterns import Patterns

_ANY = "any"
_PATIENT = re.compile(r"[,;.] *(?:and |but )?(?:the )?(?:patient|pt|self)\b")


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
            self.order = [label.id for label in pack.labels.scheme(scheme).labels]
        except KeyError:
            known = ", ".join(each.id for each in pack.labels.schemes)
            raise LabelError(
                f"pack '{pack.id}' has no label scheme '{scheme or pack.labels.default}'",
                f"use one of {known}",
            ) from None
        named = set(rules.findings) | set(rules.functions) | set(rules.exclusions)
        strange = sorted(named - {*self.order, _ANY})
        if strange:
            raise LabelError(
                f"patterns.yaml of pack '{pack.id}' has patterns for '{strange[0]}', which scheme '{scheme}' lacks",
                f"use scheme '{pack.labels.default}'",
            )
        words = {**pack.context.words, **rules.words}
        self._clues = PatternSet(_clues(rules, pack.lexicon, set(self.order)), words)
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
        self._spoken_away = _SPOKEN_AWAY if rules.purpose_counts else (*_SPOKEN_AWAY, "purpose")
        self._passages = Passages(pack.context.sections, self._speaks_away)
        self._reliability = rules.reliability

    def annotate(self, sentences: Sequence[str], context: str = "") -> list[Annotation]:
        """Return one annotation per sentence.

        Args:
            sentences: in order.
            context: the note they stand in; what stands under a heading or a lead-in is read as its part.
        """
        if not context:
            return [self._annotate(sentence) for sentence in sentences]
        leads = self._passages.leads(context, sentences)
        return [self._annotate(*each) for each in zip(sentences, leads, strict=True)]

    def _annotate(self, sentence: str, lead: str = "") -> Annotation:
        said: dict[str, str] = {}
        for piece in in_pieces(sentence) if len(sentence) > LONGEST else (sentence,):
            for label, words in self._read(piece, lead):
                said.setdefault(label, words)
        labels = tuple(label for label in self.order if label in said)
        return Annotation(
            labels, self._confidence(labels), self.source, "; ".join(said[label] for label in labels)
        )

    def _read(self, sentence: str, lead: str) -> Iterator[tuple[str, str]]:
        """Yield the labels of a sentence with the words that earn them, read after what it stands under."""
        begin = len(lead) + 2 if lead else 0
        text = normalise(unfold(f"{lead}: {sentence}" if lead else sentence))
        keys = keys_of(text)
        clues = [clue for clue in self._clues.find(text, keys) if clue.start >= begin]
        scores = [
            score
            for score in self._scores.read(text)
            if score.instrument.is_impaired(score.value) and score.start >= begin
        ]
        own = self._own(text)
        said: dict[str, str] = {}
        if (clues or scores) and own < len(text):
            surroundings = self._context.read(text, keys)
            said.update(self._said(text, keys, [clue for clue in clues if clue.start >= own], surroundings))
            for score in scores:
                if score.start >= own and not surroundings.reaches("family", score.start, score.end):
                    for label in score.instrument.labels:
                        said.setdefault(label, text[score.start : score.end])
        if self._informant_label and not own and not lead:
            report = self._informants.report(text, keys, bool(said))
            if report:
                said[self._informant_label] = report
        yield from said.items()

    def _confidence(self, labels: tuple[str, ...]) -> float:
        return min((self._reliability.get(label, 1.0) for label in labels or ("none",)), default=1.0)

    def _own(self, text: str) -> int:
        """Return where a sentence begins to speak of the patient: its end under a heading of others."""
        heading = HEADING.match(text)
        if heading is None or heading[1].strip() not in self._sections:
            return 0
        patient = _PATIENT.search(text, heading.end())
        return patient.end() if patient else len(text)

    def _speaks_away(self, lead: str) -> bool:
        """Return whether a lead-in denies or supposes what follows it, or gives it to another person."""
        text = normalise(f"{lead}: such")
        surroundings = self._context.read(text, keys_of(text))
        return _denied(surroundings, len(text) - 4, len(text), _SPOKEN_AWAY)

    def _said(
        self, text: str, keys: frozenset[str], clues: Iterable[Match[Clue]], surroundings: Surroundings
    ) -> Iterator[tuple[str, str]]:
        hidden = list(self._exclusions.find(text, keys))
        for clue in clues:
            reads = _impaired if clue.meaning.is_function else _affirmed
            if not reads(clue, surroundings, self._spoken_away):
                continue
            covering = {each.meaning for each in hidden if each.start < clue.end and clue.start < each.end}
            if _ANY in covering:
                continue
            for label in clue.meaning.labels:
                if label not in covering:
                    yield label, text[clue.start : clue.end]


_SPOKEN_AWAY = ("negated", "family", "hypothetical")
_SUPPOSED = ("hypothetical", "purpose")


def _affirmed(clue: Match[Clue], surroundings: Surroundings, kinds: Sequence[str]) -> bool:
    return not _denied(surroundings, clue.start, clue.end, kinds)


def _denied(surroundings: Surroundings, start: int, end: int, kinds: Sequence[str]) -> bool:
    """Return whether what stands in the span is denied, another person's or merely supposed."""
    for kind in kinds:
        if surroundings.reaches(kind, start, end) and not (
            kind in _SUPPOSED and surroundings.reaches("presupposed", start, end)
        ):
            return True
    return False


def _impaired(clue: Match[Clue], surroundings: Surroundings, kinds: Sequence[str]) -> bool:
    """Return whether a word says that the function works badly, none nearer says well, and nothing denies it."""
    good = surroundings.reaching("preserved", clue.start, clue.end)
    for distance, cue in surroundings.reaching("impaired", clue.start, clue.end):
        # "Memory is stable and gait worse": of two that begin alike, the one that ends first is the nearer.
        if good and (good[0][0], good[0][1].end) < (distance, cue.end):
            return False
        whole = (min(clue.start, cue.start), max(clue.end, cue.end))
        spans = (whole, (cue.start, cue.end), (clue.start, clue.end))
        if not any(_denied(surroundings, *span, kinds) for span in spans):
            return True
    return False


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
