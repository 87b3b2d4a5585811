"""The people of a note, its dates, and what would identify somebody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from dualalign.reading.pattern import normalise

if TYPE_CHECKING:
    from dualalign.notes.llm.checks.case import Case
    from dualalign.notes.llm.checks.words import CheckWords

_YEAR = re.compile(r"\b\d{4}\b")
_UNCERTAIN = 2
"""Sentences after one about somebody else in which a pronoun may still point there."""


def informant(case: Case, words: CheckWords) -> Iterator[str]:
    """Find an informant who came along and is not spoken of."""
    person = case.plan.informant
    if person is None:
        return
    text = normalise(case.draft.text)
    known_by = (person.relation, person.relation.split()[-1], person.name)
    if not any(re.search(rf"\b{re.escape(name.lower())}", text) for name in known_by if name):
        yield f"the {person.relation} {person.name}".strip() + " came along and is not mentioned"


def informant_name(case: Case, words: CheckWords) -> Iterator[str]:
    """Find an informant who bears another name or relation than the patient's."""
    person = case.plan.informant
    of_name = {each.name: each.relation for each in case.persona.informants if each.name}
    found = {pair: None for each in case.draft.sentences for pair in each.reading.people}
    for relation, name in found:
        if of_name.get(name, relation) != relation:
            yield f"{name} is the patient's {of_name[name]}, not the {relation}"
        elif person is not None and person.relation == relation and person.name and name != person.name:
            yield f"the {relation} is called {person.name}, not {name}"


def age(case: Case, words: CheckWords) -> Iterator[str]:
    """Find another age than the patient's."""
    wrong = {each: None for s in case.draft.sentences for each in s.reading.ages if each != case.plan.age}
    for each in wrong:
        yield f"the patient is {case.plan.age} years old, not {each}"


def sex(case: Case, words: CheckWords) -> Iterator[str]:
    """Find words for a person of another sex, where nobody else can be meant."""
    if case.persona.sex not in words.sexes:
        return
    names = [each.name for each in case.persona.informants if each.name]
    since_others = _UNCERTAIN
    for sentence in case.draft.sentences:
        reading = sentence.reading
        others = reading.other_person or any(name in sentence.text for name in names)
        since_others = 0 if others else since_others + 1
        sexes = set() if others else {*reading.called}
        if since_others > _UNCERTAIN:
            sexes |= reading.sexes
        if sexes and case.persona.sex not in sexes:
            yield f'the patient is {case.persona.sex}: correct "{sentence.text[:80]}"'
            return


def date_foreign(case: Case, words: CheckWords) -> Iterator[str]:
    """Find dates that are neither this visit's nor an earlier one's, and years that cannot be."""
    found: dict[str, None] = {}
    for pattern in words.dates if _YEAR.search(case.draft.text) else ():
        for match in pattern.finditer(case.draft.text):
            day = _date(match["year"], words.month.get(match["month"].lower(), match["month"]), match["day"])
            if day is not None and day != case.plan.date and day not in case.chart.dates:
                found[match[0]] = None
    for text in found:
        yield f"{text} is no date of this chart: the visit is on {case.plan.date.isoformat()}, name no other day"
    years = {year: None for each in case.draft.sentences for year in each.reading.years}
    for year in years:
        if not case.persona.birth_date.year <= year <= case.plan.date.year:
            yield f"{year} cannot be: the visit is in {case.plan.date.year}"


def identifying(case: Case, words: CheckWords) -> Iterator[str]:
    """Find what would identify a person."""
    for what, pattern in words.identifying.items():
        match = pattern.search(case.draft.text)
        if match is not None:
            yield f'"{match[0].strip()}" reads as {what}: leave it out'


def _date(year: str, month: str | int, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
