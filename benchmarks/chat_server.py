"""A chat-completions server on the loopback address, with fixed latency, fixed replies and faults by switch.

Run by the other benchmarks and by tests; `python benchmarks/chat_server.py --port 8099` starts it alone.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

from aiohttp import web

REPLY = " ".join(["Patient seen for follow-up and reports the word for things will not come."] * 10)
FAULTS = ("refuse", "refuse_wait", "error", "reset", "hang", "truncate", "empty", "wrong", "drip", "stall")


@dataclass
class Faults:
    """Which requests meet a fault.

    `refuse` 429; `refuse_wait` 429 with Retry-After 0.05 s; `error` 500; `reset` connection dropped; `hang` no answer;
    `truncate` half the JSON; `empty` an empty reply; `wrong` JSON of another shape; `drip` a few bytes at a time;
    `stall` half the reply, then nothing.

    Args:
        shares: fault -> share of all requests that meet it, 0 to 1.
        first: faults each prompt meets in this order before it is answered.
    """

    shares: dict[str, float] = field(default_factory=dict)
    first: tuple[str, ...] = ()

    def draw(self, chance: random.Random, times_seen: int) -> str:
        if times_seen <= len(self.first):
            return self.first[times_seen - 1]
        point = chance.random()
        for name, share in self.shares.items():
            if point < share:
                return name
            point -= share
        return ""


@dataclass
class ChatServer:
    """What it serves, and what it has seen.

    Args:
        latency: seconds before a reply.
        faults: what goes wrong.
        reply: text of every reply; several, one after another in turn, where form feeds divide it.
        seed: of the faults drawn at random.
        capacity: requests served at once; one more is refused with 429. None for no limit.
        schema: whether it accepts `response_format`.
        seen: prompt -> times asked.
        answered: prompt -> times answered in full.
        refused: requests refused for lack of capacity.
        requests: path, query, headers and body of each request, if `keep`.
    """

    latency: float = 0.05
    faults: Faults = field(default_factory=Faults)
    reply: str = REPLY
    seed: int = 0
    capacity: int | None = None
    schema: bool = True
    keep: bool = False
    seen: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    requests: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._bodies = cycle([_completion(text) for text in self.reply.split("\f")])
        self._body = next(self._bodies)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.in_flight += 1
        try:
            return await self._answer(request)
        finally:
            self.in_flight -= 1

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        asked = body["messages"][-1]["content"]
        self.seen[asked] += 1
        if self.keep:
            self.requests.append(
                {
                    "path": request.path,
                    "query": dict(request.query),
                    "headers": dict(request.headers),
                    "body": body,
                }
            )
        if self.capacity is not None and self.in_flight > self.capacity:
            self.refused += 1
            return _error(429, "at capacity")
        if not self.schema and "response_format" in body:
            return _error(400, "response_format of type json_schema is not supported")
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        fault = self.faults.draw(self._chance, self.seen[asked])
        if fault in ("refuse", "refuse_wait"):
            return _error(429, "slow down", {"Retry-After": "0.05"} if fault == "refuse_wait" else {})
        await asyncio.sleep(self.latency)
        if fault == "error":
            return _error(500, "internal")
        if fault == "reset":
            # A client that was killed meanwhile has hung up already.
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        if fault == "hang":
            await asyncio.sleep(3600)
        if fault == "truncate":
            return web.Response(body=self._body[: len(self._body) // 2], content_type="application/json")
        if fault == "empty":
            return web.json_response({"choices": [{"message": {"content": ""}}]})
        if fault == "wrong":
            return web.json_response({"id": "other", "output": []})
        if body.get("stream") or fault == "drip":
            return await self._send_slowly(
                request, asked, stalls=fault == "stall", events=bool(body.get("stream"))
            )
        self.answered[asked] += 1
        return web.Response(body=next(self._bodies), content_type="application/json")

    async def _send_slowly(
        self, request: web.Request, asked: str, stalls: bool, events: bool
    ) -> web.StreamResponse:
        kind = "text/event-stream" if events else "application/json"
        response = web.StreamResponse(headers={"Content-Type": kind})
        await response.prepare(request)
        pieces = (
            list(self._events())
            if events
            else [self._body[at : at + 64] for at in range(0, len(self._body), 64)]
        )
        for number, piece in enumerate(pieces):
            if stalls and number == len(pieces) // 2:
                await asyncio.sleep(3600)
            await response.write(piece)
            await asyncio.sleep(0.002)
        self.answered[asked] += 1
        return response

    def _events(self) -> list[bytes]:
        words = self.reply.split(" ")
        pieces = [word if not at else f" {word}" for at, word in enumerate(words)]
        chunks: list[dict[str, Any]] = [{"choices": [{"delta": {"content": piece}}]} for piece in pieces]
        chunks.append({"choices": [{"delta": {}, "finish_reason": "stop"}]})
        chunks.append({"choices": [], "usage": {"prompt_tokens": 400, "completion_tokens": 150}})
        return [f"data: {json.dumps(chunk)}\n\n".encode() for chunk in chunks] + [b"data: [DONE]\n\n"]

    async def start(self, port: int = 0) -> tuple[web.AppRunner, str]:
        """Start on 127.0.0.1; return the runner and the base URL."""
        app = web.Application(client_max_size=2**24)
        app.router.add_post("/{path:.*}/chat/completions", self.handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port, backlog=1024)
        await site.start()
        return runner, f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}/v1"  # type: ignore[union-attr]


def _completion(text: str) -> bytes:
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 400, "completion_tokens": 150}
    return json.dumps({"choices": [choice], "usage": usage}).encode()


def _error(status: int, message: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response({"error": {"message": message}}, status=status, headers=headers)


async def _serve(arguments: argparse.Namespace) -> None:
    shares = dict(item.split("=") for item in arguments.fault)
    server = ChatServer(arguments.latency, Faults({name: float(share) for name, share in shares.items()}))
    if arguments.reply is not None:
        server = ChatServer(server.latency, server.faults, arguments.reply.read_text(encoding="utf-8"))
    _, url = await server.start(arguments.port)
    print(url, flush=True)
    await asyncio.sleep(arguments.seconds)


if __name__ == "__main__":
    from pathlib import Path

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.05)
    parser.add_argument("--fault", action="append", default=[], metavar="NAME=SHARE", help=", ".join(FAULTS))
    parser.add_argument("--reply", type=Path, help="file of replies, divided by form feeds")
    parser.add_argument("--seconds", type=float, default=600, help="stop by itself after so long")
    asyncio.run(_serve(parser.parse_args()))
