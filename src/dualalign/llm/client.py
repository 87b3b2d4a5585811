"""Many requests, each paid for once: journal, budget, retries and adaptive concurrency around one backend."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace

from dualalign.errors import BudgetExceeded, ModelError
from dualalign.llm.answers import LONGEST_ANSWER, answer_in
from dualalign.llm.backend import Backend, RetryableError, UnusableBackendError, UselessReplyError
from dualalign.llm.budget import Budget
from dualalign.llm.completion import thought_only
from dualalign.llm.concurrency import AdaptiveLimit
from dualalign.llm.journal import Journal
from dualalign.llm.request import ChatReply, ChatRequest
from dualalign.llm.retries import Retries, Tries
from dualalign.llm.statistics import Statistics


class LanguageModel:
    """A backend with a memory and a budget.

    Args:
        backend: where requests go.
        journal: replies already paid for; None keeps nothing.
        budget: stops the run when spent; None for no limit.
        attempts: times one request is sent before its fault is raised.
        start: requests in flight at first.
        timeouts: how many of the attempts may end in a time-out.
        patience: seconds a request waits on a server that is too busy or, having answered before, is not there;
            such refusals are not counted as attempts.
    """

    def __init__(
        self,
        backend: Backend,
        journal: Journal | None = None,
        budget: Budget | None = None,
        attempts: int = 8,
        start: int = 8,
        timeouts: int = 3,
        patience: float = 600.0,
    ) -> None:
        self.backend = backend
        self.journal = journal
        self.budget = budget or Budget()
        self.statistics = Statistics()
        self.limit = AdaptiveLimit(min(start, backend.most_in_flight), backend.most_in_flight)
        self._retries = Retries(attempts, timeouts, patience)
        self._identity: str = getattr(backend, "identity", backend.model)
        self._first_call = asyncio.Lock()
        self._unusable: UnusableBackendError | None = None
        self._asking: dict[str, asyncio.Future[ChatReply]] = {}

    async def complete(self, request: ChatRequest) -> ChatReply:
        """Answer one request, from the journal if it was ever asked before.

        Raises:
            BudgetExceeded: the budget is spent; nothing was sent.
            UnusableBackendError: no request is answered, this one or another; nothing more will be sent.
            UselessReplyError: the reply holds no answer.
            ModelError: the request failed in a way that asking again does not mend, or failed too often.
        """
        digest = request.digest(self._identity)
        if self.journal is not None and (found := self.journal.find(digest)) is not None:
            try:
                found = _sound(found, self.backend.model)
            except UselessReplyError:
                self.journal.set_aside(digest)
            else:
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
                await self.journal.add(digest, self._identity, request, reply)
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

    def set_aside(self, request: ChatRequest) -> None:
        """Mark the reply to a request as one that could not be used, so that the next run asks for it anew."""
        if self.journal is not None:
            self.journal.set_aside(request.digest(self._identity))

    async def complete_all(
        self, requests: Iterable[ChatRequest]
    ) -> AsyncIterator[tuple[ChatRequest, ChatReply | ModelError]]:
        """Yield each request with its reply, or with what made it fail, as they arrive.

        Only as many requests are drawn from `requests` as may be in flight, so the iterable can be endless.

        Raises:
            BudgetExceeded, UnusableBackendError: after all replies in flight were received and kept.
        """
        waiting = iter(requests)
        results: asyncio.Queue[tuple[ChatRequest, ChatReply | BaseException]] = asyncio.Queue(
            maxsize=2 * self.backend.most_in_flight
        )
        stopped: ModelError | None = None

        async def work() -> None:
            for request in waiting:
                outcome: ChatReply | BaseException
                try:
                    outcome = await self.complete(request)
                except Exception as error:
                    outcome = error
                await results.put((request, outcome))
                if isinstance(outcome, (BudgetExceeded, UnusableBackendError)):
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
                if isinstance(outcome, (BudgetExceeded, UnusableBackendError)):
                    stopped = outcome
                elif isinstance(outcome, (ChatReply, ModelError)):
                    yield request, outcome
                else:
                    raise outcome
            await workers
        finally:
            workers.cancel()
            await asyncio.gather(workers, return_exceptions=True)
        if stopped is not None:
            raise stopped

    async def _ask(self, request: ChatRequest) -> ChatReply:
        tries = Tries(request.key)
        while True:
            await self.limit.acquire()
            try:
                tries.send()
                reply = await self._send(request)
                self.limit.succeeded()
                return reply
            except RetryableError as error:
                wait = self._meet(error, tries)
            except UselessReplyError as error:
                self.limit.succeeded()
                self.statistics.faults[error.kind] += 1
                if error.paid is not None:
                    self._count(error.paid)
                raise
            except UnusableBackendError as error:
                self._unusable = error
                raise
            finally:
                self.limit.release()
            await asyncio.sleep(wait)

    async def _send(self, request: ChatRequest) -> ChatReply:
        if self.budget.limited and not self.budget.calls:
            # Until one call is paid for nobody knows what a call costs, so the first goes alone.
            async with self._first_call:
                if not self.budget.calls:
                    return await self._pay(request)
        return await self._pay(request)

    async def _pay(self, request: ChatRequest) -> ChatReply:
        if self._unusable is not None:
            raise self._unusable
        self.budget.check()
        self.statistics.sent += 1
        self.budget.in_flight += 1
        try:
            reply = _sound(await self.backend.complete(request), self.backend.model)
        except UselessReplyError:
            self._retries.replied()
            raise
        finally:
            self.budget.in_flight -= 1
        self._retries.replied()
        self.statistics.replied += 1
        self._count(reply)
        return reply

    def _meet(self, error: RetryableError, tries: Tries) -> float:
        self.statistics.faults[error.kind] += 1
        if error.paid is not None:
            self._count(error.paid)
        if error.overload:
            self.limit.overloaded()
        try:
            wait = self._retries.wait_before_next(tries, error)
        except UnusableBackendError as stop:
            self._unusable = stop
            raise
        if error.retry_after is not None:
            self.limit.pause(error.retry_after)
        return wait

    def _count(self, reply: ChatReply) -> None:
        self.budget.add(reply)
        self.statistics.add(reply)

    async def close(self) -> None:
        """Close the backend; the journal stays with whoever opened it."""
        await self.backend.close()


def _sound(reply: ChatReply, model: str) -> ChatReply:
    """Return a reply as text that a file can keep.

    Raises:
        UselessReplyError: it holds no answer, or one that is no note and no list of labels for its length alone.
    """
    answer = answer_in(reply.text)
    if not answer:
        raise thought_only(reply, model)
    if len(answer) > LONGEST_ANSWER:
        raise UselessReplyError(
            "too long",
            f"{model}: the reply has more than {LONGEST_ANSWER:,} characters",
            "lower -M max_tokens, or use another model",
            reply,
        )
    try:
        reply.text.encode()
    except UnicodeEncodeError:
        # Half a surrogate pair, as a server may cut one in two.
        return replace(reply, text=reply.text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
    return reply
