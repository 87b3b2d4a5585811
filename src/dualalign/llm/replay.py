"""Answers from a journal or a table of recorded replies, for documentation, tests and demonstrations."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from dualalign.errors import ModelError
from dualalign.llm.journal import Journal
from dualalign.llm.request import ChatReply, ChatRequest


class ReplayBackend:
    """Replies recorded earlier, found by request hash or by the caller's key.

    Args:
        model: model name the replies were recorded under; part of the hash.
        journal: replies by hash; None if there is none.
        by_key: request key -> reply text; None if there is none.
    """

    most_in_flight = 64

    def __init__(
        self, model: str, journal: Journal | None = None, by_key: Mapping[str, str] | None = None
    ) -> None:
        self.model = model
        self._journal = journal
        self._by_key = by_key or {}
        # Replies recorded with other options of the server lie under the model's name and these options.
        self._identities = [model]
        if journal is not None:
            self._identities += [each for each in journal.models() if each.startswith(f"{model} {{")]

    @classmethod
    def open(cls, path: str | Path, model: str) -> ReplayBackend:
        """Return a backend over a journal (`.sqlite`) or a JSONL table of `{"key": ..., "reply": ...}`."""
        path = Path(path)
        if not path.is_file():
            raise ModelError(
                f"{path}: no such file", "name a journal (.sqlite) or a table of replies (.jsonl)"
            )
        if path.suffix != ".jsonl":
            return cls(model, journal=Journal(path, read_only=True))
        replies: dict[str, str] = {}
        with path.open("rb") as stream:
            for number, line in enumerate(stream, 1):
                try:
                    row = json.loads(line)
                    key, reply = row["key"], row["reply"]
                except (ValueError, KeyError, TypeError, RecursionError):
                    key = reply = None
                if not isinstance(key, str) or not isinstance(reply, str):
                    raise ModelError(
                        f"{path}:{number}: not a recorded reply",
                        'each line is {"key": "...", "reply": "..."}',
                    )
                replies[key] = reply
        return cls(model, by_key=replies)

    async def complete(self, request: ChatRequest) -> ChatReply:
        """Return the recorded reply."""
        for identity in self._identities:
            found = self._journal.find(request.digest(identity), unusable=True) if self._journal else None
            if found is not None:
                return ChatReply(
                    found.text,
                    found.prompt_tokens,
                    found.reply_tokens,
                    0.0,
                    found.cost_usd,
                    found.finish_reason,
                )
        if request.key in self._by_key:
            return ChatReply(self._by_key[request.key], None, None, 0.0)
        raise ModelError(
            f"no reply was recorded for '{request.key}'",
            "record one by running the same command against a model, or correct the options",
        )

    async def close(self) -> None:
        """Close the journal."""
        if self._journal is not None:
            self._journal.close()
