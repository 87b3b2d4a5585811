"""Each fault of a server: counted, survived, nothing lost; a hung server costs a time-out, not the run."""

import asyncio
import random
import time
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("aiohttp", reason="the llm extra is not installed")

from aiohttp import web
from chat_server import ChatServer, Faults

from dualalign.errors import ModelError
from dualalign.llm import (
    Budget,
    ChatReply,
    ChatRequest,
    Journal,
    LanguageModel,
    RetryableError,
    UnusableBackendError,
)
from dualalign.llm.http import ChatCompletionsBackend
from tests.llm.conftest import ask, collect

COUNTED_AS = {
    "refuse": "429",
    "refuse_wait": "429",
    "error": "500",
    "reset": "reset",
    "truncate": "broken",
    "empty": "empty",
    "wrong": "broken",
    "hang": "timeout",
}


@pytest.mark.parametrize("fault", COUNTED_AS)
def test_each_fault_is_counted_and_survived_and_nothing_is_lost(fault: str, tmp_path: Path) -> None:
    count = 20
    server = ChatServer(latency=0.0, faults=Faults(first=(fault,)))
    timeout = 0.3 if fault == "hang" else 10.0
    with Journal(tmp_path / "j.sqlite") as journal:
        results, model = collect(server, count, journal, timeout=timeout, start=32)
        assert len(journal) == count
    replies = [reply for _, reply in results]
    assert all(isinstance(reply, ChatReply) and reply.text == server.reply for reply in replies)
    assert sorted(request.key for request, _ in results) == sorted(f"n{number}" for number in range(count))
    assert model.statistics.faults == {COUNTED_AS[fault]: count}
    assert model.statistics.sent == 2 * count
    assert set(server.answered.values()) == {1}


def test_a_slow_drip_is_waited_for(tmp_path: Path) -> None:
    server = ChatServer(latency=0.0, faults=Faults(first=("drip",)))
    results, model = collect(server, 10)
    assert len(results) == 10
    assert not model.statistics.faults


class HangsOnce(Faults):
    hung = False

    def draw(self, chance: random.Random, times_seen: int) -> str:
        first, self.hung = not self.hung, True
        return "hang" if first else ""


def test_one_hung_reply_costs_one_time_out_and_the_others_do_not_wait_for_it() -> None:
    server = ChatServer(latency=0.0, faults=HangsOnce())
    started = time.perf_counter()
    results, model = collect(server, 60, timeout=0.5)
    assert 0.5 < time.perf_counter() - started < 1.5
    assert len(results) == 60
    assert model.statistics.faults == {"timeout": 1}


def test_a_server_that_hangs_for_good_stops_the_run_with_everything_kept(tmp_path: Path) -> None:
    first, hung = ChatServer(latency=0.0), ChatServer(latency=0.0, faults=Faults({"hang": 1.0}))
    with Journal(tmp_path / "j.sqlite") as journal:
        collect(first, 10, journal)
        started = time.perf_counter()
        with pytest.raises(UnusableBackendError, match="no request was answered"):
            collect(hung, 200, journal, timeout=0.2)
        # Three time-outs of whatever was in flight, and not three of each of 190 requests.
        assert time.perf_counter() - started < 3
        assert len(journal) == 10


def test_a_stream_that_stalls_costs_the_time_of_one_token_not_of_a_reply() -> None:
    server = ChatServer(latency=0.0, faults=Faults(first=("stall",)))
    started = time.perf_counter()
    results, model = collect(server, 5, timeout=60, idle_timeout=0.2)
    assert time.perf_counter() - started < 5
    assert [reply.text for _, reply in results] == [server.reply] * 5
    assert results[0][1].reply_tokens == 150
    assert model.statistics.faults == {"timeout": 5}


def test_nobody_there_stops_the_run_and_says_so() -> None:
    async def run() -> None:
        model = LanguageModel(ChatCompletionsBackend("http://127.0.0.1:9/v1", "m"), attempts=2)
        try:
            async for _ in model.complete_all(map(ask, range(1000))):
                pass
        finally:
            await model.close()

    with pytest.raises(UnusableBackendError, match="check that the server runs"):
        asyncio.run(run())


def test_a_server_that_restarts_is_waited_for() -> None:
    """Gone after the first reply, back half a second later: more refused connections than attempts."""

    async def run() -> LanguageModel:
        server = ChatServer(latency=0.0)
        runner, url = await server.start()
        port = int(url.rsplit(":", 1)[1].split("/")[0])
        model = LanguageModel(ChatCompletionsBackend(url, "m"), attempts=2)
        await model.complete(ask(0))
        await runner.cleanup()
        asked = asyncio.create_task(model.complete(ask(1)))
        await asyncio.sleep(0.5)
        runner, _ = await server.start(port)
        await asyncio.wait_for(asked, 5)
        await model.close()
        await runner.cleanup()
        return model

    assert asyncio.run(run()).statistics.faults["unreachable"] > 2


