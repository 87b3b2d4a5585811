"""Servers that answer oddly, over HTTP: nothing hangs, nothing leaks, nothing paid for is lost or kept for ever."""

import asyncio
import email.utils
import json
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("aiohttp", reason="the llm extra is not installed")

from aiohttp import web

from dualalign.errors import ModelError
from dualalign.llm import ChatReply, ChatRequest, Journal, LanguageModel, UnusableBackendError
from dualalign.llm.backend import UselessReplyError
from dualalign.llm.choice import ModelChoice, recorded_model
from dualalign.llm.http import ChatCompletionsBackend
from dualalign.llm.refusals import retry_after
from dualalign.llm.replay import ReplayBackend
from tests.llm.conftest import ask
from tests.llm.test_faults import Scripted, answer_with


def completion(text: str, status: int = 200, kind: str = "application/json") -> web.Response:
    body = json.dumps({"choices": [{"message": {"content": text}, "finish_reason": "stop"}]})
    return web.Response(body=body, status=status, content_type=kind)


@pytest.mark.parametrize("status", [200, 201, 203])
@pytest.mark.parametrize("kind", ["application/json", "text/plain", "text/event-stream"])
def test_a_reply_is_one_whatever_its_header_says(status: int, kind: str) -> None:
    ((_, reply),) = answer_with(completion("fine", status, kind), [], 1)
    assert isinstance(reply, ChatReply)
    assert reply.text == "fine"


@pytest.mark.parametrize("half", ["\\ud83d", "\\udc00 and more"])
def test_half_a_surrogate_pair_is_kept_as_text_and_nothing_hangs(half: str, tmp_path: Path) -> None:
    text = json.loads(f'"a {half} b"')
    with Journal(tmp_path / "j.sqlite") as journal:
        model = LanguageModel(Scripted(), journal)
        model.backend.complete = lambda request: _later(ChatReply(text, 1, 1, 0.0))  # type: ignore[method-assign]
        reply = asyncio.run(asyncio.wait_for(model.complete(ask(1)), 5))
        assert reply.text.startswith("a \N{REPLACEMENT CHARACTER}")
        found = journal.find(ask(1).digest("m"))
        assert found is not None
        assert found.text == reply.text


async def _later(reply: ChatReply) -> ChatReply:
    return reply


def test_half_a_surrogate_pair_in_a_request_is_asked_all_the_same(tmp_path: Path) -> None:
    request = ChatRequest("id-\ud800", ({"role": "user", "content": "x \ud800"},))
    with Journal(tmp_path / "j.sqlite", keep_requests=True) as journal:
        asyncio.run(asyncio.wait_for(LanguageModel(Scripted(), journal).complete(request), 5))
        assert len(journal) == 1


def test_a_reply_that_cannot_be_stored_is_an_error_and_the_next_one_is_stored(tmp_path: Path) -> None:
    with Journal(tmp_path / "j.sqlite") as journal:
        odd = ChatReply("fine", 10**30, 1, 0.0)

        async def run() -> None:
            with pytest.raises(ModelError, match="cannot be stored"):
                await asyncio.wait_for(journal.add("d1", "m", ask(1), odd), 5)
            await asyncio.wait_for(journal.add("d2", "m", ask(2), ChatReply("fine", 1, 1, 0.0)), 5)

        asyncio.run(run())
        assert len(journal) == 1


def test_a_reply_that_arrived_as_a_run_was_interrupted_is_kept(tmp_path: Path) -> None:
    async def interrupted(journal: Journal) -> None:
        asyncio.get_running_loop().call_soon(lambda: None)
        journal._commit = lambda: None  # type: ignore[method-assign]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(journal.add("d1", "m", ask(1), ChatReply("fine", 1, 1, 0.0)), 0.05)
        del journal._commit

    journal = Journal(tmp_path / "j.sqlite")
    asyncio.run(interrupted(journal))
    # Another loop does not wait for what the first one left.
    asyncio.run(asyncio.wait_for(_add(journal), 5))
    journal.close()
    with Journal(tmp_path / "j.sqlite") as again:
        assert len(again) == 2


