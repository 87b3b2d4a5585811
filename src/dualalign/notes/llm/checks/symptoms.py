"""Symptoms: each one planned is said as planned, and nothing else is affirmed of the patient."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from dualalign.notes.llm.draft import short
from dualalign.notes.llm.mention_finder import Said
from dualalign.notes.llm.quotes import Placement, Unplaced, tells_of_kin, tells_of_past
from dualalign.trajectories.plan import Polarity

if TYPE_CHECKING:
    from dualalign.notes.llm.checks.case import Case
    from dualalign.notes.llm.checks.words import CheckWords

_PLANNED = frozenset({"plan", "medications", "allergies"})
"""Sections of orders and lists: what they name may be neither there nor absent."""


def mention_missing(case: Case, words: CheckWords) -> Iterator[str]:
    """Find planned mentions that the evidence does not show; without evidence, those of which nothing is said."""
    for number, (mention, placed) in enumerate(zip(case.plan.mentions, case.placements, strict=True)):
        if isinstance(placed, Placement) or (case.draft.evidence is None and case.places[number]):
            continue
        name = case.words[number] if case.words else words.terms[mention.term].name
        must = words.asserted.get(mention.polarity.value, mention.polarity.value)
        why = f" ({placed.reason})" if isinstance(placed, Unplaced) else ""
        yield f"item {number + 1} is not said, {name}: {must}{why}"


def quoted(name: str) -> Callable[[Case, CheckWords], Iterator[str]]:
    """Return a check that finds what keeps the words given for an item from saying it."""

    def find(case: Case, words: CheckWords) -> Iterator[str]:
        for number, placed in enumerate(case.placements):
            if isinstance(placed, Placement):
                for check, reason in placed.faults:
                    if check == name:
                        yield f"item {number + 1}: {reason}"
        if case.draft.evidence is None and name in _UNQUOTED:
            yield from _UNQUOTED[name](case, words)

    return find


def _other_way_round(case: Case, words: CheckWords) -> Iterator[str]:
    """Find terms planned one way that the lexicon's own wordings only say the other way, outside lists and orders."""
    planned: dict[str, set[Polarity]] = {}
    for mention in case.plan.mentions:
        planned.setdefault(words.meant[mention.term], set()).add(mention.polarity)
    for mention, places in zip(case.plan.mentions, case.places, strict=True):
        name = words.terms[mention.term].name
        sure = [(at, p) for at, p in places if p.exact]
        exact = {p.said for at, p in sure if case.draft.sentences[at].section not in _PLANNED}
        doubtful = any(
            not any(at == other and p.start < q.end and q.start < p.end for other, q in sure)
            for at, p in places
            if not p.exact
        )
        if doubtful or len(planned[words.meant[mention.term]]) > 1:
            continue
        if mention.polarity is Polarity.AFFIRMED and exact == {Said.ABSENT}:
            yield f"{name} is denied, but the patient has it: say that it is present"
        elif mention.polarity is Polarity.NEGATED and exact == {Said.PRESENT}:
            yield f"{name} is said to be present, but the patient does not have it: deny it"


def _past_now(case: Case, words: CheckWords) -> Iterator[str]:
    yield from _told_as(case, words, Polarity.HISTORICAL, tells_of_past, "told as present, but it is past")


def _relatives(case: Case, words: CheckWords) -> Iterator[str]:
    yield from _told_as(
        case, words, Polarity.FAMILY, tells_of_kin, "told of the patient, but it is a relative who has it"
    )


def _told_as(
    case: Case, words: CheckWords, polarity: Polarity, right: Callable[[str, str], bool], reason: str
) -> Iterator[str]:
    affirmed = {words.meant[m.term] for m in case.plan.mentions if m.polarity is Polarity.AFFIRMED}
    for mention, places in zip(case.plan.mentions, case.places, strict=True):
        if mention.polarity is not polarity or words.meant[mention.term] in affirmed:
            continue
        told = [case.draft.sentences[at] for at, place in places if place.said is not Said.ABSENT]
        sure = [place for _, place in places if place.said is Said.PRESENT]
        if sure and not any(right(f"{each.lead} {each.text}", each.section) for each in told):
            yield f"{words.terms[mention.term].name} is {reason}"


_UNQUOTED = {
    "mention_polarity": _other_way_round,
    "past_as_present": _past_now,
    "relative_as_patient": _relatives,
}


def symptom_denied(case: Case, words: CheckWords) -> Iterator[str]:
    """Find lasting symptoms denied that the chart holds already."""
    denied = dict.fromkeys(term for each in case.draft.sentences for term in each.reading.denied)
    if not denied:
        return
    known = {words.meant[term] for term in case.chart.affirmed if words.terms[term].course == "persistent"}
    known &= {words.meant[m.term] for m in case.plan.mentions if m.polarity is Polarity.AFFIRMED} | known
    planned = {words.meant[mention.term] for mention in case.plan.mentions}
    near = {words.thread.get(m.term) for m in case.plan.mentions}
    for term in denied:
        if words.meant[term] in known - planned and words.thread.get(term) not in near:
            yield f"{words.terms[term].name} is denied, but earlier notes say that the patient has it: leave it out"


def symptom_unplanned(case: Case, words: CheckWords) -> Iterator[str]:
    """Find symptoms affirmed of which neither the plan nor the chart knows anything like it."""
    plan, agenda = case.plan, case.plan.agenda
    known = {m.term for m in plan.mentions if m.polarity is not Polarity.NEGATED} | set(case.chart.affirmed)
    threads = {words.thread.get(term) for term in known}
    if agenda is not None:
        threads |= agenda.known | {item.id for item in agenda.items}
        threads |= {thread for each in agenda.conditions for thread in each.spec.threads}
    facts = {term for fact in plan.facts for term in words.fact_terms.get(fact, ())}
    threads |= {words.thread.get(term) for term in facts}
    quoted = {
        placed.sentence for placed in case.placements if isinstance(placed, Placement) and not placed.faults
    }
    met = {words.meant[term] for term in known}
    found: dict[str, str] = {}
    for number, sentence in enumerate(case.draft.sentences):
        if sentence.section in _PLANNED or number in quoted or sentence.is_heading:
            continue
        for term in sentence.reading.affirmed:
            if words.thread.get(term) in threads or term in known:
                continue
            if agenda is None and not set(words.terms[term].labels) - words.bodily:
                # Without an agenda nobody knows what the visit's complaint brings with it.
                continue
            found.setdefault(term, sentence.text)
        for terms, said in words.grave(sentence.text, sentence.lead):
            if not terms & (known | facts) and not any(words.meant.get(each) in met for each in terms):
                found.setdefault(min(terms, key=list(words.terms).index), said)
    for term, text in found.items():
        yield f'{words.terms[term].name} was not asked for and the chart does not hold it: leave out "{short(text)}"'
