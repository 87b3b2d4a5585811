"""Kill a run with a language model at random moments, again and again, and count what it cost.

    python benchmarks/kill_and_resume.py --kills 20

`dualalign generate --writer llm` runs as a process of its own against a server on the loopback address, which answers
with a note made of the prompt and now and then refuses or drops a request. The process is killed (SIGKILL) at a random
moment and started again. Every request that reaches the server is held against the journal as it was at the last kill:
one that the journal answered already was paid for twice. Then the same notes are made from the journal alone, once
without and once with kills, and all three cohorts are compared byte for byte.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from chat_server import Faults
from note_from_prompt import NoteServer

from dualalign.llm import ChatRequest

MODEL = "stand-in"


class ServerThread:
    """A server of notes in a thread of this process.

    Args:
        latency: seconds before a reply.
        faults: share of requests by fault.
    """

    def __init__(self, latency: float, faults: dict[str, float]) -> None:
        self.server = NoteServer(latency, Faults(faults), keep=True)
        self._started = threading.Event()
        self.url = ""
        threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True).start()
        self._started.wait(10)

    async def _serve(self) -> None:
        _, self.url = await self.server.start()
        self._started.set()
        await asyncio.sleep(36_000)


def digest(body: dict[str, Any]) -> str:
    """Return the hash under which the journal keeps the reply to a request, from what reached the server."""
    parameters = {name: value for name, value in body.items() if name not in ("model", "messages")}
    return ChatRequest("", tuple(body["messages"]), parameters).digest(body["model"])


def journalled(folder: Path) -> set[str]:
    """Return the hashes of the replies that a journal holds."""
    path = folder / "journal.sqlite"
    if not path.exists():
        return set()
    with sqlite3.connect(path, timeout=30) as database:
        try:
            return {row[0] for row in database.execute("SELECT digest FROM replies")}
        except sqlite3.OperationalError:
            return set()  # killed before the table was made


def bytes_of(folder: Path) -> dict[str, str]:
    """Return a hash of every table's file."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*.parquet"))
    }


class Killer:
    """Runs a command, killed at random moments and started again, until it ends.

    A moment is drawn as a number of requests from the start, up to twice what would spread the kills over the run, and
    a time after the last of them; so it does not depend on how fast the machine starts a process.

    Args:
        server: counts requests; None where nobody is asked, and moments are drawn from `seconds` alone.
        chance: draws the moments.
        seconds: longest time from the start, or from the last request, to the kill.
    """

    def __init__(self, server: NoteServer | None, chance: random.Random, seconds: float) -> None:
        self._server, self._chance, self._seconds = server, chance, seconds

    def run(self, command: list[str], kills: int, requests_each: int, after: Callable[[], None]) -> int:
        """Return the kills it took; `after` is called after each."""
        done = 0
        while True:
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            if done < kills and self._reached(process, self._chance.randint(0, requests_each)):
                process.send_signal(signal.SIGKILL)
                process.wait()
                done += 1
                after()
                continue
            _, said = process.communicate()
            if process.returncode:
                raise SystemExit(said.decode())
            return done

    def _reached(self, process: subprocess.Popen[bytes], requests: int) -> bool:
        """Wait for the moment; return whether the process still runs then."""
        if self._server is not None:
            wanted = len(self._server.requests) + requests
            while len(self._server.requests) < wanted and process.poll() is None:
                time.sleep(0.005)
        try:
            process.wait(self._chance.uniform(0.0, self._seconds))
        except subprocess.TimeoutExpired:
            return True
        return False


def check_rows(folder: Path) -> dict[str, int]:
    """Count notes that are missing or doubled, visits against notes."""
    visits = Counter(pq.read_table(folder / "visits.parquet", columns=["note_id"])["note_id"].to_pylist())
    notes = Counter(pq.read_table(folder / "notes", columns=["note_id"])["note_id"].to_pylist())
    manifest = json.loads((folder / "manifest.json").read_text())["counts"]["writing"]
    return {
        "notes": notes.total(),
        "missing": len(visits.keys() - notes.keys()) + len(manifest["unwritten"]),
        "doubled": sum(count - 1 for count in notes.values()) + sum(count - 1 for count in visits.values()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--replay-kills", type=int, default=5)
    parser.add_argument("--patients", type=int, default=40)
    parser.add_argument("--most-notes", type=int, default=8)
    parser.add_argument("--in-flight", type=int, default=4)
    parser.add_argument("--latency", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    serving = ServerThread(arguments.latency, {"refuse": 0.03, "reset": 0.02, "error": 0.02})
    server = serving.server
    with tempfile.TemporaryDirectory() as temporary:
        base = Path(temporary)
        made, plain, replayed = base / "killed", base / "replayed", base / "replay-killed"

        def command(out: Path, *writer: str) -> list[str]:
            size = ["-n", str(arguments.patients), "--most-notes", str(arguments.most_notes), "-q"]
            return [
                sys.executable,
                "-m",
                "dualalign",
                "generate",
                "alzheimers",
                "-o",
                str(out),
                *size,
                *writer,
            ]

        kept: set[str] = set()
        replies_at_kill: list[int] = []
        asked_twice = seen = 0

        def count_twice() -> None:
            nonlocal asked_twice, seen, kept
            arrived = server.requests[seen:]
            seen += len(arrived)
            asked_twice += sum(digest(request["body"]) in kept for request in arrived)
            kept = journalled(made)
            replies_at_kill.append(len(kept))

        asking = ("--writer", "llm", "--base-url", serving.url, "--model", MODEL)
        began = time.perf_counter()
        limited = (*asking, "-M", f"in_flight={arguments.in_flight}")
        spread = 2 * arguments.patients * arguments.most_notes // max(arguments.kills, 1)
        killer = Killer(server, chance, arguments.latency)
        kills = killer.run(command(made, *limited), arguments.kills, spread, count_twice)
        seconds = time.perf_counter() - began
        count_twice()
        requests, answered = len(server.requests), server.answered.total()
        again = ("--writer", "replay", "--replay", str(made / "journal.sqlite"))
        Killer(None, chance, 0.0).run(command(plain, *again), 0, 0, lambda: None)
        alone = time.perf_counter()
        Killer(None, chance, 0.0).run(command(base / "timed", *again), 0, 0, lambda: None)
        by_time = Killer(None, chance, time.perf_counter() - alone)
        replay_kills = by_time.run(command(replayed, *again), arguments.replay_kills, 0, lambda: None)
        figures = {
            "kills": kills,
            "kills_after_the_first_reply": sum(count > 0 for count in replies_at_kill[:-1]),
            "replies_kept_at_each_kill": replies_at_kill[:-1],
            **check_rows(made),
            "journalled": len(kept),
            "journalled_and_asked_again": asked_twice,
            "requests": requests,
            "answered": answered,
            "answered_but_killed_before_kept": answered - len(kept),
            "same_bytes_as_uninterrupted_replay": bytes_of(made) == bytes_of(plain),
            "replay_kills": replay_kills,
            "same_bytes_as_killed_replay": bytes_of(replayed) == bytes_of(plain),
            "tables_compared": len(bytes_of(plain)),
            "seconds": round(seconds, 1),
        }
        print(json.dumps(figures, indent=1))
        good = not asked_twice and not figures["missing"] and not figures["doubled"]
        same = figures["same_bytes_as_uninterrupted_replay"] and figures["same_bytes_as_killed_replay"]
        raise SystemExit(0 if good and same else 1)


if __name__ == "__main__":
    main()
