import asyncio
from pathlib import Path

import pytest

pytest.importorskip("aiohttp", reason="the llm extra is not installed")

from chat_server import ChatServer, Faults

from dualalign.errors import BudgetExceeded, ModelError
from dualalign.llm import Budget, ChatReply, Journal, LanguageModel, Prices
from dualalign.llm.http import ChatCompletionsBackend
from tests.llm.conftest import ask, collect, with_server


def test_every_request_is_answered_once() -> None:
    server = ChatServer(latency=0.0)
    results, model = collect(server, 100)
    assert len(results) == 100
    assert all(isinstance(reply, ChatReply) for _, reply in results)
    assert set(server.seen.values()) == {1}
    assert model.statistics.reply_tokens == 150 * 100


def test_faults_of_every_kind_at_once_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    kinds = ("refuse", "refuse_wait", "error", "reset", "truncate", "empty", "wrong", "drip")
    server = ChatServer(latency=0.0, faults=Faults(dict.fromkeys(kinds, 0.05)), seed=3)
    with Journal(tmp_path / "j.sqlite") as journal:
        results, model = collect(server, 200, journal)
        assert len(journal) == 200
    assert sorted(request.key for request, reply in results if isinstance(reply, ChatReply)) == sorted(
        f"n{i}" for i in range(200)
    )
    assert sum(model.statistics.faults.values()) == model.statistics.sent - 200 > 0
    assert set(server.answered.values()) == {1}


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
        budget = Budget(tokens=5_000)
        with pytest.raises(BudgetExceeded, match="tokens is spent"):
            collect(server, 500, journal, budget=budget, start=32)
        # Each call takes 550 tokens, and 32 were ready to be sent at once.
        assert len(journal) == sum(server.answered.values()) == 9
        assert budget.spent_tokens == 9 * 550


def test_a_budget_of_dollars_stops_before_it_is_passed() -> None:
    server, budget = ChatServer(latency=0.0), Budget(usd=0.01)
    with pytest.raises(BudgetExceeded, match="US dollars is spent"):
        collect(server, 100, budget=budget, prices=Prices(1.0, 2.0))
    assert sum(server.seen.values()) == int(0.01 / 0.0007)


def test_a_token_budget_needs_counted_tokens() -> None:
    budget = Budget(tokens=100)
    budget.add(ChatReply("text", None, None, 0.1))
    with pytest.raises(ModelError, match="counts tokens"):
        budget.check()


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


def test_a_url_must_be_one() -> None:
    with pytest.raises(ModelError, match="base URL"):
        ChatCompletionsBackend("localhost:8000", "m")
