"""Label to data with a model: sentences asked for by a label's description alone, checked, and kept if they are new."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from math import ceil
from typing import TYPE_CHECKING, Any

from dualalign.errors import BudgetExceeded, LabelError, ModelError
from dualalign.labels.at_once import at_once
from dualalign.labels.composed_checks import ComposedChecks, cleaned
from dualalign.labels.composing import ComposedSet, Composing, LabelTally, Refused
from dualalign.labels.near_duplicates import NearDuplicates
from dualalign.labels.rules import RulesAnnotator
from dualalign.llm.answers import answer_in, declines
from dualalign.llm.completion import CUT_OFF
from dualalign.llm.structured import parse_json
from dualalign.notes.compose import ComposedSentence
from dualalign.packs.templates import read_template, rendered
from dualalign.randomness import Stream, fast_random

if TYPE_CHECKING:
    from dualalign.llm import ChatReply, ChatRequest, LanguageModel
    from dualalign.packs.pack import Pack
    from dualalign.packs.schema.labels import Label

NEAR_DUPLICATE = "near-duplicate"
OTHER_LABEL = "the rules see another label"

_LEAST_YIELD = 0.1
_MOST_FAILURES = 3
_TOKENS_PER_SENTENCE = 60


class LlmComposer:
    """Asks a model for sentences until every label has its share, or no more may be asked.

    Replies are judged in the order of their requests, whatever the order in which they arrive, so the same replies
    give the same sentences.

    Args:
        model: where requests go; None if they are only to be looked at.
        pack: whose labels to write for.
        composing: how.
        scheme: id of the label scheme, the default one if None; the rules check the default one only.
        on_kept: called with the number of sentences kept so far.

    Raises:
        LabelError: no such scheme, or a pack that does not say what a model is told.
    """

    def __init__(
        self,
        model: LanguageModel | None,
        pack: Pack,
        composing: Composing,
        scheme: str | None = None,
        on_kept: Callable[[int], None] | None = None,
    ) -> None:
        self.model = model
        self.composing = composing
        self._checks = ComposedChecks(pack)
        try:
            found = pack.labels.scheme(scheme)
        except KeyError:
            known = ", ".join(each.id for each in pack.labels.schemes)
            raise LabelError(
                f"pack '{pack.id}' has no label scheme '{scheme}'", f"use one of {known}"
            ) from None
        knows_rules = composing.check_labels and found.id == pack.labels.default
        self._rules = RulesAnnotator(pack) if knows_rules else None
        self._order = [label.id for label in found.labels]
        self.labels: list[Label] = list(found.labels)
        self._variations: list[str] = pack.composer.variations
        self._system = rendered(read_template(pack.composer.system))
        self._request = read_template(pack.composer.request)
        self.on_kept = on_kept
        self._seen = NearDuplicates(composing.near_duplicates)
        self._seeds: list[random.Random] = [
            fast_random(composing.seed, Stream.COMPOSE, rank) for rank in range(len(self.labels))
        ]

    def compose(self) -> ComposedSet:
        """Return the sentences, and close the model's connections.

        Raises:
            BudgetExceeded: the budget is spent; replies so far are in the journal.
            ModelError: the model cannot be used, or answered nothing.
        """

        async def compose_and_close() -> ComposedSet:
            try:
                return await self.compose_all()
            finally:
                if self.model is not None:
                    await self.model.close()

        return asyncio.run(compose_and_close())

    def nothing_yet(self) -> ComposedSet:
        """Return a set to which nothing was added."""
        return ComposedSet(tallies={label.id: LabelTally(label) for label in self.labels})

    async def compose_all(self) -> ComposedSet:
        """Do as `compose` inside a running event loop, and leave the model open."""
        if self.model is None:
            raise LabelError("no model to compose with", "give one")
        model = self.model
        result = self.nothing_yet()
        while requests := list(self.next_requests(result)):
            replies: dict[int, list[str]] = {}

            async def work(
                numbered: tuple[int, tuple[LabelTally, ChatRequest]], replies: dict[int, list[str]] = replies
            ) -> None:
                number, (_, request) = numbered
                reply = await self._complete(model, request, result)
                if reply is not None:
                    replies[number] = sentences_in(reply.text, cut_off=reply.finish_reason == CUT_OFF)
                    if not replies[number]:
                        model.set_aside(request)

            await at_once(enumerate(requests), model.backend.most_in_flight, work)
            for number, (tally, _) in enumerate(requests):
                for text in replies.get(number, []):
                    self._judge(cleaned(text), tally, result)
        for tally in result.tallies.values():
            result.sentences += tally.kept
            if len(tally.kept) < self.composing.per_label:
                result.shortfalls[tally.label.id] = self._why(tally)
        return result

    def next_requests(self, result: ComposedSet) -> Iterator[tuple[LabelTally, ChatRequest]]:
        """Yield as many requests as the labels that lack sentences will probably need, by what was kept so far."""
        composing = self.composing
        for rank, tally in enumerate(result.tallies.values()):
            wanted = composing.per_label - len(tally.kept)
            share = max(len(tally.kept) / tally.received, _LEAST_YIELD) if tally.received else 1.0
            needed = ceil(wanted / (composing.per_request * share)) if wanted else 0
            for _ in range(min(needed, composing.limit - tally.requests)):
                yield tally, self._ask_for(rank, tally)
                tally.requests += 1

    def _ask_for(self, rank: int, tally: LabelTally) -> ChatRequest:
        from dualalign.llm import ChatRequest

        composing = self.composing
        content = rendered(
            self._request,
            label=tally.label,
            count=composing.per_request,
            variation=self._variations[tally.requests % len(self._variations)],
        )
        parameters: dict[str, Any] = {
            "temperature": composing.temperature,
            "seed": self._seeds[rank].getrandbits(31),
            "max_tokens": composing.max_tokens or _TOKENS_PER_SENTENCE * composing.per_request,
        }
        messages = (
            {"role": "system", "content": self._system},
            {"role": "user", "content": content},
        )
        key = f"compose/{tally.label.id}/{tally.requests}"
        return ChatRequest(key, messages, parameters, _schema(composing.per_request))

    async def _complete(
        self, model: LanguageModel, request: ChatRequest, result: ComposedSet
    ) -> ChatReply | None:
        from dualalign.llm import UnusableBackendError

        try:
            return await model.complete(request)
        except (BudgetExceeded, UnusableBackendError):
            raise
        except ModelError as error:
            result.failed[str(error)] += 1
            if result.failed.total() >= _MOST_FAILURES and not any(
                tally.received for tally in result.tallies.values()
            ):
                raise
            return None

    def _judge(self, text: str, tally: LabelTally, result: ComposedSet) -> None:
        if len(tally.kept) >= self.composing.per_label:
            return
        tally.received += 1
        labels: tuple[str, ...] = (tally.label.id,)
        reason = self._checks.reason(text, tally.label)
        if not reason and self._rules is not None:
            seen = self._rules.annotate([text])[0].labels
            if seen and tally.label.id not in seen:
                reason = OTHER_LABEL
            labels = tuple(label for label in self._order if label in (*seen, tally.label.id))
        if not reason and not self._seen.keep(text):
            reason = NEAR_DUPLICATE
        if reason:
            tally.refused[reason] += 1
            result.refused.append(Refused(tally.label.id, text, reason))
            return
        tally.kept.append(ComposedSentence(text, labels, tally.label.id, ""))
        if self.on_kept is not None:
            self.on_kept(sum(len(each.kept) for each in result.tallies.values()))

    def _why(self, tally: LabelTally) -> str:
        refused = ", ".join(f"{count} {reason}" for reason, count in tally.refused.most_common())
        return (
            f"{len(tally.kept)} of {self.composing.per_label} after {tally.requests} requests, the most allowed: "
            f"{tally.received} sentences came, refused {refused or 'none'}"
        )


def sentences_in(reply: str, cut_off: bool = False) -> list[str]:
    """Return the sentences of a reply: of its JSON, or its lines if it holds none; not the last one if it was cut off."""
    found = _sentences_in(reply)
    return found[:-1] if cut_off else found


def _sentences_in(reply: str) -> list[str]:
    try:
        content = parse_json(reply)
    except ValueError:
        answer = answer_in(reply)
        return [] if declines(answer) else [line for line in answer.splitlines() if line.strip()]
    if isinstance(content, dict):
        content = next((each for each in content.values() if isinstance(each, list)), [])
    texts = [each for each in content if isinstance(each, str)] if isinstance(content, list) else []
    return [each for each in texts if not declines(each)]


def _schema(most: int) -> dict[str, Any]:
    sentences = {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": most}
    return {
        "type": "object",
        "properties": {"sentences": sentences},
        "required": ["sentences"],
        "additionalProperties": False,
    }
