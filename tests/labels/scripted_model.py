"""A language model that answers by a function, for tests."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from pathlib import Path

from dualalign.errors import ModelError
from dualalign.llm import Budget, ChatReply, ChatRequest, Journal, LanguageModel

Answerer = Callable[[ChatRequest], str | ModelError]


class Scripted:
    """A backend whose replies a function makes; keeps every request it was sent."""

    model = "scripted"

    def __init__(self, answer: Answerer, most_in_flight: int = 4, finish_reason: str = "stop") -> None:
        self.answer = answer
        self.most_in_flight = most_in_flight
        self.finish_reason = finish_reason
        self.asked: list[ChatRequest] = []
        self.closed = False

    async def complete(self, request: ChatRequest) -> ChatReply:
        self.asked.append(request)
        # Replies arrive out of order, as from a server.
        await asyncio.sleep(0.001 * (len(self.asked) % 3))
        reply = self.answer(request)
        if isinstance(reply, ModelError):
            raise reply
        return ChatReply(reply, 100, 10, 0.01, None, self.finish_reason)

    async def close(self) -> None:
        self.closed = True


def scripted(
    answer: Answerer, journal: Path | None = None, budget: Budget | None = None, **more: object
) -> tuple[LanguageModel, Scripted]:
    """Return a model over a function, and the backend that keeps what it was sent."""
    backend = Scripted(answer, **more)  # type: ignore[arg-type]
    return LanguageModel(backend, Journal(journal) if journal else None, budget), backend


def sentences_of(request: ChatRequest) -> dict[str, str]:
    """Return the sentences a request asks about: id -> text."""
    content = next(each["content"] for each in request.messages if each["role"] == "user")
    return dict(re.findall(r"^(s\d+): (.*)$", content.partition("SENTENCES")[2], re.MULTILINE))


def by_words(**words: str) -> Answerer:
    """Return a model that gives a label to each sentence that holds its word, and keeps to the ids asked for."""

    def answer(request: ChatRequest) -> str:
        ids = request.json_schema["required"]  # type: ignore[index]
        texts = sentences_of(request)
        return json.dumps(
            {each: [label for label, word in words.items() if word in texts.get(each, "")] for each in ids}
        )

    return answer