async def _add(journal: Journal) -> None:
    await journal.add("d2", "m", ask(2), ChatReply("fine", 1, 1, 0.0))


def test_a_reply_without_end_is_given_up_in_time() -> None:
    started = time.perf_counter()
    for text, kind in (("x" * 50_000_000, "too large"), ("x" * 1_000_000, "too long")):
        ((_, outcome),) = answer_with(completion(text), [], 1)
        assert isinstance(outcome, UselessReplyError)
        assert outcome.kind == kind
    assert time.perf_counter() - started < 10


@pytest.mark.parametrize("after", ["2", "date"])
def test_a_wait_is_held_against_the_server_s_own_clock(after: str) -> None:
    now = time.time() + 3600
    until = email.utils.formatdate(now + 2, usegmt=True) if after == "date" else after
    headers = {"date": email.utils.formatdate(now, usegmt=True), "retry-after": until}
    assert retry_after(headers) == pytest.approx(2, abs=1.1)


@pytest.mark.parametrize(
    "value", ["nan", "inf", "-5", "soon", "", "Fri, 99 Foo 2026 99:99:99 GMT", "9" * 400]
)
def test_a_wait_is_a_number_or_unknown(value: str) -> None:
    assert retry_after({"Retry-After": value}) in (None, 0.0)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {"error": {"message": "Insufficient credits", "code": 402}},
            "402: Insufficient credits - .*top it up",
        ),
        ({"error": {"message": "no such model", "code": 404}}, "the server has the model 'm'"),
        ({"error": {"message": "bad key", "type": "authentication_error"}}, "OPENAI_API_KEY"),
    ],
)
def test_an_error_inside_a_200_stops_the_run_with_the_server_s_words(body: Any, expected: str) -> None:
    calls: list[str] = []
    with pytest.raises(UnusableBackendError, match=expected):
        answer_with(web.json_response(body), calls)
    assert len(calls) == 1


def test_an_error_quotes_neither_prompt_nor_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-Secret5678")
    # `answer_with` names a user in its URL, in place of whom the key is not sent.
    said = "Incorrect API key provided: sk-Secret5678 (asked: question 0)"
    with pytest.raises(UnusableBackendError) as raised:
        answer_with(web.json_response({"error": {"message": said}}, status=401), [])
    assert "HTTP 401: Incorrect API key provided" in str(raised.value)
    for part in ("Secret", "question"):
        assert part not in str(raised.value)


@pytest.mark.parametrize("key", ["two\nlines", "schlüssel"])
def test_a_key_that_no_header_can_carry_is_said_and_not_shown(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(ModelError, match="OPENAI_API_KEY") as raised:
        ChatCompletionsBackend("http://localhost/v1", "m")
    assert key not in str(raised.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:99999/v1",
        "http://localhost:port/v1",
        "http://localhost:-1/v1",
        "http://localhost:0/v1",
        "http://[::1/v1",
        "http://[nonsense]/v1",
        "http://two hosts/v1",
        "http:///v1",
        "http://" + "a" * 70 + ".example/v1",
        "localhost:8000/v1",
        "ftp://localhost/v1",
        "",
    ],
)
def test_a_base_url_that_is_none_is_one_line(url: str) -> None:
    with pytest.raises(ModelError, match=r"base.url"):
        ModelChoice("llm", base_url=url, model="m")


@pytest.mark.parametrize(
    "url", ["http://[::1]:8000/v1", "http://localhost/v1", " https://user:pw@host.example:443/v1 "]
)
def test_a_base_url_of_any_kind_of_host_is_one(url: str) -> None:
    backend = ChatCompletionsBackend(ModelChoice("llm", base_url=url, model="m").base_url or "", "m")
    assert backend._shown == url.strip().replace("user:pw@", "") + "/chat/completions"


