"""What fills the slots of a phrase: the patient's pronouns, words, informants and the mention at hand."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from dualalign.errors import WriterError
from dualalign.notes.agreement import is_plural, without_determiner
from dualalign.notes.frame_book import COMPANIONS
from dualalign.notes.inflection import FORMS
from dualalign.notes.phrase_book import CompiledPhrase, Pool
from dualalign.notes.phrase_language import expand
from dualalign.personas.persona import Informant, Persona

if TYPE_CHECKING:
    from dualalign.notes.writing_tables import Durations, WritingTables
    from dualalign.trajectories.plan import Mention, NotePlan, Score

OPEN, CLOSE = "\x01", "\x02"
"""Marks around what a mention says, removed once its span is known."""

_AGREE_PLURAL = {"be": ("are", "were"), "have": ("have", "had")}
_LEFT_HANDED = 0.1  # Papadatou-Pastou 2020, Psychological Bulletin 146:481: 10.6 % of people
_PRONOUNS = {
    "female": ("she", "her", "her", "herself", "woman"),
    "male": ("he", "his", "him", "himself", "man"),
    "nonbinary": ("the patient", "their", "them", "themself", "person"),
}

_SETTLED = frozenset({"he", "He", "his", "His", "him", "himself", "gender", "pt", "Pt", "their"})
_COMPANION_KINDS = tuple((name, name + "s") for name in COMPANIONS)


class PatientVoice(dict[str, Any]):
    """Slot values of one patient; `begin_visit` and `speak_of` move it along.

    Phrases of one pool are used in turn from a random start, so that a patient's notes do not repeat a phrase
    before the pool is spent.
    """

    def __init__(self, persona: Persona, tables: WritingTables, rng: random.Random) -> None:
        super().__init__()
        self.tables = tables
        self.tags = persona.tags
        self.trees = tables.trees.setdefault(persona.sex, {})
        self.draw: Callable[[], float] = rng.random
        self._turn: dict[int, int] = {}
        self._fixed = tables.book.fixed
        self._backgrounds: dict[tuple[str, str, frozenset[str], str], Pool] = {}
        self._mentions: tuple[Mention, ...] = ()
        self._pools: dict[tuple[str, str], Pool] = {}
        self._companions: dict[str, frozenset[str]] = {}
        self._pools_by_visit: dict[
            tuple[str, str], tuple[dict[tuple[str, str], Pool], dict[str, frozenset[str]]]
        ] = {}
        self._stage = self._note_type = ""
        self._clipped = False
        self._chosen: CompiledPhrase | None = None
        self._noun_said = ""
        self._nouns_said = 1
        self._problems: list[Sequence[str]] = []
        self.told: set[str] = set()
        self.labels_said: list[tuple[str, ...] | None] = []
        self.extra_labels: tuple[str, ...] = ()
        self._number = 0
        subject, possessive, object_, reflexive, gender = _PRONOUNS[persona.sex]
        self.update(
            he=subject,
            He=subject.capitalize(),
            his=possessive,
            His=possessive.capitalize(),
            him=object_,
            himself=reflexive,
            gender=gender,
            pt=("the patient", "the patient", "pt", subject),
            Pt=("The patient", "The patient", "Pt", "Patient", subject.capitalize()),
            their="their",
            work=persona.work or tables.work_default,
            marital=persona.factors.get("marital", persona.factors.get("marital_status", "")),
        )
        self["event"] = self._event
        self["noun"] = self._noun
        self["Noun"] = self._noun_capital
        self["nouns"] = self._nouns
        self["finding"] = self._finding
        self["intact"] = self._intact
        self["since"] = self._since
        self["Since"] = self._since_opening
        self["now"] = self._now
        self["then"] = self._then
        self["often"] = self._often
        self["baseline"] = self._baseline
        self["consequence"] = self._consequence
        self["setting"] = self._setting
        self["kin"] = tables.kin
        self["Kin"] = self._kin_capital
        self["number"] = self._next_number
        self["problem"] = self._problem
        self["problem_filler"] = tables.problem_filler
        self["handed"] = "left" if self.draw() < _LEFT_HANDED else "right"
        self._base_pressure = (112 + int(self.draw() * 34), 64 + int(self.draw() * 20))
        self._base_weight = 118 + int(self.draw() * 80)

    def __missing__(self, name: str) -> Any:
        words = self.tables.book.word_list(name, self.tags)
        if words is None:
            raise WriterError(
                f"a phrase asks for '{{{name}}}', which is neither a slot nor a word list of the pack",
                "add the list under `lists:` in a phrases file, or correct the name",
            )
        self[name] = words
        return words

    def settled(self, name: str) -> Any:
        """Return what fills a slot for every patient of this sex at every visit; None if it depends on more."""
        return self.get(name) if name in _SETTLED else self.tables.book.common_list(name)

    def begin_visit(self, plan: NotePlan) -> None:
        """Set what one visit fixes: age, informant, vitals and the illnesses at hand."""
        self._stage, self._note_type = plan.stage, plan.note_type
        self._pools, self._companions = self._pools_by_visit.setdefault(
            (plan.stage, plan.note_type), ({}, {})
        )
        self._clipped = plan.style.author != "narrative"
        self._number = 0
        self["age"] = str(plan.age)
        draw = self.draw
        systolic, diastolic = self._base_pressure
        self["systolic"] = str(systolic + int(draw() * 18) - 9)
        self["diastolic"] = str(diastolic + int(draw() * 12) - 6)
        self["bp"] = f"{self['systolic']}/{self['diastolic']}"
        self["pulse"] = str(58 + int(draw() * 30))
        self["respirations"] = str(14 + int(draw() * 6))
        self["temperature"] = f"{97.2 + draw() * 1.5:.1f}"
        self["weight"] = str(self._base_weight + int(draw() * 8) - 4)
        self["oxygen"] = str(94 + int(draw() * 6))
        self._problems = [names for p in plan.problems if (names := self.tables.problem_names.get(p))]
        first = int(draw() * len(self._problems))
        self._problems = self._problems[first:] + self._problems[:first]
        self.name_informant(plan.informant)

    def name_score(self, score: Score) -> None:
        """Make this test result what the next sentence is about."""
        self["test"] = score.name
        self["value"], self["maximum"] = f"{score.value:g}", f"{score.maximum:g}"
        self["reading"] = score.reading
        self["lost"] = self.tables.book.word_list(f"lost_{score.instrument}", self.tags) or ""

    def name_informant(self, informant: Informant | None) -> None:
        """Fix who speaks for the patient at this visit."""
        if informant is None:
            for slot in ("informant", "Informant", "rel", "Rel"):
                self.pop(slot, None)
            return
        self["relation"], self["name"] = informant.relation, informant.name
        phrases = self.tables.informant if informant.name else self.tables.informant_unnamed
        self["informant"] = self["Informant"] = phrases
        self["rel"] = self["Rel"] = informant.relation

    def speak_of(self, mentions: tuple[Mention, ...]) -> None:
        """Make these mentions what the next sentence is about."""
        self._mentions = mentions
        self._chosen = None
        self.labels_said = []
        self.extra_labels = ()

    def choose(self, kind: str) -> CompiledPhrase:
        """Fix the phrase that the first mention will be said with, so that a frame can be chosen to suit it."""
        self._chosen = self.take(self._fit(kind))
        return self._chosen

    def background(self, section: str, problems: frozenset[str]) -> Pool:
        """Return the unlabelled sentences that fit a section of this visit's note.

        Kept by the patient, not by the book: hardly two patients share a pool, and a book that kept all of them would
        grow with the cohort.
        """
        key = (section, self._note_type, problems, self._stage)
        pool = self._backgrounds.get(key)
        if pool is None:
            book = self.tables.book
            pool = book.background(section, self._note_type, problems, self._stage, self.tags)
            self._backgrounds[key] = pool
        return pool

    def take(self, pool: Pool) -> CompiledPhrase:
        """Return the pool's next phrase for this patient."""
        key = id(pool)
        turn = self._turn.get(key)
        if turn is None:
            turn = int(self.draw() * len(pool))
        self._turn[key] = turn + 1
        return pool[turn % len(pool)]

    def pool(self, term: str, kind: str) -> Pool:
        """Return the phrases of one term and kind that fit this patient at this visit."""
        key = (term, kind)
        pool = self._fixed.get(key) or self._pools.get(key)
        if pool is None:
            pool = self.tables.book.pool(term, kind, self._stage, self._note_type, self.tags)
            self._pools[key] = pool
        return pool

    def companions(self, term: str) -> frozenset[str]:
        """Return which of `COMPANIONS` can be said beside this term."""
        found = self._companions.get(term)
        if found is None:
            found = frozenset([name for name, kind in _COMPANION_KINDS if self.pool(term, kind)])
            self._companions[term] = found
        return found

    def _fit(self, kind: str, index: int = 0) -> Pool:
        return self.pool(self._mentions[index].term, kind)

    def _say(self, kind: str, form: int, index: int = 0) -> str:
        phrase = (
            self._chosen if index == 0 and self._chosen is not None else self.take(self._fit(kind, index))
        )
        out: list[str] = []
        expand(phrase.parts, out, self, self.draw, form)
        self.labels_said.append(phrase.labels)
        return "".join(out).strip(" .")

    def _event(self, form: str) -> str:
        return f"{OPEN}{self._say('events', FORMS[form or 'past'])}{CLOSE}"

    def _noun(self, form: str) -> str:
        said = self._say("nouns", FORMS["ing"])
        if form == "bare":
            said = without_determiner(said)
        self._noun_said, self._nouns_said = said, 1
        return f"{OPEN}{said}{CLOSE}"

    def _noun_capital(self, form: str) -> str:
        said = self._noun(form)
        return f"{OPEN}{said[1:2].upper()}{said[2:]}"

    def _nouns(self, form: str) -> str:
        plain = [self._say("nouns", FORMS["ing"], index) for index in range(len(self._mentions))]
        if form == "bare":
            plain[0] = without_determiner(plain[0])
            form = "and"
        elif form == "or":
            plain = [without_determiner(noun) for noun in plain]
        self._noun_said, self._nouns_said = plain[0], len(plain)
        said = [f"{OPEN}{noun}{CLOSE}" for noun in plain]
        if len(said) == 1:
            return said[0]
        if len(said) == 2:
            return f"{said[0]} {form or 'and'} {said[1]}"
        comma = ", " if self.draw() < 0.6 else " "
        return f"{', '.join(said[:-1])}{comma}{form or 'and'} {said[-1]}"

    def _now(self, form: str) -> str:
        return self._agree(form, 0)

    def _then(self, form: str) -> str:
        return self._agree(form, 1)

    def _agree(self, verb: str, past: int) -> str:
        if self._nouns_said > 1 or is_plural(self._noun_said):
            irregular = _AGREE_PLURAL.get(verb)
            if irregular is not None:
                return irregular[past]
            return self.tables.verbs.paradigm(verb)[FORMS["past"] if past else FORMS["base"]]
        return self.tables.verbs.paradigm(verb)[FORMS["past"] if past else FORMS["s"]]

    def _sentence(self, kind: str, form: str) -> str:
        said = self._say(kind, FORMS["past"])
        if form == "lower" and said.partition(" ")[0].rstrip(",").lower() in self.tables.common_words:
            said = said[:1].lower() + said[1:]
        return f"{OPEN}{said}{CLOSE}"

    def _finding(self, form: str) -> str:
        return self._sentence("findings", form)

    def _intact(self, form: str) -> str:
        return self._sentence("intact", form)

    def _companion(self, kind: str, form: int) -> str:
        said = self.take(self._fit(kind))
        out: list[str] = []
        expand(said.parts, out, self, self.draw, form)
        if said.labels is not None:
            self.extra_labels += said.labels
        return "".join(out).strip(" .")

    def _baseline(self, form: str) -> str:
        return self._companion("baselines", FORMS[form or "past"])

    def _consequence(self, form: str) -> str:
        return self._companion("consequences", FORMS["past"])

    def _setting(self, form: str) -> str:
        return self._companion("settings", FORMS["past"])

    def _from(self, choices: tuple[Any, ...]) -> str:
        out: list[str] = []
        chosen = choices[int(self.draw() * len(choices))]
        expand(chosen, out, self, self.draw)
        return "".join(out)

    def _kin_capital(self, form: str) -> str:
        said = self._from(self.tables.kin)
        return said[:1].upper() + said[1:]

    def _since(self, form: str) -> str:
        return self._duration(self.tables.durations_clipped if self._clipped else self.tables.durations)

    def _since_opening(self, form: str) -> str:
        said = self._duration(self.tables.durations)
        return said[:1].upper() + said[1:]

    def _duration(self, durations: Durations) -> str:
        months = self._mentions[0].months or 1 + int(self.draw() * 24)
        self["months"] = str(max(2, months))
        self["years"] = str(max(2, round(months / 12)))
        for limit, phrases in durations:
            if months <= limit:
                return self._from(phrases)
        return self._from(durations[-1][1])

    def _often(self, form: str) -> str:
        severity = self._mentions[0].severity
        band = "seldom" if severity < 0.34 else "sometimes" if severity < 0.67 else "frequently"
        return self._from(self.tables.often[band])

    def _problem(self, form: str) -> str:
        # Each illness of the patient once; a note that names more takes a common one.
        names = self._problems.pop() if self._problems else self.tables.problem_filler
        return names[int(self.draw() * len(names))]

    def _next_number(self, form: str) -> str:
        self._number += 1
        return str(self._number)
