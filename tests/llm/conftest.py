import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("aiohttp", reason="the llm extra is not installed")
sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from chat_server import ChatServer

from dualalign.llm import ChatRequest, Journal, LanguageModel
from dualalign.llm.http import ChatCompletionsBackend


def ask(number: int) -> ChatRequest:
    return ChatRequest(f"n{number}", ({"role": "user", "content": f"question {number}"},), {"max_tokens": 10})


async def with_server(server: ChatServer, work: Callable[[str], Awaitable[Any]]) -> Any:
    runner, url = await server.start()
    try:
        return await work(url)
    finally:
        await runner.cleanup()


def collect(
    server: ChatServer, count: int, journal: Journal | None = None, most_in_flight: int = 32, **options: Any
) -> tuple[list[Any], LanguageModel]:
    """Ask so many questions of a server in this process; options go to the backend and to the client."""
    backend_options = {
        name: options.pop(name)
        for name in ("timeout", "idle_timeout", "prices", "server_schema", "extra_body")
        if name in options
    }

    async def work(url: str) -> Any:
        backend = ChatCompletionsBackend(url, "m", most_in_flight=most_in_flight, **backend_options)
        model = LanguageModel(backend, journal, **options)
        try:
            return [item async for item in model.complete_all(map(ask, range(count)))], model
        finally:
            await model.close()

    return asyncio.run(with_server(server, work))
