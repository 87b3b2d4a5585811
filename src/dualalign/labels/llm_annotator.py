"""The model annotator: a language model reads the guideline and labels the sentences of a note."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dualalign.errors import BudgetExceeded, ModelError
from dualalign.labels.annotation import Annotation
from dualalign.labels.asking import Asking, batches
from dualalign.labels.at_once import at_once
from dualalign.labels.guideline_prompt import Asked, GuidelinePrompt
from dualalign.labels.model_answers import Answer, read_answers
from dualalign.labels.votes import settle
from dualalign.llm.completion import CUT_OFF

if TYPE_CHECKING:
    from dualalign.llm import ChatReply, ChatRequest, LanguageModel
    from dualalign.llm.request import Message
    from dualalign.packs.pack import Pack

SOURCE = "llm"

_MOST_FAILURES = 3


@dataclass(slots=True)
class Counts:
    """What became of the sentences asked about.

    Args:
        sentences: answered or abstained from, each once.
        abstained: the model was unsure, or most votes lacked an answer.
        changed: answers that the second pass changed.
        asked_again: sentences whose first answer was missing or unsound.
        unanswered: votes for a sentence that had no sound answer after that either.
        faults: kind of fault in replies -> how often.
        failed: why a request got no reply -> how often.
    """

    sentences: int = 0
    abstained: int = 0
    changed: int = 0
    asked_again: int = 0
    unanswered: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)


class LlmAnnotator:
    """Labels sentences by asking a language model that reads the pack's guideline.

    Args:
        model: where requests go; its journal makes a second run free.
        pack: a loaded pack.
        scheme: id of the label scheme, the default one if None.
        asking: how the model is asked.
        on_sentences: called with the number of sentences just settled.

    Raises:
        LabelError: no such scheme, or a pack that does not say what a model is told.
    """

    source = SOURCE

    def __init__(
        self,
        model: LanguageModel,
        pack: Pack,
        scheme: str | None = None,
        asking: Asking | None = None,
        on_sentences: Callable[[int], None] | None = None,
    ) -> None:
        self.model = model
        self.prompt = GuidelinePrompt(pack, scheme)
        self.asking = asking or Asking()
        self.counts = Counts()
        self.on_sentences = on_sentences
        self._replies = 0
        self._last_failure: ModelError | None = None
        # One loop for the annotator's life: connections and locks of the model belong to it.
        self._loop = asyncio.Runner()

    def annotate(self, sentences: Sequence[str], context: str = "") -> list[Annotation]:
        """Return one annotation per sentence of a note, in order."""
        return self.annotate_notes([sentences])[0]

    def annotate_notes(
        self, notes: Sequence[Sequence[str]], names: Sequence[str] = ()
    ) -> list[list[Annotation]]:
        """Return one annotation per sentence of each note, in order; requests run side by side.

        Args:
            notes: the sentences of each note.
            names: of the notes, for the journal and for messages; their positions if none are given.

        Raises:
            BudgetExceeded: the budget is spent; replies so far are in the journal.
            ModelError: the model cannot be used, or answered nothing.
        """
        return self._loop.run(self.annotate_all(notes, names))

    async def annotate_all(
        self, notes: Sequence[Sequence[str]], names: Sequence[str] = ()
    ) -> list[list[Annotation]]:
        """Do as `annotate_notes` inside a running event loop."""
        done: list[list[Annotation]] = [[] for _ in notes]
        settled: dict[tuple[int, int], list[Annotation]] = {}

        async def work(unit: tuple[int, int, Asked]) -> None:
            note, start, asked = unit
            name = names[note] if names else f"note-{note}"
            settled[note, start] = await self._annotate(asked, f"{name}/{start}")
            if self.on_sentences is not None:
                self.on_sentences(len(asked.sentences))

        units = (
            (n, start, asked) for n, note in enumerate(notes) for start, asked in batches(note, self.asking)
        )
        await at_once(units, self.model.backend.most_in_flight, work)
        if self._last_failure is not None and not self._replies:
            raise self._last_failure
        for note, start in sorted(settled):
            done[note].extend(settled[note, start])
        return done

    async def _annotate(self, asked: Asked, name: str) -> list[Annotation]:
        first: list[dict[str, Answer]] = []
        final: list[dict[str, Answer]] = []
        for vote in range(self.asking.votes):
            key = f"{name}/vote-{vote + 1}"
            answers = await self._vote(asked, key, vote)
            first.append(answers)
            if self.asking.second_pass:
                answers = await self._checked(asked, answers, key, vote)
            final.append(answers)
        annotations = []
        for key in asked.sentences:
            last = [answers.get(key) for answers in final]
            earlier = [answers.get(key) for answers in first] if self.asking.second_pass else []
            annotations.append(settle(last, self.prompt.labels, self.source, earlier))
        self.counts.sentences += len(annotations)
        self.counts.abstained += sum(each.abstained for each in annotations)
        return annotations

    async def _vote(self, asked: Asked, key: str, vote: int) -> dict[str, Answer]:
        ids = list(asked.sentences)
        answers = await self._ask(self.prompt.messages(asked), ids, key, vote)
        missing = [each for each in ids if each not in answers]
        if missing:
            self.counts.asked_again += len(missing)
            rest = asked.only(missing)
            messages = self.prompt.messages(rest, again=True)
            answers |= await self._ask(messages, missing, f"{key}/again", vote)
            self.counts.unanswered += sum(each not in answers for each in missing)
        return answers

    async def _checked(
        self, asked: Asked, answers: dict[str, Answer], key: str, vote: int
    ) -> dict[str, Answer]:
        """Return the answers after the second pass; one it leaves out stands as it was."""
        heard = asked.only([each for each in asked.sentences if each in answers])
        if not heard.sentences:
            return answers
        said = {each: answers[each] for each in heard.sentences}
        shown = {each: (self.prompt.unsure,) if found is None else found for each, found in said.items()}
        messages = self.prompt.checking(heard, shown)
        again = await self._ask(messages, list(heard.sentences), f"{key}/check", vote)
        self.counts.changed += sum(answers[each] != found for each, found in again.items())
        return answers | again

    async def _ask(
        self, messages: tuple[Message, ...], ids: Sequence[str], key: str, vote: int
    ) -> dict[str, Answer]:
        from dualalign.llm import ChatRequest

        parameters = self.asking.parameters(len(ids), vote)
        request = ChatRequest(key, messages, parameters, self.prompt.schema(ids))
        reply = await self._complete(request)
        if reply is None:
            return {}
        read = read_answers(reply.text, ids, self.prompt, cut_off=reply.finish_reason == CUT_OFF)
        self.counts.faults += read.faults
        if not read.answers:
            self.model.set_aside(request)
        return read.answers

    async def _complete(self, request: ChatRequest) -> ChatReply | None:
        """Return the reply; None if this one request failed while the model answers others."""
        from dualalign.llm import UnusableBackendError

        try:
            reply = await self.model.complete(request)
        except (BudgetExceeded, UnusableBackendError):
            raise
        except ModelError as error:
            self.counts.failed[str(error)] += 1
            self._last_failure = error
            failed = self.counts.failed.total()
            if failed >= _MOST_FAILURES and failed > self._replies:
                raise
            return None
        self._replies += 1
        return reply

    def close(self) -> None:
        """Close the model's connections; the journal stays with whoever opened it."""
        self._loop.run(self.model.close())
        self._loop.close()
