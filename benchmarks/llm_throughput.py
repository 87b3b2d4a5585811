"""Rows per second of the full model path (prompt, call, journal, Parquet) against a bare aiohttp loop, in one run.

    python benchmarks/llm_throughput.py --rows 2000

The server runs in a process of its own on the loopback address, 50 ms latency, 150-token replies.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pyarrow as pa
import pyarrow.parquet as pq
from jinja2 import Environment, StrictUndefined

from dualalign.llm import ChatReply, ChatRequest, Journal, LanguageModel
from dualalign.llm.http import ChatCompletionsBackend

IN_FLIGHT = 256
TEMPLATE = Environment(undefined=StrictUndefined).from_string(
    "Patient {{ number }}, {{ age }} years old, {{ stage }}.\n"
    "{% for term in terms %}- mention {{ term }}\n{% endfor %}Write the note."
)


def start_server(*faults: str) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, str(Path(__file__).parent / "chat_server.py")]
    for fault in faults:
        command += ["--fault", fault]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    return server, server.stdout.readline().strip()


def prompts(rows: int) -> Iterator[ChatRequest]:
    for number in range(rows):
        content = TEMPLATE.render(
            number=number, age=70 + number % 20, stage="mild", terms=["recall", "gait", "sleep"]
        )
        yield ChatRequest(str(number), ({"role": "user", "content": content},), {"temperature": 0.7})


async def bare(url: str, rows: int) -> float:
    places = asyncio.Semaphore(IN_FLIGHT)
    connector = aiohttp.TCPConnector(limit=IN_FLIGHT)
    started = time.perf_counter()
    async with aiohttp.ClientSession(connector=connector) as session:

        async def one(number: int) -> None:
            async with places:
                body = {"model": "m", "messages": [{"role": "user", "content": f"bare {number}"}]}
                async with session.post(f"{url}/chat/completions", json=body) as response:
                    await response.json()

        for at in range(0, rows, 5000):
            await asyncio.gather(*(one(number) for number in range(at, min(at + 5000, rows))))
    return rows / (time.perf_counter() - started)


async def full(url: str, rows: int, folder: Path) -> tuple[float, dict[str, int]]:
    started = time.perf_counter()
    schema = pa.schema([("key", pa.string()), ("text", pa.string()), ("tokens", pa.int32())])
    with (
        Journal(folder / "journal.sqlite") as journal,
        pq.ParquetWriter(folder / "rows.parquet", schema) as writer,
    ):
        model = LanguageModel(
            ChatCompletionsBackend(url, "m", most_in_flight=IN_FLIGHT), journal, start=IN_FLIGHT
        )
        batch: list[tuple[str, str, int | None]] = []

        def flush() -> None:
            columns = list(zip(*batch, strict=True)) or [(), (), ()]
            writer.write_table(
                pa.table([pa.array(c, t.type) for c, t in zip(columns, schema, strict=True)], schema=schema)
            )
            batch.clear()

        async for request, reply in model.complete_all(prompts(rows)):
            assert isinstance(reply, ChatReply), reply
            if len(reply.text) > 10:
                batch.append((request.key, reply.text, reply.reply_tokens))
            if len(batch) >= 1000:
                flush()
        flush()
        await model.close()
        assert len(journal) == rows
    assert pq.read_metadata(folder / "rows.parquet").num_rows == rows
    return rows / (time.perf_counter() - started), dict(model.statistics.faults)


def measure(rows: int) -> dict[str, object]:
    server, url = start_server()
    faulty, faulty_url = start_server("refuse=0.1")
    try:
        asyncio.run(bare(url, min(rows, 2000)))
        ceiling = asyncio.run(bare(url, rows))
        with tempfile.TemporaryDirectory() as folder:
            clean, _ = asyncio.run(full(url, rows, Path(folder)))
        with tempfile.TemporaryDirectory() as folder:
            refused, faults = asyncio.run(full(faulty_url, rows, Path(folder)))
    finally:
        server.kill()
        faulty.kill()
    return {
        "rows": rows,
        "bare_rows_per_s": round(ceiling),
        "full_rows_per_s": round(clean),
        "share_of_bare": round(clean / ceiling, 2),
        "with_10_percent_429_rows_per_s": round(refused),
        "share_of_clean": round(refused / clean, 2),
        "faults": faults,
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2000)
    print(json.dumps(measure(parser.parse_args().rows), indent=2))
