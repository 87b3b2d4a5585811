"""Every reply ever paid for, on disk the moment it arrives."""

from __future__ import annotations

import asyncio
import json
import sqlite3
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


class Journal:
    """A SQLite file (write-ahead log) from request hash to reply.

    Each reply is committed before it is handed on, so a killed process loses none that arrived.

    Args:
        path: the file; its folder must exist. `:memory:` keeps nothing.
        keep_requests: also store the prompts. Leave False when prompts hold real patient text.

    Raises:
        ModelError: the file is not a journal or cannot be written.
    """

    def __init__(self, path: str | Path, keep_requests: bool = False) -> None:
        self.path = str(path)
        self.keep_requests = keep_requests
        self._arrived: list[tuple[Any, ...]] = []
        self._committed: asyncio.Future[None] | None = None
        try:
            self._db = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.execute("PRAGMA busy_timeout=30000")
            self._db.execute(_SCHEMA)
        except sqlite3.Error as error:
            raise ModelError(
                f"{self.path}: cannot be used as a journal ({error})",
                "name another file, or restore this one",
            ) from None

    def find(self, digest: str) -> ChatReply | None:
        """Return the reply to a request asked before, or None."""
        row = self._db.execute(
            "SELECT reply, prompt_tokens, reply_tokens, cost_usd, finish_reason FROM replies WHERE digest = ?",
            (digest,),
        ).fetchone()
        if row is None:
            return None
        return ChatReply(row[0], row[1], row[2], 0.0, row[3], row[4], replayed=True)

    async def add(self, digest: str, model: str, request: ChatRequest, reply: ChatReply) -> None:
        """Store one reply and return once it is committed; the first reply to a request stands.

        Replies that arrive in the same turn of the event loop share one commit.
        """
        stored: str | None = None
        if self.keep_requests:
            stored = json.dumps(
                {
                    "messages": request.messages,
                    "parameters": request.parameters,
                    "json_schema": request.json_schema,
                },
                ensure_ascii=False,
            )
        row = (
            digest,
            request.key,
            model,
            reply.text,
            reply.prompt_tokens,
            reply.reply_tokens,
            reply.cost_usd,
            reply.seconds,
            reply.finish_reason,
            stored,
        )
        if self._committed is None:
            loop = asyncio.get_running_loop()
            self._committed = loop.create_future()
            loop.call_soon(self._commit)
        self._arrived.append(row)
        await asyncio.shield(self._committed)

    def _commit(self) -> None:
        rows, self._arrived = self._arrived, []
        committed, self._committed = self._committed, None
        assert committed is not None
        try:
            self._db.execute("BEGIN")
            self._db.executemany("INSERT OR IGNORE INTO replies VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            committed.set_exception(
                ModelError(
                    f"{self.path}: a reply cannot be stored ({error})", "free space on the disk and run again"
                )
            )
        else:
            committed.set_result(None)

    def totals(self) -> dict[str, Any]:
        """Return calls, tokens and cost so far; cost is None if any call's cost is unknown."""
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
        return [row[0] for row in self._db.execute("SELECT DISTINCT model FROM replies ORDER BY model")]

    def __len__(self) -> int:
        return int(self._db.execute("SELECT COUNT(*) FROM replies").fetchone()[0])

    def close(self) -> None:
        """Close the file, folding the write-ahead log into it."""
        self._db.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
