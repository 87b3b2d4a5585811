"""Many requests, each paid for once: journal, budget, retries and adaptive concurrency around one backend."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterable

from dualalign.errors import BudgetExceeded, ModelError
from dualalign.llm.backend import Backend, RetryableError, UnusableBackendError
from dualalign.llm.budget import Budget
from dualalign.llm.concurrency import AdaptiveLimit
from dualalign.llm.journal import Journal
from dualalign.llm.request import ChatReply, ChatRequest
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

    _FIRST_WAIT = 0.05
    _LONGEST_WAIT = 30.0
    _HOPELESS = 2

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
        self._attempts = attempts
        self._timeouts = timeouts
        self._patience = patience
        self._identity: str = getattr(backend, "identity", backend.model)
        self._first_call = asyncio.Lock()
        self._last_reply = float("-inf")
        self._given_up = 0
        self._unusable: UnusableBackendError | None = None
        self._asking: dict[str, asyncio.Future[ChatReply]] = {}
        # Jitter spreads retries in time and changes no result, so it needs no seed of the run.
        self._jitter = random.Random()

    async def complete(self, request: ChatRequest) -> ChatReply:
        """Answer one request, from the journal if it was ever asked before.

        Raises:
            BudgetExceeded: the budget is spent; nothing was sent.
            UnusableBackendError: no request is answered, this one or another; nothing more will be sent.
            ModelError: the request failed in a way that asking again does not mend, or failed too often.
        """
        digest = request.digest(self._identity)
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
        began, wait = time.monotonic(), self._FIRST_WAIT
        tries = attempts = timeouts = 0
        while True:
            tries += 1
            await self.limit.acquire()
            try:
                reply = await self._send(request)
                self.limit.succeeded(reply.seconds)
                return reply
            except RetryableError as error:
                self.statistics.faults[error.kind] += 1
                if error.overload:
                    self.limit.overloaded()
                if error.retry_after is not None:
                    self._wait_as_told(error.retry_after, error)
                timed_out = error.kind == "timeout"
                if error.outside and (error.overload or self._last_reply > float("-inf")):
                    spare = time.monotonic() + max(wait, error.retry_after or 0.0) - began < self._patience
                else:
                    attempts, timeouts = attempts + 1, timeouts + timed_out
                    spare = attempts < self._attempts and timeouts < self._timeouts
                if not spare:
                    raise self._give_up(request, tries, began, error) from None
                pause = error.retry_after or 0.0
            finally:
                self.limit.release()
            await asyncio.sleep(pause + self._jitter.uniform(0.2, 1.0) * wait)
            wait = min(wait * 2, self._LONGEST_WAIT)

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
            reply = await self.backend.complete(request)
        except UnusableBackendError as error:
            self._unusable = error
            raise
        except RetryableError as error:
            if error.paid is not None:
                self._count(error.paid)
            raise
        finally:
            self.budget.in_flight -= 1
        self._last_reply = time.monotonic()
        self.statistics.replied += 1
        self._count(reply)
        return reply

    def _wait_as_told(self, seconds: float, error: RetryableError) -> None:
        if seconds > self._patience:
            self._unusable = UnusableBackendError(
                f"the server asks to wait {seconds:,.0f} s: {error}",
                "run the same command again then; replies so far are kept",
            )
            raise self._unusable from None
        self.limit.pause(seconds)

    def _give_up(self, request: ChatRequest, tries: int, began: float, error: RetryableError) -> ModelError:
        """Return the error of one request, or of the whole run if nothing else is answered either."""
        self._given_up = 0 if self._last_reply > began else self._given_up + 1
        if self._given_up >= self._HOPELESS and self._unusable is None:
            self._unusable = UnusableBackendError(
                f"no request was answered in {time.monotonic() - began:.0f} s, last: {error}",
                "check that the server runs and --base-url names it, then run the same command again; "
                "replies so far are kept",
            )
        return self._unusable or ModelError(
            f"'{request.key}' failed {tries} times, last: {error}",
            "run the same command again later; replies so far are kept",
        )

    def _count(self, reply: ChatReply) -> None:
        self.budget.add(reply)
        self.statistics.add(reply)

    async def close(self) -> None:
        """Close the backend; the journal stays with whoever opened it."""
        await self.backend.close()
