"""Symptoms: each one planned is said as planned, and no other contradicts the chart or the stage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dualalign.notes.llm.mention_finder import Place, Said
from dualalign.trajectories.plan import Mention, Polarity

if TYPE_CHECKING:
    from dualalign.notes.llm.checks.case import Case
    from dualalign.notes.llm.checks.words import CheckWords

_PLAN = "plan"
"""Section that tells what is to be done; what it names may be neither there nor absent."""


def mention_missing(case: Case, words: CheckWords) -> Iterator[str]:
    """Find planned mentions of which nothing is said."""
    for number, (mention, places) in enumerate(zip(case.plan.mentions, case.places, strict=True)):
        if not places:
            name = words.terms[mention.term].name
            wording = words.wording(mention.term, case.plan.visit + number, case.persona.sex)
            must = words.asserted.get(mention.polarity.value, mention.polarity.value)
            yield f'nothing is said of {name} (for example "{wording}"): {must}'


def mention_polarity(case: Case, words: CheckWords) -> Iterator[str]:
    """Find planned mentions that are said the other way round."""
    planned: dict[str, set[Polarity]] = {}
    for mention in case.plan.mentions:
        planned.setdefault(words.meant[mention.term], set()).add(mention.polarity)
    affirmed = [
        (number, place)
        for mention, places in zip(case.plan.mentions, case.places, strict=True)
        if mention.polarity is Polarity.AFFIRMED
        for number, place in places
    ]
    for mention, places in zip(case.plan.mentions, case.places, strict=True):
        if not places or len(planned[words.meant[mention.term]]) > 1:
            continue
        name = words.terms[mention.term].name
        said = {place.said for _, place in places}
        if mention.polarity is Polarity.AFFIRMED:
            if said <= {Said.ABSENT}:
                yield f"{name} is denied, but the patient has it: say that it is present"
            elif said <= {Said.ABSENT, Said.OTHERS}:
                yield f"{name} is told of somebody else, but the patient has it"
        elif mention.polarity is Polarity.NEGATED:
            yield from _denied(case, mention, name, places, affirmed)
        elif mention.polarity is Polarity.FAMILY and Said.OTHERS not in said and Said.PRESENT in said:
            yield f"{name} is told of the patient, but it is a relative who has it"


def _denied(
    case: Case,
    mention: Mention,
    name: str,
    places: tuple[tuple[int, Place], ...],
    affirmed: list[tuple[int, Place]],
) -> Iterator[str]:
    said = {place.said for _, place in places}
    if Said.ABSENT not in said:
        if Said.PRESENT in said:
            yield f"{name} is said to be present, but the patient does not have it: deny it"
        return
    for number, place in places:
        sentence = case.draft.sentences[number]
        if place.said is not Said.PRESENT or not place.exact or sentence.section == _PLAN:
            continue
        if not any(at == number and p.start < place.end and place.start < p.end for at, p in affirmed):
            yield f'{name} is denied and yet said to be present: correct "{_short(sentence.text)}"'
            return


def symptom_denied(case: Case, words: CheckWords) -> Iterator[str]:
    """Find lasting symptoms denied that the chart holds already."""
    denied = _terms(case, "denied")
    if not denied:
        return
    known = {words.meant[term] for term in case.chart.affirmed if words.terms[term].course == "persistent"}
    planned = {words.meant[mention.term] for mention in case.plan.mentions}
    for term in denied:
        if words.meant[term] in known - planned:
            yield f"{words.terms[term].name} is denied, but earlier notes say that the patient has it: leave it out"


def symptom_early(case: Case, words: CheckWords) -> Iterator[str]:
    """Find symptoms affirmed that nobody planned and that come only with a later stage."""
    now = words.rank[case.plan.stage]
    early = [t for t in _terms(case, "affirmed") if words.rank[words.terms[t].earliest] > now]
    if not early:
        return
    known = {words.meant[term] for term in (*case.chart.affirmed, *(m.term for m in case.plan.mentions))}
    for term in early:
        if words.meant[term] not in known:
            yield f"{words.terms[term].name} does not belong to this stage and was not asked for: leave it out"


def _terms(case: Case, kind: str) -> list[str]:
    return list(dict.fromkeys(term for each in case.draft.sentences for term in getattr(each.reading, kind)))


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:77]}..."
