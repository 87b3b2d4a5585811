"""What one sentence commits a note to, read from its words alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from dualalign.reading.pattern import Match, PatternSet, keys_of, normalise, unfold
from dualalign.reading.scope import ContextRules, Surroundings
from dualalign.reading.scores import FoundScore, ScoreReader
from dualalign.reading.vocabulary import Entry, vocabulary

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack

_CACHED = 1 << 16
"""Sentences kept as read: notes repeat many."""

_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"[a-z']+")
_YEAR = r"((?:19|20)\d\d)\b(?!\s*(?:m[lg]|cc|units|wbc|mcg|calories?|hours?)\b|[/.,-]?\d)"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a sentence says that something else can contradict; all about the patient.

    Args:
        affirmed: terms affirmed in words of the lexicon.
        denied: terms denied as a whole, for good and not for the moment.
        normal: terms whose function an examination finds normal.
        new: terms told as new in words of the lexicon.
        says_new: whether the sentence tells of something new at all.
        scores: (instrument id, value) of this day.
        drugs: (drug id, whether it is given).
        dated_names: (name, first year it can stand in a note).
        ages: ages given as the patient's.
        sexes: sexes of which the sentence has pronouns.
        called: sexes as whose person it speaks of the patient.
        other_person: whether somebody else is spoken of, to whom a pronoun may point.
        people: (relation, name) of people named with their relation.
        relations: relations spoken of as the patient's.
        diagnoses: names of the diagnosis, affirmed.
        states: (name, first stage) of states of the disease, affirmed.
        years: calendar years of something that happened.
        facts: (fact id, value).
    """

    affirmed: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    normal: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    says_new: bool = False
    scores: tuple[tuple[str, float], ...] = ()
    drugs: tuple[tuple[str, bool], ...] = ()
    dated_names: tuple[tuple[str, int], ...] = ()
    ages: tuple[int, ...] = ()
    sexes: frozenset[str] = frozenset()
    called: tuple[str, ...] = ()
    other_person: bool = False
    people: tuple[tuple[str, str], ...] = ()
    relations: tuple[str, ...] = ()
    diagnoses: tuple[str, ...] = ()
    states: tuple[tuple[str, str], ...] = ()
    years: tuple[int, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()


NOTHING = Reading()


Found = dict[str, list[Match[Entry]]]


class SentenceReader:
    """Reads sentences with a pack's vocabulary; the same sentence is read once.

    Args:
        pack: a loaded pack.

    Raises:
        PackError: a pattern that cannot be read.
    """

    def __init__(self, pack: Pack) -> None:
        words = {**pack.context.words, **pack.patterns.words}
        record = pack.record_words
        self._record = record
        self._all = PatternSet(list(vocabulary(pack)), words)
        self._context = ContextRules(pack.context, words)
        self._exclusions = PatternSet(
            [(pattern, label) for label, group in pack.patterns.exclusions.items() for pattern in group],
            words,
        )
        self._new = PatternSet(
            [(cue.say, cue.reach) for cue in record.new_onset.before]
            + [(cue.say, -1 - cue.reach) for cue in record.new_onset.after],
            words,
        )
        self._not_new = _unmeaning(record.new_onset.pseudo, words)
        self._for_now = _unmeaning(record.for_now, words)
        self._unaffirmed = _unmeaning(record.unaffirmed, words)
        self._of_others = _unmeaning(record.of_others, words)
        self._not_of_others = _unmeaning(record.not_of_others, words)
        before, after = (
            "|".join(map(re.escape, each)) or "(?!)" for each in (record.whole_before, record.whole_after)
        )
        self._whole_before = re.compile(rf"(?:^|[,:;(]|(?<![\w'])(?:{before}))\s*$")
        self._whole_after = re.compile(rf"\s*(?:$|[.,;:)]|(?:{after})\b)")
        self._earlier = _unmeaning(record.earlier_score, words)
        self._earlier_values = _unmeaning(pack.chart_words.earlier, words)
        self._not_pronouns = _unmeaning(record.not_pronouns, words)
        self._given = _unmeaning(record.given, words)
        self._not_given = _unmeaning(record.not_given, words)
        self._scores = ScoreReader(pack.instruments.instruments)
        self._year = re.compile(rf"\b(?:{'|'.join(map(re.escape, record.year_cues)) or '(?!)'})\s+{_YEAR}")
        self._sex_words = {word: sex for sex, group in record.sexes.items() for word in group.pronouns}
        self._sex_keys = frozenset(word[:4] for word in self._sex_words)
        people = {*words.get("kin", ()), *words.get("partner", ()), *words.get("other", ())}
        relations = {relation.relation for relation in pack.people.informants.relations}
        others = {each.lower() for each in (*people, *relations, *record.other_people)}
        self._others = frozenset(each for each in others if " " not in each)
        self._others_at_length = tuple(sorted(others - self._others))
        self._relations = sorted({*relations, *words.get("partner", ())}, key=len, reverse=True)
        either = "|".join(re.escape(each) for each in self._relations) or "(?!)"
        not_name = "|".join(map(re.escape, record.not_names)) or "(?!)"
        name = rf"(?!(?:{not_name})\b)([A-Z][a-zé'-]+)"
        self._named = (
            re.compile(rf"\b((?i:{either}))\s+\(?{name}\b\)?"),
            re.compile(rf"\b{name}\s+\(({either})\)"),
        )
        # A symptom may stand where a name does: "Aphasia (wife)".
        self._term_words = frozenset(
            word
            for term in pack.lexicon.terms().values()
            for form in (term.name, *term.surface_forms)
            for word in _WORD.findall(form.lower())
        )
        self._own = re.compile(rf"\b(?:his|her|their|the patient's)\s+({either})\b(?! and\b)")
        self._labels = {term.id: tuple(term.labels) for term in pack.lexicon.terms().values()}
        self.read = lru_cache(maxsize=_CACHED)(self._read)

    def _read(self, sentence: str) -> Reading:
        text = normalise(unfold(sentence))
        keys = keys_of(text)
        found: Found = {}
        for match in self._all.find(text, keys):
            found.setdefault(match.meaning.kind, []).append(match)
        years = (
            tuple(int(match[1]) for match in self._year.finditer(text))
            if "19" in text or "20" in text
            else ()
        )
        words = frozenset(_WORD.findall(text)) if keys & self._sex_keys else frozenset()
        if words & self._sex_words.keys() and _says(self._not_pronouns, text, keys):
            words = frozenset()
        sexes = frozenset(self._sex_words[word] for word in words & self._sex_words.keys())
        cues = list(self._new.find(text, keys))
        if cues:
            hidden = list(self._not_new.find(text, keys))
            cues = [c for c in cues if not any(h.start < c.end and c.start < h.end for h in hidden)]
        others = bool(self._others & frozenset(_WORD.findall(text))) or any(
            each in text for each in self._others_at_length
        )
        people, relations = self._people(sentence, text) if others else ((), ())
        without = self._without_earlier(text, keys)
        scores = self._scores.read(without)
        if scores and without == text and _says(self._earlier, text, keys):
            scores = []
        if not (found or years or sexes or others or scores or cues):
            return NOTHING
        surroundings = self._context.read(text, keys) if scores or found.keys() & _SCOPED else None
        supposed = surroundings is not None and _says(self._unaffirmed, text, keys)
        if surroundings is not None and self._is_of_others(text, keys):
            found = {kind: matches for kind, matches in found.items() if kind not in _SCOPED}
        affirmed, denied, normal, new = self._terms(text, keys, found, surroundings, supposed, cues)
        if supposed:
            found = {kind: matches for kind, matches in found.items() if kind not in _NAMES}
        return Reading(
            affirmed=affirmed,
            denied=denied,
            normal=normal,
            new=new,
            says_new=bool(cues),
            scores=_of_today(scores, surroundings),
            drugs=self._drugs(text, keys, found),
            dated_names=tuple({(m.meaning.name, m.meaning.year): None for m in found.get("dated", ())}),
            ages=_ages(text, found),
            sexes=sexes,
            called=tuple({match.meaning.name: None for match in found.get("sex", ())}),
            other_person=others,
            people=people,
            relations=relations,
            diagnoses=tuple({m.meaning.name: None for m in _affirmed(found, "diagnosis", surroundings)}),
            states=tuple(
                {(m.meaning.name, m.meaning.value): None for m in _affirmed(found, "state", surroundings)}
            ),
            years=years,
            facts=tuple(
                {
                    (m.meaning.name, m.meaning.value): None
                    for m in _affirmed(found, "fact", surroundings, _FAMILY)
                }
            ),
        )

    def _without_earlier(self, text: str, keys: frozenset[str]) -> str:
        """Return the text with spaces where it tells a value of an earlier month."""
        for match in self._earlier_values.find(text, keys):
            text = text[: match.start] + " " * (match.end - match.start) + text[match.end :]
        return text

    def _terms(
        self,
        text: str,
        keys: frozenset[str],
        found: Found,
        surroundings: Surroundings | None,
        supposed: bool,
        cues: list[Match[int]],
    ) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        affirmed: dict[str, None] = {}
        denied: dict[str, None] = {}
        normal: dict[str, None] = {}
        new: dict[str, None] = {}
        if surroundings is None:
            return (), (), (), ()
        for_now = _says(self._for_now, text, keys)
        hidden = list(self._exclusions.find(text, keys)) if "term" in found else []
        terms = found.get("term", [])
        for match in terms:
            term = match.meaning.name
            if any(_covers(other, match) for other in terms):
                continue
            covering = {each.meaning for each in hidden if each.start < match.end and match.start < each.end}
            if covering and ("any" in covering or covering & set(self._labels[term])):
                continue
            if surroundings.reaches("family", match.start, match.end):
                continue
            if surroundings.reaches("hypothetical", match.start, match.end):
                continue
            if surroundings.reaches("negated", match.start, match.end):
                # A heading is no denial: "Depression: no suicidal thoughts".
                heading = text[match.end : match.end + 1] == ":"
                if not for_now and not heading and self._is_whole(text, match):
                    denied[term] = None
                continue
            if supposed:
                continue
            affirmed[term] = None
            if any(_near(text, cue, match) for cue in cues):
                new[term] = None
        for match in found.get("claim", ()):
            if not for_now and not _spoken_away(match, surroundings):
                claimed = normal if match.meaning.value == "finding" else denied
                claimed.update(dict.fromkeys(match.meaning.terms))
        return tuple(affirmed), tuple(denied), tuple(normal), tuple(new)

    def _is_of_others(self, text: str, keys: frozenset[str]) -> bool:
        """Return whether the sentence tells of another person's illness."""
        found = list(self._of_others.find(text, keys))
        hidden = list(self._not_of_others.find(text, keys)) if found else []
        return any(not any(h.start < each.end and each.start < h.end for h in hidden) for each in found)

    def _is_whole(self, text: str, match: Match[Entry]) -> bool:
        """Return whether nothing narrows what is denied ("no hearing loss", not "no sudden hearing loss")."""
        return bool(
            self._whole_before.search(text[: match.start]) and self._whole_after.match(text, match.end)
        )

    def _drugs(self, text: str, keys: frozenset[str], found: Found) -> tuple[tuple[str, bool], ...]:
        matches = found.get("drug", ())
        if not matches:
            return ()
        given = _says(self._given, text, keys) and not _says(self._not_given, text, keys)
        return tuple(dict.fromkeys((match.meaning.name, given) for match in matches))

    def _people(self, sentence: str, text: str) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
        people = [(match[1].lower(), match[2]) for match in self._named[0].finditer(sentence)]
        people += [
            (match[2].lower(), match[1])
            for match in self._named[1].finditer(sentence)
            if not self._term_words.intersection(_WORD.findall(match[1].lower()))
        ]
        return tuple(dict.fromkeys(people)), tuple(dict.fromkeys(self._own.findall(text)))


_NAMES = frozenset({"diagnosis", "state"})
_SCOPED = frozenset({"term", "claim", "diagnosis", "state", "fact"})


def _unmeaning(patterns: Sequence[str], words: dict[str, list[str]]) -> PatternSet[None]:
    return PatternSet([(pattern, None) for pattern in patterns], words)


def _says(patterns: PatternSet[None], text: str, keys: frozenset[str]) -> bool:
    return any(True for _ in patterns.find(text, keys))


def _ages(text: str, found: Found) -> tuple[int, ...]:
    numbers = (_NUMBER.search(text, match.start, match.end) for match in found.get("age", ()))
    return tuple(int(number[0]) for number in numbers if number)


def _of_today(
    scores: Sequence[FoundScore], surroundings: Surroundings | None
) -> tuple[tuple[str, float], ...]:
    return tuple(
        {
            (score.instrument.id, score.value): None
            for score in scores
            if not score.earlier
            and not (surroundings and surroundings.reaches("family", score.start, score.end))
        }
    )


_FAMILY = ("family",)
"""What speaks a fact of the body away: a prostate denied is a prostate."""


def _affirmed(
    found: Found,
    kind: str,
    surroundings: Surroundings | None,
    by: tuple[str, ...] = ("negated", "family", "hypothetical"),
) -> Iterator[Match[Entry]]:
    for match in found.get(kind, ()):
        if surroundings is not None and not _spoken_away(match, surroundings, by):
            yield match


def _spoken_away(
    match: Match[Entry],
    surroundings: Surroundings,
    by: tuple[str, ...] = ("negated", "family", "hypothetical"),
) -> bool:
    return any(surroundings.reaches(kind, match.start, match.end) for kind in by)


def _covers(longer: Match[Entry], match: Match[Entry]) -> bool:
    """Return whether longer words of another term hold these ("trouble finding words", not "trouble finding")."""
    return (
        longer.meaning.name != match.meaning.name
        and longer.start <= match.start
        and match.end <= longer.end
        and longer.end - longer.start > match.end - match.start
    )


def _near(text: str, cue: Match[int], match: Match[Entry]) -> bool:
    if cue.meaning >= 0:
        between, reach = text[cue.end : match.start], cue.meaning
        in_order = cue.end <= match.start
    else:
        between, reach = text[match.end : cue.start], -1 - cue.meaning
        in_order = match.end <= cue.start
    return in_order and len(_WORD.findall(between)) <= reach and ";" not in between
