"""What is sent, where to, and what is made of the answer."""

import asyncio
import email.utils
import time
from typing import Any

import pytest

pytest.importorskip("aiohttp", reason="the llm extra is not installed")

from chat_server import ChatServer

from dualalign.errors import ModelError
from dualalign.llm import ChatReply, ChatRequest, Journal, LanguageModel
from dualalign.llm.hosts import guard_real_text, is_private_host
from dualalign.llm.http import ChatCompletionsBackend
from dualalign.llm.refusals import retry_after
from dualalign.llm.replay import ReplayBackend
from tests.llm.conftest import ask, with_server

SCHEMA = {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}


def sent(server: ChatServer, request: ChatRequest, path: str = "/v1", **options: Any) -> list[dict[str, Any]]:
    """Ask once; return the requests the server saw."""
    server.keep = True

    async def work(url: str) -> None:
        model = LanguageModel(ChatCompletionsBackend(url.removesuffix("/v1") + path, "m", **options))
        try:
            await model.complete(request)
        finally:
            await model.close()

    asyncio.run(with_server(server, work))
    return server.requests


@pytest.mark.parametrize(
    ("path", "posted_to", "query"),
    [
        ("/v1", "/v1/chat/completions", {}),
        ("/v1/", "/v1/chat/completions", {}),
        (
            "/openai/deployments/d?api-version=1",
            "/openai/deployments/d/chat/completions",
            {"api-version": "1"},
        ),
        ("/a/chat/completions?api-version=1", "/a/chat/completions", {"api-version": "1"}),
    ],
)
def test_the_path_is_added_before_the_query(path: str, posted_to: str, query: dict[str, str]) -> None:
    (request,) = sent(ChatServer(latency=0.0), ask(1), path)
    assert (request["path"], request["query"]) == (posted_to, query)


def test_the_key_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", "abc")
    (request,) = sent(ChatServer(latency=0.0), ask(1), key_variable="SOME_KEY")
    assert request["headers"]["Authorization"] == "Bearer abc"
    for path, header in (("/v1", "x-key"), ("/openai/deployments/d?api-version=1", None)):
        (request,) = sent(ChatServer(latency=0.0), ask(1), path, key_variable="SOME_KEY", key_header=header)
        assert request["headers"][header or "api-key"] == "abc"
        assert "Authorization" not in request["headers"]


def test_an_extra_body_adds_replaces_and_leaves_out() -> None:
    extra = {"top_k": 5, "max_tokens": None, "max_completion_tokens": 7}
    (request,) = sent(ChatServer(latency=0.0), ask(1), extra_body=extra)
    assert request["body"] == {
        "model": "m",
        "messages": [{"role": "user", "content": "question 1"}],
        "top_k": 5,
        "max_completion_tokens": 7,
    }


def test_an_extra_body_is_part_of_what_was_asked() -> None:
    """Replies under other options are other replies, and both can be replayed."""
    server = ChatServer(latency=0.0)
    with Journal(":memory:") as journal:

        async def work(url: str) -> None:
            for extra in (None, {"top_k": 5}, {"top_k": 5}):
                model = LanguageModel(ChatCompletionsBackend(url, "m", extra_body=extra), journal)
                await model.complete(ask(1))
                await model.close()

        asyncio.run(with_server(server, work))
        assert server.seen["question 1"] == 2
        assert journal.models() == ["m", 'm {"top_k": 5}']
        journal._db.execute("DELETE FROM replies WHERE model = 'm'")
        assert asyncio.run(ReplayBackend("m", journal).complete(ask(1))).text == server.reply


def test_a_schema_goes_to_the_server_and_in_words_where_it_takes_none() -> None:
    request = ChatRequest("k", ({"role": "user", "content": "which id?"},), json_schema=SCHEMA)
    (able,) = sent(ChatServer(latency=0.0), request)
    assert able["body"]["response_format"]["json_schema"]["schema"] == SCHEMA
    assert able["body"]["messages"][-1]["content"] == "which id?"
    first, again = sent(ChatServer(latency=0.0, schema=False), request)
    assert "response_format" in first["body"]
    assert "response_format" not in again["body"]
    assert '"required": ["id"]' in again["body"]["messages"][-1]["content"]
    (told,) = sent(ChatServer(latency=0.0, schema=False), request, server_schema=False)
    assert told["body"] == again["body"]


def test_a_streamed_reply_is_the_same_reply() -> None:
    server = ChatServer(latency=0.0)

    async def work(url: str) -> list[ChatReply]:
        replies = []
        for idle_timeout in (None, 5.0):
            backend = ChatCompletionsBackend(url, "m", idle_timeout=idle_timeout)
            replies.append(await backend.complete(ask(1)))
            await backend.close()
        return replies

    whole, streamed = asyncio.run(with_server(server, work))
    assert (streamed.text, streamed.prompt_tokens, streamed.reply_tokens, streamed.finish_reason) == (
        whole.text,
        whole.prompt_tokens,
        whole.reply_tokens,
        whole.finish_reason,
    )


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"retry-after-ms": "250", "Retry-After": "1"}, 0.25),
        ({"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({}, None),
    ],
)
def test_what_a_server_asks_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == (None if seconds is None else pytest.approx(seconds, abs=2))


def test_a_date_to_wait_for_is_counted_from_now() -> None:
    later = email.utils.formatdate(time.time() + 60, usegmt=True)
    assert retry_after({"Retry-After": later}) == pytest.approx(60, abs=2)


def test_a_private_host_is_never_asked_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    assert len(sent(ChatServer(latency=0.0), ask(1))) == 1


@pytest.mark.parametrize(
    ("url", "private"),
    [
        ("http://127.0.0.1:8000/v1", True),
        ("http://localhost/v1", True),
        ("http://[::1]:8000/v1", True),
        ("http://10.1.2.3/v1", True),
        ("http://192.168.0.9:11434/v1", True),
        ("http://8.8.8.8/v1", False),
        ("http://no-such-host.invalid/v1", False),
    ],
)
def test_real_text_stays_in_the_house_unless_told(url: str, private: bool) -> None:
    assert is_private_host(url) is private
    guard_real_text(url, allowed=True)
    if private:
        guard_real_text(url, allowed=False)
    else:
        with pytest.raises(ModelError, match="real patient text"):
            guard_real_text(url, allowed=False)
