"""The llm writer: asks a language model for each note, checks the reply, and sends it back with the reasons."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zlib import crc32

from dualalign.errors import BudgetExceeded, ModelError
from dualalign.llm.answers import answer_in, declines
from dualalign.llm.backend import UnusableBackendError
from dualalign.llm.request import ChatReply, ChatRequest
from dualalign.notes.llm.checks import UNSURE, Case, Chart, NoteChecker, runs_of
from dualalign.notes.llm.draft import Draft, DraftReader
from dualalign.notes.llm.placing import Placer
from dualalign.notes.llm.quotes import Placement, Unplaced
from dualalign.notes.note import Note
from dualalign.notes.prompts import Alignment, PromptWriter

if TYPE_CHECKING:
    from dualalign.llm.client import LanguageModel
    from dualalign.notes.llm.checks.case import Runs
    from dualalign.notes.prompts.prompt_writer import Message
    from dualalign.packs.pack import Pack
    from dualalign.trajectories.plan import NotePlan
    from dualalign.trajectories.simulate import Trajectory

TEMPERATURE = 0.8
_MOST_SEED = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Unwritten:
    """A note that the model would not write.

    Args:
        reason: what it or its server said.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class _Attempt:
    draft: Draft
    reply: str
    placements: tuple[Placement | Unplaced | None, ...]
    found: dict[str, tuple[str, ...]]

    @property
    def reasons(self) -> list[str]:
        return [reason for reasons in self.found.values() for reason in reasons]

    @property
    def sent_back(self) -> bool:
        """Whether the reply goes back: not for what only the finder of stems missed."""
        return any(
            reasons and not (name in UNSURE and self.draft.evidence is None)
            for name, reasons in self.found.items()
        )


@dataclass(frozen=True, slots=True)
class _History:
    """Whose visit it is and what came before: plans, what they established, and the runs of words of the notes."""

    trajectory: Trajectory

    plans: Sequence[NotePlan]
    chart: Chart
    runs: Sequence[Runs]


@dataclass(slots=True)
class _Bill:
    """What the replies of one note took."""

    replies: list[ChatReply] = field(default_factory=list)

    def tokens(self) -> tuple[int, int] | None:
        if any(reply.prompt_tokens is None or reply.reply_tokens is None for reply in self.replies):
            return None
        return (
            sum(reply.prompt_tokens or 0 for reply in self.replies),
            sum(reply.reply_tokens or 0 for reply in self.replies),
        )

    def cost(self) -> float | None:
        if any(reply.cost_usd is None for reply in self.replies):
            return None
        return sum(reply.cost_usd or 0.0 for reply in self.replies)


