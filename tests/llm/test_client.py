import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("aiohttp", reason="the llm extra is not installed")
sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from chat_server import ChatServer, Faults

from dualalign.errors import BudgetExceeded, ModelError
from dualalign.llm import Budget, ChatReply, ChatRequest, Journal, LanguageModel, Prices
from dualalign.llm.http import ChatCompletionsBackend


def ask(number: int) -> ChatRequest:
    return ChatRequest(f"n{number}", ({"role": "user", "content": f"question {number}"},), {"max_tokens": 10})


async def with_server(server: ChatServer, work: Callable[[str], Awaitable[Any]], **options: Any) -> Any:
    runner, url = await server.start()
    try:
        return await work(url)
    finally:
        await runner.cleanup()


def collect(server: ChatServer, count: int, journal: Journal | None = None, **options: Any) -> Any:
    timeouts = {k: options.pop(k) for k in ("timeout", "idle_timeout") if k in options}
    prices = options.pop("prices", None)

    async def work(url: str) -> Any:
        backend = ChatCompletionsBackend(url, "m", prices=prices, most_in_flight=32, **timeouts)
        model = LanguageModel(backend, journal, **options)
        try:
            return [item async for item in model.complete_all(map(ask, range(count)))], model
        finally:
            await model.close()

    return asyncio.run(with_server(server, work))


def test_every_request_is_answered_once() -> None:
    server = ChatServer(latency=0.0)
    results, model = collect(server, 100)
    assert len(results) == 100
    assert all(isinstance(reply, ChatReply) for _, reply in results)
    assert set(server.seen.values()) == {1}
    assert model.statistics.reply_tokens == 150 * 100


@pytest.mark.parametrize(
    "fault", ["refuse", "refuse_wait", "error", "reset", "truncate", "empty", "wrong", "drip"]
)
def test_each_fault_is_survived_and_nothing_is_lost(fault: str, tmp_path: Path) -> None:
    server = ChatServer(latency=0.0, faults=Faults({fault: 0.3}), seed=3)
    with Journal(tmp_path / "j.sqlite") as journal:
        results, model = collect(server, 60, journal)
        assert len(journal) == 60
    assert sorted(request.key for request, reply in results if isinstance(reply, ChatReply)) == sorted(
        f"n{i}" for i in range(60)
    )
    if fault != "drip":
        assert sum(model.statistics.faults.values()) == model.statistics.sent - 60 > 0
    assert set(server.answered.values()) == {1}


def test_a_hung_server_costs_one_timeout() -> None:
    server = ChatServer(latency=0.0, faults=Faults({"hang": 0.2}), seed=1)
    started = time.perf_counter()
    results, model = collect(server, 30, timeout=0.6, idle_timeout=0.3)
    assert len(results) == 30
    assert model.statistics.faults["timeout"] > 0
    assert time.perf_counter() - started < 8


def test_nothing_journalled_is_asked_again(tmp_path: Path) -> None:
    first, again = ChatServer(latency=0.0), ChatServer(latency=0.0)
    with Journal(tmp_path / "j.sqlite") as journal:
        collect(first, 20, journal)
        results, model = collect(again, 25, journal)
    assert len(results) == 25
    assert sum(again.seen.values()) == 5
    assert model.statistics.replayed == 20


def test_equal_requests_in_flight_share_one_call() -> None:
    server = ChatServer(latency=0.05)

    async def work(url: str) -> list[ChatReply]:
        model = LanguageModel(ChatCompletionsBackend(url, "m"))
        try:
            return await asyncio.gather(*(model.complete(ask(1)) for _ in range(5)))
        finally:
            await model.close()

    replies = asyncio.run(with_server(server, work))
    assert len(replies) == 5
    assert server.seen["question 1"] == 1


def test_a_budget_stops_cleanly_with_everything_saved(tmp_path: Path) -> None:
    server = ChatServer(latency=0.0)
    with Journal(tmp_path / "j.sqlite") as journal:
        with pytest.raises(BudgetExceeded, match="tokens is spent"):
            collect(server, 500, journal, budget=Budget(tokens=5_000), start=2)
        assert len(journal) == sum(server.answered.values()) < 500


def test_cost_is_unknown_without_prices_and_counted_with_them(tmp_path: Path) -> None:
    server = ChatServer(latency=0.0)
    with Journal(tmp_path / "a.sqlite") as journal:
        collect(server, 3, journal)
        assert journal.totals()["cost_usd"] is None
    with Journal(tmp_path / "b.sqlite") as journal:
        collect(server, 3, journal, prices=Prices(1.0, 2.0))
        assert journal.totals()["cost_usd"] == pytest.approx(3 * (400 + 300) / 1e6)
    _, model = collect(server, 2)
    model.budget.usd = 1.0
    with pytest.raises(ModelError, match="price"):
        model.budget.check()


@pytest.mark.parametrize(
    ("status", "said", "remedy"),
    [
        (401, "bad key", "OPENAI_API_KEY"),
        (404, "model not found", "the server has the model 'm'"),
        (400, "maximum context length is 4096 tokens", "longer context"),
    ],
)
def test_what_asking_again_cannot_mend_is_said_at_once(status: int, said: str, remedy: str) -> None:
    from aiohttp import web

    calls = 0

    async def refuse(request: web.Request) -> web.Response:
        nonlocal calls
        calls += 1
        return web.json_response({"error": {"message": said}}, status=status)

    async def run() -> None:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", refuse)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        model = LanguageModel(ChatCompletionsBackend(f"http://127.0.0.1:{port}/v1", "m"))
        try:
            await model.complete(ask(1))
        finally:
            await model.close()
            await runner.cleanup()

    with pytest.raises(ModelError, match=remedy):
        asyncio.run(run())
    assert calls == 1


def test_no_server_is_an_error_with_a_remedy() -> None:
    async def run() -> None:
        model = LanguageModel(ChatCompletionsBackend("http://127.0.0.1:9/v1", "m"), attempts=2)
        try:
            await model.complete(ask(1))
        finally:
            await model.close()

    with pytest.raises(ModelError, match="failed 2 times"):
        asyncio.run(run())


def test_a_url_must_be_one() -> None:
    with pytest.raises(ModelError, match="base URL"):
        ChatCompletionsBackend("localhost:8000", "m")
