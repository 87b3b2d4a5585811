"""Every reply ever paid for, on disk the moment it arrives."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from dualalign.errors import ModelError
from dualalign.llm.request import ChatReply, ChatRequest

_SCHEMA = """
CREATE TABLE IF NOT EXISTS replies (
    digest TEXT PRIMARY KEY,
    key TEXT NOT NULL,
    model TEXT NOT NULL,
    reply TEXT NOT NULL,
    prompt_tokens INTEGER,
    reply_tokens INTEGER,
    cost_usd REAL,
    seconds REAL NOT NULL,
    finish_reason TEXT NOT NULL,
    request TEXT
) WITHOUT ROWID
"""


_FOUND = "SELECT reply, prompt_tokens, reply_tokens, cost_usd, finish_reason FROM replies WHERE digest "
_UNUSABLE = " unusable "
"""Stands between the hash and a number where a reply could not be used: it is kept, and asked for anew."""


class Journal:
    """A SQLite file (write-ahead log) from request hash to reply.

    Each reply is committed before it is handed on, so a killed process loses none that arrived.

    Args:
        path: the file; its folder must exist. `:memory:` keeps nothing.
        keep_requests: also store the prompts. Leave False when prompts hold real patient text.
        read_only: leave the file as it is; it must be there, and may lie where nothing can be written.

    Raises:
        ModelError: the file is not a journal or cannot be written.
    """

    def __init__(self, path: str | Path, keep_requests: bool = False, read_only: bool = False) -> None:
        self.path = str(path)
        self.keep_requests = keep_requests
        self._arrived: list[tuple[Any, ...]] = []
        self._committed: asyncio.Future[None] | None = None
        with self._readable():
            self._db = _opened(self.path, read_only)
            # A journal may come from somebody else: nothing that is stored in it may run.
            self._db.execute("PRAGMA trusted_schema=OFF")
            if not read_only:
                self._db.execute("PRAGMA journal_mode=WAL")
                self._db.execute("PRAGMA synchronous=NORMAL")
                self._db.execute("PRAGMA busy_timeout=30000")
                self._db.execute(_SCHEMA)
            kinds = self._db.execute("SELECT type FROM sqlite_schema WHERE name = 'replies'").fetchall()
            triggers = self._db.execute("SELECT 1 FROM sqlite_schema WHERE type = 'trigger'").fetchone()
            if kinds != [("table",)] or triggers:
                raise sqlite3.DatabaseError("it holds no table of replies")
            self._db.execute(f"{_FOUND}= ''")

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, UnicodeError, OverflowError) as error:
            raise ModelError(
                f"{self.path}: cannot be used as a journal ({_reason(error)})",
                "name another file, or restore this one",
            ) from None

    def find(self, digest: str, unusable: bool = False) -> ChatReply | None:
        """Return the reply to a request asked before, or None.

        Args:
            digest: the request's hash.
            unusable: whether one that could not be used does where there is no other, so that a run can be repeated.

        Raises:
            ModelError: the file is damaged.
        """
        with self._readable():
            row = self._db.execute(f"{_FOUND}= ?", (digest,)).fetchone()
            if row is None and unusable:
                row = self._db.execute(f"{_FOUND}>= ? AND digest < ?", _range(digest)).fetchone()
            if row is None:
                return None
            text, *tokens, cost, finish = row
            tokens = [each if isinstance(each, int) else None for each in tokens]
            if not isinstance(text, str) or not isinstance(cost, (float, int, type(None))):
                raise sqlite3.DatabaseError("a reply in it is no text")
            return ChatReply(text, tokens[0], tokens[1], 0.0, cost, str(finish), replayed=True)

    def set_aside(self, digest: str) -> None:
        """Mark the reply to a request as one that could not be used, so that the request is asked anew next time.

        Raises:
            ModelError: the file is damaged or cannot be written.
        """
        with self._readable():
            before = self._db.execute(
                "SELECT COUNT(*) FROM replies WHERE digest >= ? AND digest < ?", _range(digest)
            ).fetchone()[0]
            self._db.execute(
                "UPDATE replies SET digest = ? WHERE digest = ?",
                (f"{digest}{_UNUSABLE}{before + 1:06}", digest),
            )

    async def add(self, digest: str, model: str, request: ChatRequest, reply: ChatReply) -> None:
        """Store one reply and return once it is committed; the first reply to a request stands.

        Replies that arrive in the same turn of the event loop share one commit.
        """
        stored: str | None = None
        if self.keep_requests:
            encoded = json.dumps(
                {
                    "messages": request.messages,
                    "parameters": request.parameters,
                    "json_schema": request.json_schema,
                },
                ensure_ascii=False,
            ).encode("utf-8", "replace")
            stored = encoded.decode()
        row = (
            digest,
            # Half a surrogate pair, as an id may hold it, is no text that a file can keep.
            request.key.encode("utf-8", "replace").decode(),
            model,
            reply.text,
            reply.prompt_tokens,
            reply.reply_tokens,
            reply.cost_usd,
            reply.seconds,
            reply.finish_reason,
            stored,
        )
        loop = asyncio.get_running_loop()
        if self._committed is None or self._committed.get_loop() is not loop:
            self._committed = loop.create_future()
            loop.call_soon(self._commit)
        self._arrived.append(row)
        await asyncio.shield(self._committed)

    def _commit(self) -> None:
        committed, self._committed = self._committed, None
        try:
            self._write_arrived()
        except Exception as error:  # Whatever it is, those who wait must hear of it.
            if committed is not None and not committed.done():
                committed.set_exception(
                    ModelError(
                        f"{self.path}: a reply cannot be stored ({_reason(error)})",
                        "free space on the disk and run again",
                    )
                )
        else:
            if committed is not None and not committed.done():
                committed.set_result(None)

    def _write_arrived(self) -> None:
        rows, self._arrived = self._arrived, []
        if not rows:
            return
        self._db.execute("BEGIN")
        try:
            self._db.executemany("INSERT OR IGNORE INTO replies VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def totals(self) -> dict[str, Any]:
        """Return calls, tokens and cost so far; cost is None if any call's cost is unknown."""
        with self._readable():
            calls, prompt, reply, cost, unknown = self._db.execute(
                "SELECT COUNT(*), SUM(prompt_tokens), SUM(reply_tokens), SUM(cost_usd), "
                "COUNT(*) - COUNT(cost_usd) FROM replies"
            ).fetchone()
        return {
            "calls": calls,
            "prompt_tokens": prompt or 0,
            "reply_tokens": reply or 0,
            "cost_usd": None if unknown or not calls else cost,
        }

    def models(self) -> list[str]:
        """Return the names of the models whose replies are held, each as its requests were hashed with."""
        with self._readable():
            return [
                str(row[0]) for row in self._db.execute("SELECT DISTINCT model FROM replies ORDER BY model")
            ]

    def __len__(self) -> int:
        with self._readable():
            return int(self._db.execute("SELECT COUNT(*) FROM replies").fetchone()[0])

    def close(self) -> None:
        """Close the file, folding the write-ahead log into it; what arrived in an interrupted run is kept first."""
        with suppress(sqlite3.Error, UnicodeError, OverflowError):
            self._write_arrived()
        self._db.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _opened(path: str, read_only: bool) -> sqlite3.Connection:
    if not read_only:
        # Replies may quote real notes, so a new file is its owner's alone; what lies beside it follows it.
        if path != ":memory:" and not Path(path).exists():
            with suppress(OSError):
                os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        return sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    name = Path(path).absolute().as_uri()
    # A write-ahead log that another process holds, or a folder that takes no files: read what the file itself holds.
    for mode in ("mode=ro", "mode=ro&immutable=1"):
        found = sqlite3.connect(f"{name}?{mode}", uri=True, isolation_level=None, check_same_thread=False)
        try:
            found.execute("SELECT 1 FROM sqlite_schema").fetchone()
            return found
        except sqlite3.OperationalError:
            found.close()
    raise sqlite3.OperationalError("it cannot be opened")


def _range(digest: str) -> tuple[str, str]:
    """Return the bounds between which the replies to a request lie that could not be used."""
    return f"{digest}{_UNUSABLE}", f"{digest}{_UNUSABLE}~"


def _reason(error: Exception) -> str:
    # The words of other errors may quote a reply.
    return str(error) if isinstance(error, sqlite3.Error) else type(error).__name__
