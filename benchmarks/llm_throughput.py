"""Rows per second of the model path (prompt, call, checks, journal, Parquet) against a bare aiohttp loop, in one run.

    python benchmarks/llm_throughput.py --rows 2000 --repeats 3

The servers run in processes of their own on the loopback address, 50 ms latency unless `--latency` says more, replies
of about 150 tokens: 200 notes of the embedded writer, in turn. All checks read them, and some fail in each, since they are of
other plans; none goes back, so that a row is one call. Plans are made before the clock starts: the first four visits of
each patient, whose notes are written in their order (a run of fewer patients than requests in flight is held back by
them). What is compiled once a run is not timed. In three repeats the median counts, each ratio being of one repeat.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import aiohttp
import pyarrow as pa
import pyarrow.parquet as pq

from dualalign.charts import PatientSimulator
from dualalign.llm import Journal, LanguageModel
from dualalign.llm.http import ChatCompletionsBackend
from dualalign.notes import PassageWriter
from dualalign.notes.llm import LlmWriter
from dualalign.notes.note import Note
from dualalign.packs import load_pack
from dualalign.packs.pack import Pack
from dualalign.personas import sample_personas
from dualalign.trajectories import NotePlan, Trajectory

IN_FLIGHT = 256
VISITS = 4
ROWS_PER_GROUP = 1000
REPLIES = 200
WORDS = range(95, 126)
"""Of a reply; about 150 tokens."""


def start_server(reply: Path, latency: float, *faults: str) -> tuple[subprocess.Popen[str], str]:
    script = str(Path(__file__).parent / "chat_server.py")
    command = [sys.executable, script, "--reply", str(reply), "--latency", str(latency)]
    for fault in faults:
        command += ["--fault", fault]
    server = subprocess.Popen([*command, "--seconds", "3600"], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    return server, server.stdout.readline().strip()


def write_replies(patients: int, replies: Path) -> None:
    """Write replies: notes of the embedded writer of about the same length."""
    pack = load_pack("alzheimers")
    simulator = PatientSimulator(pack, pack.profiles.default)
    writer = PassageWriter(pack, simulator.book)
    texts: list[str] = []
    for persona in sample_personas(pack, min(patients, REPLIES), 0):
        notes = writer.write_patient(simulator.simulate(persona, 0), 0)
        texts += [note.text for note in notes if len(note.text.split()) in WORDS]
        if len(texts) >= REPLIES:
            break
    replies.write_text("\f".join(texts[:REPLIES]), encoding="utf-8")


def first_visits(pack: Pack, run: Run) -> Iterator[Trajectory]:
    """Yield this process's share of patients, each with its first visits."""
    simulator = PatientSimulator(pack, pack.profiles.default)
    for persona in islice(sample_personas(pack, run.patients, 0), run.rank, None, run.processes):
        trajectory = simulator.simulate(persona, 0)
        yield replace(trajectory, plans=trajectory.plans[:VISITS])


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


class NoteTable:
    """Notes with their checks, written to Parquet a group at a time."""

    SCHEMA = pa.schema(
        [
            ("patient_id", pa.string()),
            ("visit", pa.int32()),
            ("text", pa.string()),
            ("failed", pa.list_(pa.string())),
            ("sentences", pa.int32()),
            ("prompt_tokens", pa.int32()),
        ]
    )

    def __init__(self, path: Path) -> None:
        self._writer = pq.ParquetWriter(path, self.SCHEMA)
        self._rows: list[dict[str, Any]] = []

    def add(self, plan: NotePlan, note: Note) -> None:
        failed = [name for name, reasons in note.checks.items() if reasons]
        self._rows.append(
            {
                "patient_id": plan.patient_id,
                "visit": plan.visit,
                "text": note.text,
                "failed": failed,
                "sentences": len(note.sentences),
                "prompt_tokens": note.tokens[0] if note.tokens else None,
            }
        )
        if len(self._rows) >= ROWS_PER_GROUP:
            self.flush()

    def flush(self) -> None:
        self._writer.write_table(pa.Table.from_pylist(self._rows, self.SCHEMA))
        self._rows.clear()

    def close(self) -> None:
        self.flush()
        self._writer.close()


@dataclass(frozen=True)
class Run:
    """What one process does of a run.

    Args:
        url: of the server.
        patients: patients of all processes.
        folder: where journal and table go.
        rank: this process's number; it takes every patient whose number leaves this rest.
        processes: how many there are.
    """

    url: str
    patients: int
    folder: Path
    rank: int
    processes: int


