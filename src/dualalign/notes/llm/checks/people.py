"""The people of a note, its dates, and what would identify somebody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from dualalign.notes.llm.draft import short
from dualalign.reading.pattern import normalise

if TYPE_CHECKING:
    from dualalign.notes.llm.checks.case import Case
    from dualalign.notes.llm.checks.words import CheckWords

_YEAR = re.compile(r"\b\d{4}\b")
_UNCERTAIN = 2
"""Sentences after one about somebody else in which a pronoun may still point there."""
_AGES = (
    re.compile(r"\b(\d{2,3}) ?(?:-|–)? ?(?:years?|yrs?|yr)\.?(?:-| )?(?:old|of age)\b", re.IGNORECASE),
    re.compile(r"\b(\d{2,3}) ?-?(?:y/o|yo|y\.o\.)(?![a-z])", re.IGNORECASE),
    re.compile(r"\b(\d{2,3}) ?(?:[MF])\b(?![\d/])"),
    re.compile(r"\b(?:aged|age is|age:) ?(\d{2,3})\b", re.IGNORECASE),
    re.compile(r"^\W*(?:\w[\w /]*:\s*)?(?:pt|patient) (?:is )?(\d{2,3})[,;]", re.IGNORECASE),
    re.compile(r"\b(?:he|she|patient|pt) is (?:now )?(\d{2,3})(?=[.,;]| (?:and|now))", re.IGNORECASE),
    re.compile(
        r"\b(?:man|woman|gentleman|lady|male|female),? (?:aged |age )?(\d{2,3})(?=[,.; ])", re.IGNORECASE
    ),
)
_DECADE = re.compile(
    r"\b(?:man|woman|gentleman|lady|male|female|patient|pt|he|she)\b[^.;]{0,30}?\bin (?:his|her|their) "
    r"(?:early |mid|late |mid-)*[- ]?(forties|fifties|sixties|seventies|eighties|nineties|[4-9]0s)\b",
    re.IGNORECASE,
)
_DECADES = {"forties": 40, "fifties": 50, "sixties": 60, "seventies": 70, "eighties": 80, "nineties": 90}
_LATER_OR_EARLIER = re.compile(
    r"\b(?:at|since|from|until|till|when|died|before|after|onset|ago|by|turned|retired|left|expected|norms?|average|matched|controls?)\b[^.;]{0,25}$",
    re.IGNORECASE,
)
_SEX_LETTER = re.compile(r"\b\d{2,3} ?(?:-?y/?o ?|-?yo ?|-year-old )?(M|F)\b(?![\d/])")
_CALLED = re.compile(
    r"\b(?:this|pleasant|elderly|older|old|right-handed|left-handed|married|widowed|divorced|single|retired) (?P<noun>man|woman|gentleman|lady|male|female)\b"
    r"(?! nurse| aide| staff| relative| friend)",
    re.IGNORECASE,
)
_FEMALE = frozenset({"woman", "lady", "female"})
_TITLES = re.compile(
    r"\b(?:Mr|Mrs|Ms|Miss|Dr|Doctor|Prof|Professor|Nurse|Sister|Rev|Fr)\b\.? (?!of|in|to|on|at|and|or|for|The\b)([A-Z][a-z]+(?:[ -][A-Z][a-z]+)?)"
)
_SIGNED = re.compile(
    r"(?:^|\n)[ \t]*(?:signed|electronically signed|dictated|seen|examined|written)\b[^\n]{0,20}\bby:? *([A-Z][a-z]+ [A-Z][a-z]+|[A-Z]\. ?[A-Z][a-z]+)"
)
_CREDENTIALS = re.compile(
    r"\b([A-Z][a-z]+(?: [A-Z]\.?)? [A-Z][a-z]+|[A-Z]\. [A-Z][a-z]+|[A-Z][a-z]{2,}),? (?:MD|M\.D\.|DO|RN|NP|PhD|PsyD|PA-C|LCSW)\b"
)
_DAY_ONLY = re.compile(
    r"(?:\b(?:on|since|from|dated|by|until|till|last seen|seen|visit of|results? of|due|returns?|f/u|appt|appointment)[ :]*|\()"
    r"(?P<month>1[0-2]|0?[1-9])/(?P<day>3[01]|[12]\d|0?[1-9])(?:/(?P<year>\d{2}(?:\d{2})?))?(?![\d/%])(?! ?(?:mm|strength|points?|recall|words|items))",
    re.IGNORECASE,
)
_SHORT_DATE = re.compile(
    r"(?<![\d/.])(?P<month>1[0-2]|0?[1-9])/(?P<day>3[01]|[12]\d|0?[1-9])/(?P<year>\d{2})(?![\d/])"
)


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
    """Find a relative or helper who bears another name or relation than the patient's."""
    person = case.plan.informant
    of_name = {each.name: each.relation for each in case.persona.informants if each.name}
    found = {pair: None for each in case.draft.sentences for pair in each.reading.people}
    for sentence in case.draft.sentences:
        for match in words.named_after.finditer(sentence.text):
            found[(match[1].lower(), match[2])] = None
        for match in words.named_before.finditer(sentence.text):
            found[(match[2].lower(), match[1])] = None
    told: set[str] = set()
    for relation, name in found:
        if name in told or name in words.not_names:
            continue
        if of_name.get(name, relation) != relation and relation in words.relations:
            told.add(name)
            yield f"{name} is the patient's {of_name[name]}, not the {relation}"
        elif (
            person is not None
            and person.relation == relation
            and person.name
            and name != person.name
            and name not in case.names
        ):
            told.add(name)
            yield f"the {relation} is called {person.name}, not {name}"