class LlmWriter:
    """Writes notes by asking a language model.

    Args:
        pack: a loaded pack with prompts.
        model: who is asked; its journal answers what was asked before.
        parameters: from the longest reply wanted, in tokens, to the sampling parameters of a request.
        name: of the model, as tables give it.
        alignment: what the prompts tell.
        repairs: times a reply that fails checks goes back with the reasons.
        calendar: whether the profile keeps to the calendar.

    Raises:
        PackError: the pack has no prompts.
    """

    def __init__(
        self,
        pack: Pack,
        model: LanguageModel,
        parameters: Callable[[int], dict[str, Any]],
        name: str,
        alignment: Alignment = Alignment.BOTH,
        repairs: int = 2,
        calendar: bool = True,
    ) -> None:
        self.prompts = PromptWriter(pack, alignment)
        self.checker = NoteChecker(pack, calendar, alignment)
        self.name = name
        self._model = model
        self._parameters = parameters
        self._repairs = repairs
        self._reader = DraftReader(pack)
        self._placer = Placer(pack)

    async def write_patient(
        self,
        trajectory: Trajectory,
        seed: int,
        visits: Sequence[int] | None = None,
        on_note: Callable[[Note | Unwritten], None] | None = None,
    ) -> list[Note | Unwritten]:
        """Write notes of one patient, one after another in date order.

        Args:
            trajectory: with a chart, and an agenda for every visit.
            seed: of the run; goes to the model with the note's own number.
            visits: positions of the plans to write, all if None.
            on_note: called after each.

        Raises:
            BudgetExceeded: nothing more may be spent.
            UnusableBackendError: the model answers no request.
        """
        written: list[Note | Unwritten] = []
        earlier_runs: list[Runs] = []
        plans = trajectory.plans
        chart, charted = Chart(), 0
        for visit in range(len(plans)) if visits is None else visits:
            chart.add(plans[charted:visit])
            charted = visit
            history = _History(trajectory, plans[:visit], chart, earlier_runs)
            note = await self._try(plans[visit], history, seed)
            if isinstance(note, Note):
                earlier_runs.append(array("q", runs_of(note.text)))
            written.append(note)
            if on_note is not None:
                on_note(note)
        return written

    async def _try(
        self,
        plan: NotePlan,
        history: _History,
        seed: int,
    ) -> Note | Unwritten:
        try:
            return await self._write(plan, history, seed)
        except (BudgetExceeded, UnusableBackendError):
            raise
        except ModelError as error:
            return Unwritten(str(error))

    async def _write(
        self,
        plan: NotePlan,
        history: _History,
        seed: int,
    ) -> Note:
        trajectory = history.trajectory
        assert trajectory.chart is not None
        brief = self.prompts.brief(trajectory.persona, trajectory.chart, plan, history.plans)
        asked = self.prompts.asked(brief, plan)
        bill = _Bill()
        best: _Attempt | None = None
        at_first: tuple[str, ...] = ()
        messages = asked
        for attempt in range(self._repairs + 1):
            request = self._request(plan, seed, attempt, messages)
            try:
                reply = await self._model.complete(request)
            except (BudgetExceeded, UnusableBackendError):
                raise
            except ModelError:
                if best is None:
                    raise
                break
            bill.replies.append(reply)
            draft = self._reader.read(reply.text, reply.finish_reason)
            if not draft.sentences or declines(draft.text):
                self._model.set_aside(request)
                continue
            places = self._placer.places(draft, plan)
            placements = self._placer.placements(draft, plan, places)
            case = Case(
                draft,
                trajectory.persona,
                plan,
                history.chart,
                places,
                placements,
                words=brief.words,
                names=frozenset(name for _, name in trajectory.chart.children if name),
                earlier_runs=history.runs,
                prompt=asked[-1]["content"],
            )
            tried = _Attempt(draft, answer_in(reply.text), placements, self.checker.check(case))
            if best is None:
                at_first = tuple(name for name, reasons in tried.found.items() if reasons)
            if best is None or len(tried.reasons) <= len(best.reasons):
                best = tried
            if not best.sent_back or attempt == self._repairs:
                break
            messages = self.prompts.repair(asked, best.reply, best.reasons)
        if best is None:
            raise ModelError(
                "the model declined to write the note", "ask another model, or change the prompt"
            )
        return self._note(best, plan, bill, at_first)

    def _note(self, best: _Attempt, plan: NotePlan, bill: _Bill, at_first: tuple[str, ...]) -> Note:
        note = self._placer.note(best.draft, plan, best.placements, self.name)
        note.checks = {name: "; ".join(reasons) or None for name, reasons in best.found.items()}
        note.tokens, note.cost_usd = bill.tokens(), bill.cost()
        note.attempts, note.failed_at_first = len(bill.replies), at_first
        return note

    def _request(self, plan: NotePlan, seed: int, attempt: int, messages: tuple[Message, ...]) -> ChatRequest:
        key = f"{plan.patient_id}-{plan.visit:04d}/{attempt}"
        # Two visits with the same prompt must not share one reply, so the seed is a note's own.
        own_seed = crc32(f"{seed}/{key}".encode()) & _MOST_SEED
        return ChatRequest(key, messages, {**self._parameters(longest_reply(plan)), "seed": own_seed})


def longest_reply(plan: NotePlan) -> int:
    """Return the tokens that a note of the plan's length may take, with room for a model that writes long, and for evidence."""
    return 300 + 3 * plan.style.words + 25 * len(plan.mentions)