def test_refusals_for_load_are_no_attempts() -> None:
    server = ChatServer(latency=0.0, faults=Faults(first=("refuse",) * 5))
    results, _ = collect(server, 3, attempts=2)
    assert all(isinstance(reply, ChatReply) for _, reply in results)


def test_patience_has_an_end() -> None:
    server = ChatServer(latency=0.0, faults=Faults({"refuse": 1.0}))
    with pytest.raises(UnusableBackendError, match="no request was answered"):
        collect(server, 5, patience=0.3)


class Scripted:
    """A backend that meets its script of errors, then answers."""

    model = "m"
    most_in_flight = 8

    def __init__(self, *script: Exception) -> None:
        self.script = list(script)
        self.asked = 0

    async def complete(self, request: ChatRequest) -> ChatReply:
        self.asked += 1
        if self.script:
            raise self.script.pop(0)
        return ChatReply("fine", 10, 5, 0.01)

    async def close(self) -> None: ...


def test_a_wait_longer_than_patience_stops_the_run() -> None:
    backend = Scripted(RetryableError("429", "slow down", overload=True, retry_after=3600.0, outside=True))
    model = LanguageModel(backend)
    with pytest.raises(UnusableBackendError, match="wait 3,600 s"):
        asyncio.run(model.complete(ask(1)))


def test_retry_after_holds_every_request_back() -> None:
    backend = Scripted(RetryableError("429", "slow down", overload=True, retry_after=0.4, outside=True))
    model = LanguageModel(backend)

    async def run() -> float:
        first = asyncio.create_task(model.complete(ask(1)))
        await asyncio.sleep(0.05)
        started = time.perf_counter()
        await model.complete(ask(2))
        waited = time.perf_counter() - started
        await first
        return waited

    assert 0.25 < asyncio.run(run()) < 0.8


def test_an_empty_reply_is_paid_for_all_the_same() -> None:
    paid = ChatReply("", 40, 2, 0.1, 0.5)
    model = LanguageModel(Scripted(RetryableError("empty", "empty", paid=paid)), budget=Budget(tokens=1000))
    asyncio.run(model.complete(ask(1)))
    assert model.statistics.prompt_tokens == 50
    assert model.budget.spent_tokens == 57


def answer_with(given: web.Response, calls: list[str], count: int = 3) -> list[Any]:
    """Ask a server that gives every request the same answer; return the outcomes."""

    async def handle(request: web.Request) -> web.Response:
        calls.append(request.path)
        return web.Response(body=given.body, status=given.status, headers=given.headers)

    async def run() -> list[Any]:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", handle)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        model = LanguageModel(
            ChatCompletionsBackend(
                f"http://user:secret@127.0.0.1:{port}/v1?key=secret", "m", most_in_flight=1
            )
        )
        try:
            return [item async for item in model.complete_all(map(ask, range(count)))]
        finally:
            await model.close()
            await runner.cleanup()

    return asyncio.run(run())


def refused(status: int, message: str, code: str = "", **headers: str) -> web.Response:
    return web.json_response({"error": {"message": message, "code": code}}, status=status, headers=headers)


@pytest.mark.parametrize(
    ("answer", "remedy"),
    [
        (refused(401, "bad key"), "OPENAI_API_KEY"),
        (refused(404, "The model `m` does not exist."), "the server has the model 'm'"),
        (refused(402, "insufficient credits"), "top it up"),
        (refused(429, "You exceeded your current quota", "insufficient_quota"), "top it up"),
        (refused(400, "Unsupported parameter: 'max_tokens'"), "-M KEY=VALUE"),
        (web.Response(status=307, headers={"Location": "http://elsewhere/v1"}), "elsewhere"),
    ],
)
def test_what_no_request_will_survive_stops_the_run_after_one_call(answer: web.Response, remedy: str) -> None:
    calls: list[str] = []
    with pytest.raises(UnusableBackendError, match=remedy) as raised:
        answer_with(answer, calls)
    assert len(calls) == 1
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("answer", "remedy"),
    [
        (refused(400, "maximum context length is 4096 tokens"), "longer context"),
        (refused(400, "the request exceeds the available context size"), "longer context"),
        (refused(400, "The response was filtered", "content_filter"), "filter"),
        (
            web.json_response({"choices": [{"message": {"content": ""}, "finish_reason": "length"}]}),
            "raise -M max_tokens",
        ),
        (
            web.json_response(
                {"choices": [{"message": {"content": None}, "finish_reason": "content_filter"}]}
            ),
            "filter",
        ),
    ],
)
def test_what_one_request_cannot_survive_is_said_for_each_and_asked_once(
    answer: web.Response, remedy: str
) -> None:
    calls: list[str] = []
    results = answer_with(answer, calls)
    assert len(calls) == 3
    assert len(results) == 3
    for _, outcome in results:
        assert isinstance(outcome, ModelError)
        assert remedy in str(outcome)
        assert "secret" not in str(outcome)
