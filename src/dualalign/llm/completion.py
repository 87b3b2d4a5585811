"""From the bytes a server answered to a reply: one JSON document, or a stream of events."""

from __future__ import annotations

import json
from typing import Any

from dualalign.errors import ModelError
from dualalign.llm.backend import RetryableError
from dualalign.llm.request import ChatReply, Prices


def read_completion(
    payload: bytes, streamed: bool, where: str, seconds: float, prices: Prices | None
) -> ChatReply:
    """Return the reply in the body of a chat completion.

    Args:
        payload: the whole body.
        streamed: whether it is a stream of server-sent events.
        where: the URL as it may be shown.
        seconds: what the call took.
        prices: for its cost; None leaves it unknown.

    Raises:
        RetryableError: cut short, of another shape, or empty.
        ModelError: empty in a way that asking again does not mend.
    """
    try:
        content = _joined(payload) if streamed else json.loads(payload)
        choice = content["choices"][0]
        text = choice["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError):
        raise RetryableError("broken", f"{where}: the reply is cut short or no chat completion") from None
    usage = content.get("usage") or {}
    prompt, tokens = usage.get("prompt_tokens"), usage.get("completion_tokens")
    finish = choice.get("finish_reason") or ""
    reply = ChatReply(
        text if isinstance(text, str) else "",
        prompt,
        tokens,
        seconds,
        prices.cost(prompt, tokens) if prices else None,
        finish,
    )
    if reply.text.strip():
        return reply
    if finish == "content_filter":
        raise ModelError(f"{where}: the server's content filter withheld the reply", "it stays without one")
    if finish == "length":
        raise ModelError(
            f"{where}: the model used up its tokens before it said anything",
            "raise --max-tokens, or turn its thinking off with --extra-body",
        )
    raise RetryableError("empty", f"{where}: the reply is empty", paid=reply if tokens else None)


def _joined(payload: bytes) -> dict[str, Any]:
    """Return the completion that a stream of events amounts to.

    Raises:
        ValueError: the stream broke off.
    """
    pieces: list[str] = []
    finish, usage, ended = None, None, False
    for line in payload.split(b"\n"):
        if not line.startswith(b"data:"):
            continue
        data = line[5:].strip()
        if data == b"[DONE]":
            ended = True
            break
        event = json.loads(data)
        usage = event.get("usage") or usage
        for choice in event.get("choices") or ():
            pieces.append((choice.get("delta") or {}).get("content") or "")
            finish = choice.get("finish_reason") or finish
    if not ended and finish is None:
        raise ValueError("the stream broke off")
    return {"choices": [{"message": {"content": "".join(pieces)}, "finish_reason": finish}], "usage": usage}