def run(model: LanguageModel, number: int = 1) -> ChatReply:
    return asyncio.run(model.complete(ask(number)))


def test_a_reply_set_aside_is_asked_anew_and_still_counted_and_replayed(tmp_path: Path) -> None:
    path = tmp_path / "j.sqlite"
    backend = Scripted()
    with Journal(path) as journal:
        model = LanguageModel(backend, journal)
        for round in (1, 2, 3):
            assert not run(model).replayed
            model.set_aside(ask(1))
            assert backend.asked == round
        assert journal.totals()["calls"] == 3
    replay = ReplayBackend.open(path, "m")
    assert asyncio.run(replay.complete(ask(1))).text == "fine"
    with Journal(path) as journal:
        model = LanguageModel(backend, journal)
        assert not run(model).replayed
        assert run(model).replayed


def test_a_poisoned_reply_of_an_older_run_is_asked_anew_at_once(tmp_path: Path) -> None:
    with Journal(tmp_path / "j.sqlite") as journal:
        asyncio.run(journal.add(ask(1).digest("m"), "m", ask(1), ChatReply("<think>for ever", 1, 1, 0.0)))
        assert run(LanguageModel(Scripted(), journal)).text == "fine"


def test_a_journal_is_its_owner_s_alone(tmp_path: Path) -> None:
    with Journal(tmp_path / "j.sqlite") as journal:
        run(LanguageModel(Scripted(), journal))
        assert {each.stat().st_mode & 0o777 for each in tmp_path.iterdir()} == {0o600}


def test_a_journal_that_cannot_be_written_is_replayed(tmp_path: Path) -> None:
    path = tmp_path / "j.sqlite"
    with Journal(path) as journal:
        run(LanguageModel(Scripted(), journal))
    before = path.read_bytes()
    path.chmod(0o400)
    tmp_path.chmod(0o500)
    try:
        assert recorded_model(path) == "m"
        assert asyncio.run(ReplayBackend.open(path, "m").complete(ask(1))).text == "fine"
    finally:
        tmp_path.chmod(0o700)
    assert path.read_bytes() == before


def _with_a_view(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE VIEW replies AS SELECT 1 AS digest")


def _with_a_trigger(path: Path) -> None:
    Journal(path).close()
    with sqlite3.connect(path) as db:
        db.execute("CREATE TRIGGER t AFTER INSERT ON replies BEGIN DELETE FROM replies; END")


def _with_damage(path: Path) -> None:
    with Journal(path) as journal:
        for number in range(200):
            run(LanguageModel(Scripted(), journal), number)
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)


def _with_bytes(path: Path) -> None:
    with Journal(path) as journal:
        run(LanguageModel(Scripted(), journal))
        journal._db.execute("UPDATE replies SET reply = x'ff00'")


@pytest.mark.parametrize(
    "make",
    [_with_a_view, _with_a_trigger, _with_damage, _with_bytes, lambda path: path.write_text("no database")],
)
@pytest.mark.parametrize("read_only", [True, False])
def test_a_journal_that_is_none_is_one_line(make: Any, read_only: bool, tmp_path: Path) -> None:
    path = tmp_path / "j.sqlite"
    make(path)
    with (
        pytest.raises(ModelError, match="cannot be used as a journal"),
        Journal(path, read_only=read_only) as journal,
    ):
        journal.find(ask(1).digest("m"))


@pytest.mark.parametrize(
    "line",
    [
        b'{"key": "k", "reply": "\xff"}',
        b"[" * 100_000,
        b'{"key": 1, "reply": "r"}',
        b'{"key": "k", "reply": 2}',
    ],
)
def test_a_table_of_replies_that_is_none_is_one_line(line: bytes, tmp_path: Path) -> None:
    path = tmp_path / "replies.jsonl"
    path.write_bytes('{"key": "k", "reply": "one\u2028line"}\n'.encode() + line + b"\n")
    with pytest.raises(ModelError, match=r"replies\.jsonl:2: not a recorded reply"):
        ReplayBackend.open(path, "m")
