"""What a pack knows that checks ask for, compiled once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from dualalign.notes.llm.checks.case import runs_of
from dualalign.reading.pattern import keys_of, normalise
from dualalign.reading.scope import ContextRules
from dualalign.reading.scores import ScoreReader

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack
    from dualalign.personas.persona import Persona
    from dualalign.trajectories.plan import NotePlan

_WORD = re.compile(r"[a-z0-9']+")
_NAME = re.compile(r"[a-z]+")
_FEWEST_WORDS = 5
"""Words of an instruction that is known again when a note holds it."""
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_NUMBER = r"\d{1,2}(?:\.5)?"
_MARRIAGES = {
    "divorced": r"divorced|divorcee",
    "widowed": r"widowed|widow|widower",
    "single": r"never (?:been )?married|lifelong bachelor",
    "married": r"(?:is|still|happily|remains) married|married (?:man|woman|for|since)|lives with (?:his wife|her husband)",
}
_HIGHER = re.compile(
    r"\b(?:college|university) (?:graduate|degree|educated)|bachelor'?s|master'?s degree|finished college|ph\.?d\b",
    re.IGNORECASE,
)
_LITTLE = re.compile(
    r"\b(?:left school (?:after|in|at)|(?:sixth|seventh|eighth|6th|7th|8th)[- ]grade education|never finished (?:high )?school|(?:is )?illiterate)\b",
    re.IGNORECASE,
)


class CheckWords:
    """Names, ranks and expressions of a pack.

    Args:
        pack: a loaded pack.
        calendar: whether the profile keeps to the calendar.
    """

    def __init__(self, pack: Pack, calendar: bool) -> None:
        prompts = pack.prompts
        self.rules = prompts.checks
        self.asserted: dict[str, str] = prompts.asserted
        self.instructions = [
            " ".join(words)
            for text in (*prompts.authors.values(), *prompts.variations)
            for sentence in text.split(". ")
            if len(words := _WORD.findall(sentence.lower())) >= _FEWEST_WORDS
        ]
        self.example_runs = {
            author: frozenset(runs_of(example.note)) for author, example in prompts.examples.items()
        }
        self.instruction_runs = frozenset(
            run
            for text in (
                *(
                    re.sub(r"\{[{%].*?[%}]\}", "\n", each, flags=re.DOTALL)
                    for each in (prompts.system, prompts.note)
                ),
                *prompts.authors.values(),
                *prompts.variations,
            )
            for run in runs_of(text)
        )
        self.calendar = calendar
        self.terms = pack.lexicon.terms()
        self.meant = {term.id: term.same_as or term.id for term in self.terms.values()}
        self.thread = {
            term: name
            for file in pack.symptoms
            for name, thread in file.threads.items()
            for term in thread.terms
        }
        self.fact_terms = {fact.id: tuple(fact.terms) for fact in pack.facts.facts}
        self.bodily = frozenset(self.rules.bodily)
        self.rank = {stage.id: rank for rank, stage in enumerate(pack.stages.stages)}
        self.sexes = frozenset(pack.record_words.sexes)
        self._medicines(pack)
        self._tests(pack)
        self._people(pack)
        self.of_kin = _either([rf"\b(?:{'|'.join(map(re.escape, pack.context.words.get('kin', ())))})\b"])
        self.remarks = _either(self.rules.remarks)
        self.thinking = _either(self.rules.thinking)
        self.preamble = _either(self.rules.preamble)
        self.echoes = _either(self.rules.echoes)
        self.unmade = _either(self.rules.unmade)
        self.suspected = _either(pack.coherence.suspected)
        self._context = ContextRules(pack.context, {**pack.context.words, **pack.patterns.words})
        self._grave = [(frozenset(each.terms), _either(each.forms)) for each in pack.coherence.grave]
        self._states = [
            (state.from_stage, _either(state.forms)) for state in pack.coherence.states if state.forms
        ]
        self.identifying = {what: re.compile(each) for what, each in self.rules.identifying.items()}
        self.placeholder = re.compile(self.rules.placeholder)
        self.month = {name.lower(): number for number, name in enumerate(self.rules.months, 1)}
        self.month |= {name[:3]: number for name, number in self.month.items()}
        self.month |= {"sept": 9} if "september" in self.month else {}
        long = "|".join(re.escape(name) for name in self.rules.months) or "(?!)"
        months = "|".join(sorted(map(re.escape, self.month), key=len, reverse=True)) or "(?!)"
        self.dates = (
            re.compile(r"\b(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})\b"),
            re.compile(r"\b(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})\b"),
            re.compile(rf"\b(?P<month>{long})\.? {_DAY},? (?P<year>\d{{4}})\b", re.I),
            re.compile(rf"\b{_DAY} (?P<month>{long}),? (?P<year>\d{{4}})\b", re.I),
        )
        self.days = (
            re.compile(rf"\b(?P<month>(?i:{months}))\.? {_DAY}\b(?!\d|[/.]\d| ?(?:mg|%|years?|mm|am|pm))"),
            re.compile(rf"\b{_DAY} (?:of )?(?P<month>(?i:{months}))\b(?! be\b)"),
        )

    # medicines -----------------------------------------------------------------------------------

    def _medicines(self, pack: Pack) -> None:
        self.drugs = {drug.id: drug for drug in pack.drugs.drugs}
        self.drug_named: dict[str, str] = {}
        for entry in pack.medicines.medicines:
            for name in filter(None, (entry.name, entry.brand)):
                self.drug_named[name.lower()] = entry.name.lower()
        for drug in pack.drugs.drugs:
            for name in drug.names:
                self.drug_named[name.lower()] = drug.names[0].lower()
        self.disease_drugs = frozenset(drug.names[0].lower() for drug in pack.drugs.drugs)
        names = sorted(self.drug_named, key=len, reverse=True)
        self._drugs_by_word: dict[str, list[str]] = {}
        for name in names:
            self._drugs_by_word.setdefault(_NAME.findall(name)[0], []).append(name)
        self.drug_words = frozenset(word for name in names for word in re.split(r"[\s/-]+", name))

    def drugs_in(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Yield the medicines that a text names: where, and the name that lists have."""
        lowered, free = text.lower(), 0
        for word in _NAME.finditer(lowered):
            if word.start() < free:
                continue
            for name in self._drugs_by_word.get(word[0], ()):
                free = word.start() + len(name)
                if lowered.startswith(name, word.start()) and not lowered[free : free + 1].isalpha():
                    yield word.start(), free, self.drug_named[name]
                    break
            else:
                free = 0

    def names_of_drug(self, drug: str) -> list[str]:
        """Return every name of a drug, in lower case."""
        meant = self.drug_named.get(drug.lower(), drug.lower())
        return [drug.lower(), *(name for name, each in self.drug_named.items() if each == meant)]

    # tests ---------------------------------------------------------------------------------------

    def _tests(self, pack: Pack) -> None:
        self.instruments = {test.id: test for test in pack.instruments.instruments}
        self.scores = ScoreReader(pack.instruments.instruments)
        self.tests = {name.lower(): test.id for test in pack.instruments.instruments for name in test.names}
        others = "|".join(sorted(self.rules.other_tests, key=len, reverse=True)) or "(?!)"
        self.other_tests = re.compile(
            rf"\b(?P<test>{others})\b[^.;\n]{{0,25}}?\b(?P<score>{_NUMBER})(?![ -]?(?:weeks?|wks?|months?|mos?|days?|years?|yrs?|visits?)\b)(?: ?/ ?\d{{1,3}}| (?:out )?of \d{{1,3}}|(?=[,.; )]|$))",
            re.IGNORECASE,
        )
        self.bare_scores = re.compile(
            rf"\b(?:scored|scoring|scores|score of|score was|total of|got) (?:an? |only |just )?(?P<score>{_NUMBER})"
            r"(?: ?/ ?(?:30|15|18|27|38|50|100)| (?:out )?of (?:30|15|18|27|38|50|100)| on (?:the |a )?(?:cognitive|memory|mental|mood|depression|screen|test|mini|mo))",
            re.IGNORECASE,
        )
        self.part_of_score = _either(self.rules.part_of_score)

    # diagnoses -----------------------------------------------------------------------------------

    def states(self, text: str) -> Iterator[tuple[str, str]]:
        """Yield the states of the disease that a text names, suspected ones too: words, and first stage."""
        for stage, pattern in self._states:
            for match in pattern.finditer(text):
                yield match[0], stage

    def is_named(self, name: str, named: str) -> bool:
        """Return whether the chart names a state already, in these words or others.

        Args:
            name: words of the note.
            named: what the chart names, in lower case.
        """
        return (
            any(pattern.search(name) and pattern.search(named) for _, pattern in self._states)
            or name.lower() in named
        )

    # symptoms ------------------------------------------------------------------------------------

    def grave(self, text: str, lead: str) -> Iterator[tuple[frozenset[str], str]]:
        """Yield what no note says in passing, affirmed of the patient: the terms of which one must be known, and words."""
        said = normalise(f"{lead} {text}" if lead else text)
        around = None
        for terms, pattern in self._grave:
            for match in pattern.finditer(said):
                around = around or self._context.read(said, keys_of(said))
                span = match.span()
                if not any(around.reaches(kind, *span) for kind in ("negated", "family", "hypothetical")):
                    yield terms, match[0]
                    break

    # people --------------------------------------------------------------------------------------

    def _people(self, pack: Pack) -> None:
        relations = {relation.relation for relation in pack.people.informants.relations}
        self.relations = frozenset({*relations, *pack.context.words.get("partner", ())})
        either = "|".join(sorted(map(re.escape, self.relations), key=len, reverse=True)) or "(?!)"
        self.not_names = frozenset(pack.record_words.not_names)
        self.named_after = re.compile(
            rf"\b((?i:{either})),? (?:named |called |Ms\.? |Mr\.? )?([A-Z][a-zé'-]{{2,}})\b(?=[,.;:) ]|$)"
        )
        self.named_before = re.compile(
            rf"\b([A-Z][a-zé'-]{{2,}}), (?:(?:his|her|the|their|a) )?((?i:{either}))\b"
        )
        names = {
            name for group in pack.names.groups for era in group.eras for name in (*era.female, *era.male)
        }
        self.plain_words = frozenset(each.lower() for each in self.rules.words_that_are_names)
        self.first_names = re.compile(
            rf"(?<![\w'])(?:{'|'.join(map(re.escape, sorted(names - set(self.rules.words_that_are_names)))) or '(?!)'})(?![\w-])"
        )
        jobs = {job for kind in pack.jobs.kinds.values() for job in (*kind.any, *kind.female, *kind.male)}
        self._jobs = re.compile(
            r"\b(?:retired|former|ex-|works? as an?|worked (?:\w+ ){0,4}as an?|career as an?|job as an?|was an?|\d\d ?[MF],?|year-old|yo|y/o)"
            r" (?:\w+ )?(?P<job>"
            + ("|".join(sorted(map(re.escape, jobs), key=len, reverse=True)) or "(?!)")
            + r")\b",
            re.IGNORECASE,
        )
        self._marriages = {
            status: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for status, words in _MARRIAGES.items()
        }

    def life(self, text: str, persona: Persona, plan: NotePlan) -> Iterator[str]:
        """Yield what a sentence says of marriage, work or schooling that is not so."""
        tokens: Iterable[str] = (
            plan.agenda.tokens if plan.agenda is not None else (persona.factors.get("marital", ""),)
        )
        now = next((each for each in _MARRIAGES if each in tokens), "")
        if now and "remarried" not in text:
            said = [status for status, words in self._marriages.items() if words.search(text)]
            if said and now not in said:
                yield f"the patient is {now}, not {said[0]}"
        job = self._jobs.search(text)
        if job and persona.work:
            named, work = job["job"].lower(), persona.work.lower()
            if named not in work and work not in named and work not in text.lower():
                yield f"the patient's work was {persona.work}, not {job['job']}"
        education = persona.factors.get("education", "")
        if (education in ("primary", "secondary") and _HIGHER.search(text)) or (
            education == "college" and _LITTLE.search(text)
        ):
            yield f"the patient's schooling is {education}"


def _either(patterns: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{each})" for each in patterns) or "(?!)", re.IGNORECASE | re.MULTILINE)
