"""Each command of the guide is run, with the host of its URL replaced by a server in this process."""

import asyncio
import itertools
import re
import shlex
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

pytest.importorskip("aiohttp", reason="the llm extra is not installed")

import typer
from chat_server import ChatServer
from typer.testing import CliRunner, Result

from dualalign.cli import generate
from dualalign.cohort import open_cohort
from dualalign.llm import Journal
from tests.llm.tiny_model import save_tiny_model

GUIDE = Path(__file__).parents[2] / "docs" / "models.md"
TOY = Path(__file__).parents[1] / "packs" / "toy"
TEXT = GUIDE.read_text(encoding="utf-8")
COMMANDS = [
    line
    for block in re.findall(r"```sh\n(.*?)```", TEXT, re.S)
    for line in block.splitlines()
    if line.startswith("dualalign ")
]
SERVERS = [command for command in COMMANDS if "--writer llm " in command]


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[ChatServer, str]]:
    """Yield a server that runs in a thread of its own, and its address without a path."""
    chat, ready, loop = ChatServer(latency=0.0, keep=True), threading.Event(), asyncio.new_event_loop()
    address: list[str] = []

    async def start() -> Any:
        runner, url = await chat.start()
        address.append(urlsplit(url).netloc)
        ready.set()
        return runner

    def run() -> None:
        runner = loop.run_until_complete(start())
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(10)
    yield chat, address[0]
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)


def run(command: str, out: Path, *more: str, host: str = "") -> Result:
    """Run a command of the guide for one note of one invented patient."""
    words = shlex.split(command)[1:]
    words[words.index("alzheimers")] = str(TOY)
    if "--model-base-url" in words:
        at = words.index("--model-base-url") + 1
        words[at] = urlsplit(words[at])._replace(scheme="http", netloc=host).geturl()
    app = typer.Typer()
    generate.register(app)
    app.command("other")(lambda: None)
    small = ["--patients", "1", "--most-notes", "1", "--repairs", "0", "--quiet"]
    if "--out" in words:
        words[words.index("--out") + 1] = str(out)
    else:
        small += ["--out", str(out)]
    return CliRunner().invoke(app, [*words, *small, *more])


def test_the_guide_names_every_kind_of_server() -> None:
    hosts = " ".join(SERVERS)
    for part in (
        ":8000/v1",
        ":11434/v1",
        ":8080/v1",
        ":1234/v1",
        "api.openai.com/v1",
        "/openai/v1",
        "api-version=",
    ):
        assert part in hosts
    assert len(COMMANDS) == len(SERVERS) + 4


@pytest.mark.parametrize("command", SERVERS)
def test_a_command_for_a_server_sends_what_it_should(
    command: str, server: tuple[ChatServer, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat, host = server
    chat.requests.clear()
    words = shlex.split(command)
    option = dict(itertools.pairwise(words))
    more = dict(word.split("=", 1) for flag, word in itertools.pairwise(words) if flag == "-M")
    variable = more.get("api_key_env", "OPENAI_API_KEY")
    monkeypatch.setenv(variable, "a-key")
    result = run(command, tmp_path / "cohort", host=host)
    assert result.exit_code == 0, result.output
    (request,) = chat.requests
    url, body, headers = urlsplit(option["--model-base-url"]), request["body"], request["headers"]
    assert request["path"] == f"{url.path}/chat/completions"
    assert body["model"] == option["--model"]
    assert [message["role"] for message in body["messages"]] == ["system", "user", "assistant", "user"]
    if url.query:
        assert request["query"] == {"api-version": "2024-10-21"}
        assert headers["api-key"] == "a-key"
        assert "Authorization" not in headers
    else:
        assert headers["Authorization"] == "Bearer a-key"
    if "max_completion_tokens" in more:
        assert "max_tokens" not in body
        assert "temperature" not in body
        assert body["max_completion_tokens"] == 4000
    else:
        assert body["max_tokens"] > 0
        assert body["temperature"] > 0
    assert isinstance(body["seed"], int)
    with Journal(tmp_path / "cohort" / "journal.sqlite") as journal:
        totals = journal.totals()
    assert totals["cost_usd"] == ((400 * 0.15 + 150 * 0.60) / 1e6 if "price_prompt" in more else None)
    assert "a-key" not in (tmp_path / "cohort" / "manifest.json").read_text(encoding="utf-8")


def test_the_replay_command_makes_the_same_notes_without_a_server(
    server: tuple[ChatServer, str], tmp_path: Path
) -> None:
    chat, host = server
    first, again = tmp_path / "cohort", tmp_path / "again"
    assert run(SERVERS[0], first, host=host).exit_code == 0
    calls = sum(chat.seen.values())
    (command,) = (each for each in COMMANDS if "--writer replay" in each)
    command = command.replace("cohort/journal.sqlite", str(first / "journal.sqlite"))
    result = run(command, again)
    assert result.exit_code == 0, result.output
    assert sum(chat.seen.values()) == calls
    texts = [open_cohort(folder).table("notes")["text"].to_pylist() for folder in (first, again)]
    assert texts[0] == texts[1]
    assert len(texts[0]) == 1


def test_gguf_commands_are_refused_only_for_want_of_the_file(tmp_path: Path) -> None:
    commands = [each for each in COMMANDS if "--writer llama-cpp" in each]
    assert commands
    for command in commands:
        result = run(command, tmp_path)
        assert result.exit_code != 0
        assert "model.gguf: no such file" in str(result.exception) + result.output


def test_the_transformers_command_writes_with_a_model_of_random_weights(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    (command,) = (each for each in COMMANDS if "--writer transformers" in each)
    folder = save_tiny_model(tmp_path)
    result = run(
        command.replace("path/to/model", str(folder)),
        tmp_path / "cohort",
        "-M",
        "max_tokens=20",
        "-M",
        "context=16000",
    )
    assert result.exit_code == 0, result.output
    assert len(open_cohort(tmp_path / "cohort").table("notes")) == 1
