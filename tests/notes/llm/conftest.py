import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import pytest

from dualalign.llm import ChatReply, ChatRequest, LanguageModel
from dualalign.notes.llm.checks import Case, Chart, NoteChecker, runs_of
from dualalign.notes.llm.draft import DraftReader
from dualalign.notes.llm.placing import Placer
from dualalign.notes.prompts import Alignment
from dualalign.packs import Pack, load_pack
from dualalign.personas.persona import Informant, Persona
from dualalign.trajectories.plan import Medicine, Mention, NotePlan, Polarity, Reporter, Score, Style

ASKED = 40


@pytest.fixture(scope="session")
def pack() -> Pack:
    return load_pack("alzheimers")


@pytest.fixture(scope="session")
def persona() -> Persona:
    wife = Informant("wife", "Edna")
    return Persona(0, "P000000", "male", 80, date(1935, 3, 1), date(2016, 3, 1), {}, informants=(wife,))


def mention(term: str, polarity: str = "affirmed", reporter: str = "patient", labels: tuple = ()) -> Mention:
    return Mention("memory", term, Polarity(polarity), Reporter(reporter), labels)


@pytest.fixture(scope="session")
def plan() -> NotePlan:
    """A visit of 2012: memory affirmed, hearing denied, one score, one medicine, the wife there."""
    return NotePlan(
        "P000000", 3, date(2012, 5, 4), 3.8, 4, 77, "primary_care", "mci", 0.3, Informant("wife", "Edna"),
        Style("narrative", ASKED),
        (Score("mmse", "MMSE", 25.0, 30.0, True, "mild impairment"),),
        (Medicine("donepezil", "5 mg nightly", "start"),),
        (mention("memory", labels=("cognitive",)), mention("hearing", "negated")),
    )  # fmt: skip


GOOD = """SUBJECTIVE: Seen with his wife Edna. He has memory loss since last year. Denies trouble hearing.

OBJECTIVE: MMSE 25/30. Blood pressure 130/80.

PLAN: Start donepezil 5 mg nightly. Return in three months.
"""


@dataclass
class Judge:
    """Makes a draft of a text and checks it."""

    pack: Pack
    persona: Persona
    plan: NotePlan

    def __post_init__(self) -> None:
        self.reader, self.placer = DraftReader(self.pack), Placer(self.pack)
        self.checkers = {each: NoteChecker(self.pack, True, each) for each in Alignment}

    def __call__(
        self,
        text: str,
        earlier: Sequence[NotePlan] = (),
        earlier_texts: Sequence[str] = (),
        prompt: str = "",
        alignment: Alignment = Alignment.BOTH,
        finish: str = "stop",
        **changes: object,
    ) -> dict[str, tuple[str, ...]]:
        """Return the checks that fail, with their reasons."""
        plan = replace(self.plan, **changes)  # type: ignore[arg-type]
        draft = self.reader.read(text, finish)
        chart = Chart()
        chart.add(earlier)
        case = Case(
            draft, self.persona, plan, chart, self.placer.places(draft, plan),
            [frozenset(runs_of(each)) for each in earlier_texts], frozenset(runs_of(prompt)),
        )  # fmt: skip
        return {name: why for name, why in self.checkers[alignment].check(case).items() if why}


@pytest.fixture(scope="session")
def judge(pack: Pack, persona: Persona, plan: NotePlan) -> Judge:
    return Judge(pack, persona, plan)


class Scripted:
    """A backend that answers from a script, a reply or an error for each attempt."""

    model = "scripted"
    most_in_flight = 4

    def __init__(self, answer: Callable[[ChatRequest], str | Exception]) -> None:
        self._answer = answer
        self.asked: list[ChatRequest] = []

    async def complete(self, request: ChatRequest) -> ChatReply:
        self.asked.append(request)
        await asyncio.sleep(0)
        said = self._answer(request)
        if isinstance(said, Exception):
            raise said
        return ChatReply(said, 100, 20, 0.1, None, "stop")

    async def close(self) -> None:
        pass


def scripted(answer: Callable[[ChatRequest], str | Exception]) -> LanguageModel:
    return LanguageModel(Scripted(answer))
