"""The scene of one note, and what the sections of a note share while it is written."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from dualalign.notes.sentence import OPEN, Composed, mark, split_marks, tidy
from dualalign.notes.time_words import ago, month_name, often, since
from dualalign.passages.scene import Scene
from dualalign.trajectories.plan import Polarity

if TYPE_CHECKING:
    from dualalign.charts.agenda import Agenda, AgendaItem
    from dualalign.charts.chart import Chart
    from dualalign.charts.mention_planner import Said
    from dualalign.notes.material import NoteMaterial
    from dualalign.passages.book import ToldLine
    from dualalign.passages.pool import CompiledLine, Pool
    from dualalign.personas.persona import Informant, Persona
    from dualalign.trajectories.plan import Mention, NotePlan

PRONOUNS = {
    "female": {"he": "she", "his": "her", "him": "her", "himself": "herself", "gender": "woman"},
    "male": {"he": "he", "his": "his", "him": "him", "himself": "himself", "gender": "man"},
    "nonbinary": {
        "he": "the patient",
        "his": "their",
        "him": "them",
        "himself": "themself",
        "gender": "person",
    },
}
"""Sex -> the words that stand for the slots of a line."""
_DESPAIRS = re.compile(
    r"(?<!no )(?<!not )hopeless|nothing to look forward|worthless|a burden\b|no reason to live|better off dead",
    re.IGNORECASE,
)
"""Words of despair, which a note answers unless it says that the patient was asked."""
_BEGUN = re.compile(r"(\w[.?] )([a-z])")
"""A letter that begins a second sentence of a line."""
ASKED = re.compile(
    r"suicid|self-harm|harm(?:ing)? (?:him|her)self|wish to (?:die|hurry)|(?:ending|end) (?:his|her|the patient's) life|crisis line",
    re.IGNORECASE,
)
"""Words by which a note says that the patient was asked about suicide."""
_NOUN_DRAWS = 5
_VAGUE = frozenset(
    (
        "trouble",
        "difficulty",
        "problems",
        "decreased",
        "reduced",
        "with",
        "loss",
        "impaired",
        "poor",
        "changes",
    )
)
_SHE = frozenset(
    (
        "wife",
        "daughter",
        "sister",
        "mother",
        "granddaughter",
        "niece",
        "daughter-in-law",
        "aunt",
        "home health aide",
    )
)
_HE = frozenset(("husband", "son", "brother", "father", "grandson", "nephew", "son-in-law", "uncle"))
_STAFF = frozenset(("unit nurse", "nursing assistant", "activities aide", "visiting nurse"))


class NoteScene:
    """One note while it is written.

    Args:
        plan: what it must say.
        persona: who the patient is.
        chart: the patient on paper.
        material: lines.
        rng: the patient's generator.
    """

    def __init__(
        self, plan: NotePlan, persona: Persona, chart: Chart, material: NoteMaterial, rng: random.Random
    ) -> None:
        assert plan.agenda is not None
        self.plan, self.persona, self.chart, self.material, self.rng = plan, persona, chart, material, rng
        self.agenda: Agenda = plan.agenda
        self.habit = material.habits.of(plan.note_type)
        self.draw = rng.random
        self.style = plan.style.author
        self.clipped = plan.style.author != "narrative"
        self.said: set[int] = set()
        self.known = self.agenda.known | {m.term for m in plan.mentions if m.polarity is not Polarity.NEGATED}
        self.dangers: list[str] = []
        self.sections: dict[str, list[Composed]] = {}
        self.words = 0
        self.texts: set[str] = set()
        self.extra: dict[str, Any] = {}
        self.informant = ""
        values = self._values(plan.informant)
        self.values = values
        self.scene = Scene(
            persona.sex,
            plan.age,
            material.book.stages[plan.stage],
            plan.severity,
            plan.note_type,
            plan.informant is not None,
            plan.date.year,
            self.agenda.seen_before,
            self.agenda.tokens,
            values,
            rng.random,
            self.style,
        )

    def _values(self, informant: Informant | None) -> dict[str, str]:
        plan, agenda, persona, draw = self.plan, self.agenda, self.persona, self.rng.random
        values = {
            **PRONOUNS[persona.sex],
            "age": str(plan.age),
            "month": month_name(plan.date, draw),
            "handed": self.chart.handed,
            "marital": _marital(agenda.tokens),
            "alone": "alone",
            "work": persona.work or "worker",
            "since": "for some time",
            "often": "at times",
            "referrer": agenda.referrer or "primary care",
            "return": agenda.return_in,
        }
        if agenda.last_here is not None:
            values["interval"] = ago(agenda.last_here, plan.date, draw)
        if informant is not None:
            relation = informant.relation
            values["relation"] = relation
            self.informant = f"the {relation}" if relation in _STAFF else f"{values['his']} {relation}"
            named = informant.name and draw() < 0.4
            values["informant"] = f"{self.informant} {informant.name}" if named else self.informant
            values["she"] = "she" if relation in _SHE else "he" if relation in _HE else f"the {relation}"
        return values

    # saying --------------------------------------------------------------------------------------

    def add(
        self,
        section: str,
        marked: str,
        labels: Sequence[str] = (),
        mentions: Sequence[int] = (),
        breaks: bool = False,
        period: bool = True,
    ) -> None:
        """Put a sentence into a section.

        Args:
            section: id of the section.
            marked: text; marks enclose what says each of the mentions, in order.
            labels: labels it earns.
            mentions: places of the mentions in the plan.
            breaks: whether it begins a new line.
            period: whether it ends with a period.
        """
        text = tidy(marked, period)
        if OPEN in text:
            text, spans = split_marks(text)
            found = tuple((i, start, end) for i, (start, end) in zip(mentions, spans, strict=True))
        elif text in self.texts or text in ("", "."):
            return
        else:
            found = ()
            self.texts.add(text)
        self.sections.setdefault(section, []).append(
            Composed(text, self.material.ordered_labels(tuple(labels)), found, breaks)
        )
        self.words += text.count(" ") + 1

    def introduced(self) -> None:
        """Give the informant without the name from now on."""
        if self.informant:
            self.values["informant"] = self.informant

    def say(self, section: str, pool: Pool | None, breaks: bool = False, deny: bool = False) -> bool:
        """Draw a line that fits and put it into a section; return whether there was one."""
        line = None if pool is None else pool.draw(self.scene, self.said, self.known if deny else None)
        if line is None:
            return False
        self.put(section, line, breaks)
        return True

    def put(self, section: str, line: CompiledLine, breaks: bool = False) -> None:
        """Put one line into a section."""
        self.note_danger(line)
        self.add(section, line.text(self.scene), (*line.labels, *line.also), (), breaks)

    def text(self, pool: Pool | None) -> str:
        """Return the text of a line of the pool that fits; empty if there is none."""
        line = None if pool is None else pool.draw(self.scene, self.said)
        return "" if line is None else line.text(self.scene)

    def of_condition(self, line: CompiledLine, labels: Sequence[str]) -> tuple[str, ...]:
        """Return what a condition's line earns: its own labels where it carries any, else those of the condition."""
        return (*(line.labels if line.labelled else labels), *line.also)

    def treated(self, condition: str) -> None:
        """Say whether a condition is treated, for lines that ask."""
        tokens = self.agenda.tokens
        treats = self.material.treats
        if any(
            indication == condition or condition in treats.get(drug, ())
            for drug, _, indication in self.agenda.medicines
        ):
            tokens = tokens | {"treated"}
        self.scene.tokens = tokens

    def note_danger(self, line: CompiledLine) -> None:
        """Remember a danger that was told, so that the plan answers it."""
        if line.danger and line.danger not in self.dangers:
            self.dangers.append(line.danger)

    def note_despair(self, text: str) -> None:
        """Remember words of despair, so that the note answers them."""
        if "suicide" not in self.dangers and _DESPAIRS.search(text):
            self.dangers.insert(0, "suicide")

    # mentions ------------------------------------------------------------------------------------

    def set_problem(self, item: AgendaItem) -> None:
        """Set what the slots of a problem's lines mean: since when, how often, on which side."""
        thread = item.thread
        assert thread is not None
        self.scene.status = item.status
        mentions = [self.plan.mentions[place] for place in (*item.told, *item.seen, *item.assessed)]
        severity = max((mention.severity for mention in mentions), default=0.3)
        self.values["since"] = since(thread.months, self.plan.date, self.draw)
        self.values["often"] = often(severity, self.draw)
        if item.side:
            self.values["side"] = item.side

    def said_line(self, said: Said) -> tuple[str, tuple[str, ...]]:
        """Return the text of a line of a presentation, marked if it says a mention, and the labels it earns."""
        line = self.material.book.lines[said.line]
        self.note_danger(line)
        if "often" in line.needs and said.mention >= 0:
            self.values["often"] = often(self.plan.mentions[said.mention].severity, self.draw)
        text = _BEGUN.sub(lambda found: found[1] + found[2].upper(), line.text(self.scene))
        self.note_despair(text)
        if said.mention < 0:
            return text, line.also
        return mark(text), (*self.plan.mentions[said.mention].labels, *line.also)

    def of_pool(self, item: AgendaItem, lines: Sequence[ToldLine]) -> tuple[str, list[str]]:
        """Return one of the names or reasons of a problem, in words used before where there are any, with its labels."""
        said = {
            place for each in (*item.told, *item.seen, *item.assessed) if (place := self.term_at(each)) >= 0
        }
        fitting = [line for line in lines if line.fits(self.scene)]
        apt = [line for line in fitting if not said.isdisjoint(line.terms)] or fitting or list(lines)
        line = apt[int(self.draw() * len(apt))]
        labels = self.material.labels_at[line.terms[0]] if line.terms else ()
        return line.text(self.scene), [*labels, *line.also]

    def term_at(self, place: int) -> int:
        """Return the place in the lexicon of what a mention says."""
        return self.material.term_places[self.plan.mentions[place].term]

    def named(self, item: AgendaItem) -> str:
        """Return what a problem is called as a heading, once a note; empty if it was named already."""
        named: set[str] = self.extra.setdefault("topics", set())
        if item.id in named or item.thread is None:
            return ""
        named.add(item.id)
        return self.of_pool(item, self.material.book.presentations[item.thread.presentation].name)[0]

    def introduced_by(self, text: str) -> None:
        """Give the informant without the name once a line has spoken of them."""
        if self.informant and self.informant in text:
            self.introduced()

    def noun(self, place: int) -> str:
        """Return the marked noun phrase of a mention, in words that the note has used of it where there are any."""
        mention = self.plan.mentions[place]
        pool = self.material.book.terms[mention.term].noun
        line, spoken = pool.draw_liked(self.scene, self.said, self.speaks_of(), _NOUN_DRAWS)
        if not spoken:
            line = pool.first(self.scene) or line
        text = line.text(self.scene) if line else mention.term.replace("_", " ")
        self.note_despair(text)
        return mark(text)

    def speaks_of(self) -> Callable[[CompiledLine], bool]:
        """Return a function that tells whether a word of a line stands in the note as it is now."""
        said = self.told_in(*self.sections)

        def spoken(line: CompiledLine) -> bool:
            words = line.text(self.scene).lower().split()
            return any(word[:6] in said for word in words if len(word) > 3 and word not in _VAGUE)

        return spoken

    def told_in(self, *sections: str) -> str:
        """Return what sections hold so far, in lower case."""
        return " ".join(each.text for section in sections for each in self.sections.get(section, ())).lower()

    def denial(self, place: int) -> str | None:
        """Return the marked noun phrase by which a mention is denied, None if nothing fits."""
        mention = self.plan.mentions[place]
        pools = self.material.book.terms[mention.term]
        first, second = (
            (pools.absent, pools.denied) if mention.role == "absent" else (pools.denied, pools.absent)
        )
        line = first.draw(self.scene, self.said) or second.draw(self.scene, self.said)
        return None if line is None else mark(line.text(self.scene))

    def time_of(self, mention: Mention) -> None:
        """Set what "since" and "often" mean for a mention."""
        self.values["since"] = since(mention.months or 12, self.plan.date, self.draw)
        self.values["often"] = often(mention.severity, self.draw)

    def labels_of(self, places: Sequence[int]) -> list[str]:
        """Return the labels of several mentions."""
        return [label for place in places for label in self.plan.mentions[place].labels]


def _marital(tokens: frozenset[str]) -> str:
    for status in ("married", "widowed", "divorced", "single"):
        if status in tokens:
            return status
    return "single"