async def write_share(run: Run, barrier: Any) -> dict[str, Any]:
    """Write the notes of every patient of this process's share; return what it took."""
    pack = load_pack("alzheimers")
    in_flight = IN_FLIGHT // run.processes
    with Journal(run.folder / "journal.sqlite") as journal:
        model = LanguageModel(ChatCompletionsBackend(run.url, "m", most_in_flight=in_flight), journal)
        writer = LlmWriter(
            pack, model, lambda longest: {"temperature": 0.8, "max_tokens": longest}, "m", repairs=0
        )
        table = NoteTable(run.folder / f"notes-{run.rank}.parquet")
        patients = iter(list(first_visits(pack, run)))

        async def work() -> None:
            for trajectory in patients:
                written = await writer.write_patient(trajectory, 0)
                for plan, note in zip(trajectory.plans, written, strict=True):
                    assert isinstance(note, Note), note
                    table.add(plan, note)

        barrier.wait()
        began, processor = time.monotonic(), time.process_time()
        await asyncio.gather(*(work() for _ in range(in_flight)))
        table.close()
        ended, processor = time.monotonic(), time.process_time() - processor
        await model.close()
    return {
        "began": began,
        "ended": ended,
        "processor": processor,
        "halvings": model.limit.halvings,
        "faults": sum(model.statistics.faults.values()),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def work_in_process(run: Run, barrier: Any, results: Any) -> None:
    results.put(asyncio.run(write_share(run, barrier)))


def full(url: str, patients: int, rows: int, processes: int) -> dict[str, Any]:
    """Write every note of the plans in processes of their own, whose memory is theirs alone."""
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(processes), context.Queue()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        workers = [
            context.Process(
                target=work_in_process, args=(Run(url, patients, folder, rank, processes), barrier, results)
            )
            for rank in range(processes)
        ]
        for worker in workers:
            worker.start()
        done = [results.get() for _ in workers]
        for worker in workers:
            worker.join()
        with Journal(folder / "journal.sqlite") as journal:
            assert len(journal) == rows
        tables = (folder / f"notes-{rank}.parquet" for rank in range(processes))
        assert sum(pq.read_metadata(path).num_rows for path in tables) == rows
    seconds = max(each["ended"] for each in done) - min(each["began"] for each in done)
    return {
        "rows_per_s": round(rows / seconds),
        "processor_us_per_row": round(sum(each["processor"] for each in done) / rows * 1e6),
        "halvings": sum(each["halvings"] for each in done),
        "faults": sum(each["faults"] for each in done),
        "peak_mb": round(max(each["peak_mb"] for each in done)),
    }


def measure(rows: int, reply: Path, processes: int, latency: float) -> dict[str, Any]:
    server, url = start_server(reply, latency)
    faulty, faulty_url = start_server(reply, latency, "refuse=0.1")
    try:
        asyncio.run(bare(url, min(rows, 2000)))
        processor = time.process_time()
        ceiling = asyncio.run(bare(url, rows))
        processor = time.process_time() - processor
        return {
            "bare": {"rows_per_s": round(ceiling), "processor_us_per_row": round(processor / rows * 1e6)},
            "clean": full(url, rows // VISITS, rows, processes),
            "refused": full(faulty_url, rows // VISITS, rows, processes),
        }
    finally:
        server.kill()
        faulty.kill()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=2000, help="a multiple of four")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument(
        "--latency", type=float, default=0.05, help="seconds that the server takes for a reply"
    )
    parser.add_argument("--processes", type=int, default=1, help="that share patients and journal")
    options = parser.parse_args()
    runs: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        reply = Path(folder) / "replies"
        maker = multiprocessing.get_context("spawn").Process(
            target=write_replies, args=(options.rows // VISITS, reply)
        )
        maker.start()
        maker.join()
        for _ in range(options.repeats):
            runs.append(measure(options.rows, reply, options.processes, options.latency))
            print(json.dumps(runs[-1]), flush=True)

    def median_ratio(of: str, to: str) -> float:
        return round(statistics.median(run[of]["rows_per_s"] / run[to]["rows_per_s"] for run in runs), 2)

    summary = {
        "rows": options.rows,
        "processes": options.processes,
        "latency_s": options.latency,
        "clean_of_bare": median_ratio("clean", "bare"),
        "with_10_percent_429_of_clean": median_ratio("refused", "clean"),
        "peak_mb_of_a_process": max(run[kind]["peak_mb"] for run in runs for kind in ("clean", "refused")),
    }
    print(json.dumps(summary))


if __name__ == "__main__":
    main()
