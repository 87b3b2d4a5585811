"""Many requests, each paid for once: journal, budget, retries and adaptive concurrency around one backend."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field

from dualalign.errors import BudgetExceeded, ModelError
from dualalign.llm.backend import Backend, RetryableError
from dualalign.llm.budget import Budget
from dualalign.llm.concurrency import AdaptiveLimit
from dualalign.llm.journal import Journal
from dualalign.llm.request import ChatReply, ChatRequest


@dataclass(slots=True)
class Statistics:
    """What a run has done so far.

    Args:
        sent: calls that reached the backend, retries included.
        replied: replies received.
        replayed: answers that came from the journal.
        faults: kind of fault -> how often it was met.
        prompt_tokens: of this run's replies.
        reply_tokens: of this run's replies.
        cost_usd: of this run's replies with a known cost.
        cost_known: False once any reply's cost was unknown.
    """

    sent: int = 0
    replied: int = 0
    replayed: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    prompt_tokens: int = 0
    reply_tokens: int = 0
    cost_usd: float = 0.0
    cost_known: bool = True


class LanguageModel:
    """A backend with a memory and a budget.

    Args:
        backend: where requests go.
        journal: replies already paid for; None keeps nothing.
        budget: stops the run when spent; None for no limit.
        attempts: times one request is sent before its fault is raised.
        start: requests in flight at first.
    """

    _FIRST_WAIT = 0.05
    _LONGEST_WAIT = 30.0

    def __init__(
        self,
        backend: Backend,
        journal: Journal | None = None,
        budget: Budget | None = None,
        attempts: int = 8,
        start: int = 32,
    ) -> None:
        self.backend = backend
        self.journal = journal
        self.budget = budget or Budget()
        self.statistics = Statistics()
        self.limit = AdaptiveLimit(min(start, backend.most_in_flight), backend.most_in_flight)
        self._attempts = attempts
        self._asking: dict[str, asyncio.Future[ChatReply]] = {}
        # Jitter spreads retries in time and changes no result, so it needs no seed of the run.
        self._jitter = random.Random()

    async def complete(self, request: ChatRequest) -> ChatReply:
        """Answer one request, from the journal if it was ever asked before.

        Raises:
            BudgetExceeded: the budget is spent; nothing was sent.
            ModelError: the request failed in a way that asking again does not mend, or failed too often.
        """
        digest = request.digest(self.backend.model)
        if self.journal is not None and (found := self.journal.find(digest)) is not None:
            self.statistics.replayed += 1
            return found
        asking = self._asking.get(digest)
        if asking is not None:
            return await asyncio.shield(asking)
        future: asyncio.Future[ChatReply] = asyncio.get_running_loop().create_future()
        self._asking[digest] = future
        try:
            reply = await self._ask(request)
            if self.journal is not None:
                await self.journal.add(digest, self.backend.model, request, reply)
        except BaseException as error:
            if isinstance(error, Exception):
                future.set_exception(error)
                future.exception()
            else:
                future.cancel()
            raise
        else:
            future.set_result(reply)
            return reply
        finally:
            del self._asking[digest]

    async def complete_all(
        self, requests: Iterable[ChatRequest]
    ) -> AsyncIterator[tuple[ChatRequest, ChatReply | ModelError]]:
        """Yield each request with its reply, or with what made it fail, as they arrive.

        Only as many requests are drawn from `requests` as may be in flight, so the iterable can be endless.

        Raises:
            BudgetExceeded: after all replies in flight were received and kept.
        """
        waiting = iter(requests)
        results: asyncio.Queue[tuple[ChatRequest, ChatReply | BaseException]] = asyncio.Queue(
            maxsize=2 * self.backend.most_in_flight
        )
        spent: BudgetExceeded | None = None

        async def work() -> None:
            for request in waiting:
                outcome: ChatReply | BaseException
                try:
                    outcome = await self.complete(request)
                except Exception as error:
                    outcome = error
                await results.put((request, outcome))
                if isinstance(outcome, BudgetExceeded):
                    return

        async def work_all() -> None:
            await asyncio.gather(*(work() for _ in range(self.backend.most_in_flight)))

        workers = asyncio.create_task(work_all())
        try:
            while not (workers.done() and results.empty()):
                if results.empty():
                    getter = asyncio.ensure_future(results.get())
                    await asyncio.wait((getter, workers), return_when=asyncio.FIRST_COMPLETED)
                    if not getter.done():
                        getter.cancel()
                        continue
                    request, outcome = getter.result()
                else:
                    request, outcome = results.get_nowait()
                if isinstance(outcome, BudgetExceeded):
                    spent = outcome
                elif isinstance(outcome, (ChatReply, ModelError)):
                    yield request, outcome
                else:
                    raise outcome
            await workers
        finally:
            workers.cancel()
            await asyncio.gather(workers, return_exceptions=True)
        if spent is not None:
            raise spent

    async def _ask(self, request: ChatRequest) -> ChatReply:
        wait = self._FIRST_WAIT
        for attempt in range(1, self._attempts + 1):
            await self.limit.acquire()
            try:
                self.budget.check()
                self.statistics.sent += 1
                reply = await self.backend.complete(request)
                self.limit.succeeded(reply.seconds)
                self._count(reply)
                return reply
            except RetryableError as error:
                self.statistics.faults[error.kind] += 1
                if error.overload:
                    self.limit.overloaded()
                if error.retry_after is not None:
                    self.limit.pause(error.retry_after)
                if attempt == self._attempts:
                    raise ModelError(
                        f"'{request.key}' failed {attempt} times, last: {error}",
                        "run the same command again later; replies so far are kept",
                    ) from None
                pause = error.retry_after or 0.0
            finally:
                self.limit.release()
            await asyncio.sleep(pause + self._jitter.uniform(0.2, 1.0) * wait)
            wait = min(wait * 2, self._LONGEST_WAIT)
        raise AssertionError("unreachable")

    def _count(self, reply: ChatReply) -> None:
        self.budget.add(reply)
        seen = self.statistics
        seen.replied += 1
        seen.prompt_tokens += reply.prompt_tokens or 0
        seen.reply_tokens += reply.reply_tokens or 0
        if reply.cost_usd is None:
            seen.cost_known = False
        else:
            seen.cost_usd += reply.cost_usd

    async def close(self) -> None:
        """Close the backend; the journal stays with whoever opened it."""
        await self.backend.close()
