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

from aiohttp import web

REPLY = " ".join(["Patient seen for follow-up and reports the word for things will not come."] * 10)


@dataclass
class Faults:
    """Share of requests that meet each fault, 0 to 1.

    `refuse` 429; `refuse_wait` 429 with Retry-After 0.05 s; `error` 500; `reset` connection dropped; `hang` no answer;
    `truncate` half the JSON; `empty` an empty reply; `wrong` JSON of another shape; `drip` a byte at a time.
    """

    shares: dict[str, float] = field(default_factory=dict)

    def draw(self, chance: random.Random) -> str:
        point = chance.random()
        for name, share in self.shares.items():
            if point < share:
                return name
            point -= share
        return ""


@dataclass
class ChatServer:
    latency: float = 0.05
    faults: Faults = field(default_factory=Faults)
    reply: str = REPLY
    seed: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._body = json.dumps(
            {
                "choices": [
                    {"message": {"role": "assistant", "content": self.reply}, "finish_reason": "stop"}
                ],
                "usage": {"prompt_tokens": 400, "completion_tokens": 150},
            }
        ).encode()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        asked = body["messages"][-1]["content"]
        self.seen[asked] += 1
        fault = self.faults.draw(self._chance)
        if fault in ("refuse", "refuse_wait"):
            headers = {"Retry-After": "0.05"} if fault == "refuse_wait" else {}
            return web.json_response({"error": {"message": "slow down"}}, status=429, headers=headers)
        await asyncio.sleep(self.latency)
        if fault == "error":
            return web.json_response({"error": {"message": "internal"}}, status=500)
        if fault == "reset":
            assert request.transport is not None
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
        if fault == "drip":
            response = web.StreamResponse(headers={"Content-Type": "application/json"})
            await response.prepare(request)
            for at in range(0, len(self._body), 64):
                await response.write(self._body[at : at + 64])
                await asyncio.sleep(0.002)
            self.answered[asked] += 1
            return response
        self.answered[asked] += 1
        return web.Response(body=self._body, content_type="application/json")

    async def start(self, port: int = 0) -> tuple[web.AppRunner, str]:
        """Start on 127.0.0.1; return the runner and the base URL."""
        app = web.Application(client_max_size=2**24)
        app.router.add_post("/v1/chat/completions", self.handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port, backlog=1024)
        await site.start()
        return runner, f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}/v1"  # type: ignore[union-attr]


async def _serve(arguments: argparse.Namespace) -> None:
    shares = dict(item.split("=") for item in arguments.fault)
    server = ChatServer(arguments.latency, Faults({name: float(share) for name, share in shares.items()}))
    _, url = await server.start(arguments.port)
    print(url, flush=True)
    await asyncio.sleep(arguments.seconds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.05)
    parser.add_argument("--fault", action="append", default=[], metavar="NAME=SHARE")
    parser.add_argument("--seconds", type=float, default=600, help="stop by itself after so long")
    asyncio.run(_serve(parser.parse_args()))
