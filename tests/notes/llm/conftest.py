import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import pytest

from dualalign.charts import Agenda, AgendaItem, PatientSimulator
from dualalign.llm import ChatReply, ChatRequest, LanguageModel
from dualalign.notes.llm.checks import Case, Chart, NoteChecker, runs_of
from dualalign.notes.llm.draft import DraftReader
from dualalign.notes.llm.placing import Placer
from dualalign.notes.prompts import Alignment
from dualalign.packs import Pack, load_pack
from dualalign.personas import sample_personas
from dualalign.personas.persona import Informant, Persona
from dualalign.trajectories import Trajectory
from dualalign.trajectories.plan import Medicine, Mention, NotePlan, Polarity, Reporter, Role, Score, Style

ASKED = 40


@pytest.fixture(scope="session")
def pack() -> Pack:
    return load_pack("alzheimers")


@pytest.fixture(scope="session")
def persona() -> Persona:
    factors = {"education": "secondary", "marital": "married"}
    return Persona(
        0, "P000000", "male", 80, date(1935, 3, 1), date(2016, 3, 1), factors, informants=(Informant("wife", "Edna"),),
        work="machinist",
    )  # fmt: skip


def mention(
    term: str,
    polarity: str = "affirmed",
    reporter: str = "patient",
    labels: tuple = (),
    role: str = "",
    **more: object,
) -> Mention:
    roles = {"negated": "denied", "historical": "past", "family": "family"}
    place = Role(role or roles.get(polarity, "told"))
    return Mention("memory", term, Polarity(polarity), Reporter(reporter), labels, role=place, **more)  # type: ignore[arg-type]


def agenda_of(mentions: Sequence[Mention], **changes: object) -> Agenda:
    """An agenda of one problem, memory, that tells the mentions; a list of donepezil and lisinopril."""
    places = {role: [i for i, each in enumerate(mentions) if each.role is role] for role in Role}
    item = AgendaItem(
        "thread", "memory", "stable", True, places[Role.TOLD], places[Role.SEEN], places[Role.ASSESSED]
    )
    told: dict[str, object] = {
        "denied": places[Role.DENIED],
        "absent": places[Role.ABSENT],
        "past": places[Role.PAST],
        "family": places[Role.FAMILY],
        "medicines": [("donepezil", "5 mg nightly", ""), ("lisinopril", "10 mg daily", "hypertension")],
        "tokens": frozenset({"male", "married", "retired"}),
        "known": frozenset({"memory"}),
    }
    return Agenda("follow_up", [item], True, date(2012, 2, 3), **{**told, **changes})  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def plan() -> NotePlan:
    """A visit of 2012: memory affirmed, hearing denied, one score, one medicine, the wife there."""
    mentions = (mention("memory", labels=("cognitive",)), mention("hearing", "negated"))
    return NotePlan(
        "P000000", 3, date(2012, 5, 4), 3.8, 4, 77, "primary_care", "mci", 0.3, Informant("wife", "Edna"),
        Style("narrative", ASKED),
        (Score("mmse", "MMSE", 25.0, 30.0, True, "mild impairment"),),
        (Medicine("donepezil", "5 mg nightly", "start"),),
        mentions, agenda=agenda_of(mentions),
    )  # fmt: skip


@pytest.fixture(scope="session")
def trajectory(pack: Pack, persona: Persona, plan: NotePlan) -> Trajectory:
    """The plan's patient, with the chart of a simulated one."""
    someone = PatientSimulator(pack, "clinical").simulate(next(iter(sample_personas(pack, 1, 2))), 2)
    return replace(someone, persona=persona, plans=(plan,))


GOOD = """SUBJECTIVE: Seen with his wife Edna. He has memory loss since last year. Denies trouble hearing.

OBJECTIVE: MMSE 25/30. Blood pressure 130/80.

PLAN: Start donepezil 5 mg nightly. Return in three months.
"""
EVIDENCE = """EVIDENCE
1: "He has memory loss"
2: "Denies trouble hearing"
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
        if "mentions" in changes and "agenda" not in changes:
            plan = replace(plan, agenda=agenda_of(plan.mentions))
        draft = self.reader.read(text, finish)
        chart = Chart()
        chart.add(earlier)
        places = self.placer.places(draft, plan)
        case = Case(
            draft, self.persona, plan, chart, places, self.placer.placements(draft, plan, places),
            earlier_runs=[frozenset(runs_of(each)) for each in earlier_texts], prompt=prompt,
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