def name_foreign(case: Case, words: CheckWords) -> Iterator[str]:
    """Find names and titles of people whom the chart does not know."""
    known = {each.name for each in case.persona.informants} | set(case.names)
    text = case.draft.text
    found = [match[0] for pattern in (_TITLES, _CREDENTIALS) for match in pattern.finditer(text)]
    found += [match[1] for match in _SIGNED.finditer(text)]
    for sentence in case.draft.sentences:
        for match in words.first_names.finditer(sentence.text):
            at_start = not sentence.text[: match.start()].strip(" -*•\"'“")
            if match[0] not in known and not (at_start and match[0].lower() in words.plain_words):
                found.append(match[0])
    for name in dict.fromkeys(each.strip() for each in found):
        yield f'"{name}" is nobody of this chart: leave the name out'


def age(case: Case, words: CheckWords) -> Iterator[str]:
    """Find another age than the patient's, in whatever form."""
    wrong: dict[str, None] = {}
    for sentence in case.draft.sentences:
        reading, text = sentence.reading, sentence.text
        wrong |= {str(each): None for each in reading.ages if each != case.plan.age}
        if sentence.section == "family" or words.of_kin.search(text):
            continue
        for pattern in _AGES:
            for match in pattern.finditer(text):
                if int(match[1]) != case.plan.age and not _LATER_OR_EARLIER.search(text[: match.start()]):
                    wrong[match[1]] = None
        for match in _DECADE.finditer(text):
            decade = _DECADES.get(match[1].lower()) or int(match[1][:2])
            if not decade <= case.plan.age < decade + 10:
                wrong[f"in the {match[1]}"] = None
    for each in wrong:
        yield f"the patient is {case.plan.age} years old, not {each}"


def sex(case: Case, words: CheckWords) -> Iterator[str]:
    """Find words for a person of another sex, where nobody else can be meant."""
    if case.persona.sex not in words.sexes:
        return
    names = [each.name for each in case.persona.informants if each.name] + sorted(case.names)
    since_others = _UNCERTAIN
    for sentence in case.draft.sentences:
        reading = sentence.reading
        for match in _SEX_LETTER.finditer(sentence.text):
            if {"M": "male", "F": "female"}[match[1]] != case.persona.sex and not words.of_kin.search(
                sentence.text
            ):
                yield f'the patient is {case.persona.sex}: correct "{match[0]}"'
                return
        for match in _CALLED.finditer(sentence.text):
            called = "female" if match["noun"].lower() in _FEMALE else "male"
            if called != case.persona.sex and not words.of_kin.search(sentence.text):
                yield f'the patient is {case.persona.sex}: correct "{match[0]}"'
                return
        others = (
            reading.other_person
            or words.of_kin.search(sentence.text) is not None
            or any(name in sentence.text for name in names)
            or sentence.section == "family"
        )
        since_others = 0 if others else since_others + 1
        sexes = set() if others else {*reading.called}
        if since_others > _UNCERTAIN:
            sexes |= reading.sexes
        if sexes and case.persona.sex not in sexes:
            yield f'the patient is {case.persona.sex}: correct "{short(sentence.text)}"'
            return


def life(case: Case, words: CheckWords) -> Iterator[str]:
    """Find another marriage, job or schooling than the patient's."""
    for sentence in case.draft.sentences:
        text = sentence.text
        if sentence.section == "family" or words.of_kin.search(text):
            continue
        for reason in words.life(text, case.persona, case.plan):
            yield f'{reason}: correct "{short(text)}"'
            break


def date_foreign(case: Case, words: CheckWords) -> Iterator[str]:
    """Find dates that are neither this visit's nor the chart's, with a year or without, and years that cannot be."""
    known = {case.plan.date, *case.chart.dates}
    if case.plan.agenda is not None:
        agenda = case.plan.agenda
        known |= {day for _, day in agenda.last_scores.values()} | {result.day for result in agenda.results}
        known |= {event.day for event in agenda.events} | ({agenda.last_here} if agenda.last_here else set())
    text = case.draft.text
    known |= {
        day for match in re.finditer(r"\d{4}-\d\d-\d\d", case.prompt) if (day := _iso(match[0])) is not None
    }
    days = {(day.month, day.day) for day in known}
    found: dict[str, None] = {}
    for pattern in words.dates if _YEAR.search(text) else ():
        for match in pattern.finditer(text):
            day = _date(match["year"], words.month.get(match["month"].lower(), match["month"]), match["day"])
            if day is not None and day not in known:
                found[match[0]] = None
    for pattern in (_DAY_ONLY, _SHORT_DATE):
        for match in pattern.finditer(text):
            if (int(match["month"]), int(match["day"])) not in days:
                found[match[0].strip(" (")] = None
    for pattern in words.days:
        for match in pattern.finditer(text):
            month = words.month[match["month"].lower()]
            if (month, int(match["day"])) not in days and not any(match[0] in each for each in found):
                found[match[0]] = None
    for each in found:
        yield f"{each} is no date of this chart: the visit is on {case.plan.date.isoformat()}, name no other day"
    years = {year: None for each in case.draft.sentences for year in each.reading.years}
    for year in years:
        if not case.persona.birth_date.year - 60 <= year <= case.plan.date.year + 1:
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


def _iso(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
