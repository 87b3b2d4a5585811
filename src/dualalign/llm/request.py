"""What is asked of a language model, and what comes back."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

Message = dict[str, str]


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One chat completion to be asked for.

    Args:
        key: the caller's name for it, for example a note id and attempt; not part of the hash.
        messages: `{"role": ..., "content": ...}` in order.
        parameters: sampling parameters sent with it (`temperature`, `max_tokens`, `seed`, ...).
        json_schema: JSON schema the reply must keep to, or None for free text.
    """

    key: str
    messages: tuple[Message, ...]
    parameters: dict[str, Any] = field(default_factory=dict)
    json_schema: dict[str, Any] | None = None

    def digest(self, model: str) -> str:
        """Return the request's hash: equal exactly when model, messages, parameters and schema are."""
        content = json.dumps(
            [model, self.messages, self.parameters, self.json_schema], sort_keys=True, ensure_ascii=False
        )
        return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class ChatReply:
    """A model's reply.

    Args:
        text: content of the first choice.
        prompt_tokens: as the server counts them; None if it does not say.
        reply_tokens: the same for the reply.
        seconds: from sending to the last byte; 0.0 if replayed.
        cost_usd: None where no prices are known.
        finish_reason: `stop`, `length`, ...; empty if unknown.
        replayed: whether it came from the journal and cost nothing now.
    """

    text: str
    prompt_tokens: int | None
    reply_tokens: int | None
    seconds: float
    cost_usd: float | None = None
    finish_reason: str = ""
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars per million tokens."""

    prompt: float
    reply: float

    def cost(self, prompt_tokens: int | None, reply_tokens: int | None) -> float | None:
        """Return the cost of one call, None if the server did not count tokens."""
        if prompt_tokens is None or reply_tokens is None:
            return None
        return (prompt_tokens * self.prompt + reply_tokens * self.reply) / 1e6
