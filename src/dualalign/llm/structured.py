"""JSON replies: find and mend the JSON in what a model said, and check it against a schema."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dualalign.errors import ModelError

if TYPE_CHECKING:
    from dualalign.llm.client import LanguageModel
    from dualalign.llm.request import ChatReply, ChatRequest, Message

_MOST_REASONS = 10


async def complete_json(
    model: LanguageModel, request: ChatRequest, repairs: int = 2
) -> tuple[Any, list[ChatReply]]:
    """Ask for JSON and return the value, with every reply it took; what breaks the schema goes back with the reasons.

    Args:
        model: who is asked.
        request: holds the schema.
        repairs: times a reply may go back.

    Raises:
        ModelError: the last reply still breaks the schema, or as for `LanguageModel.complete`.
    """
    if request.json_schema is None:
        raise ValueError("the request holds no JSON schema")
    replies: list[ChatReply] = []
    asked, reasons = request, [""]
    for repair in range(repairs + 1):
        reply = await model.complete(asked)
        replies.append(reply)
        try:
            value = parse_json(reply.text)
            reasons = violations(value, request.json_schema)
        except ValueError as error:
            reasons = [str(error)]
        if not reasons:
            return value, replies
        wrong = "That reply cannot be used:\n" + "\n".join(
            f"- {reason}" for reason in reasons[:_MOST_REASONS]
        )
        asked = replace(
            request,
            key=f"{request.key}/json{repair + 1}",
            messages=(
                *request.messages,
                {"role": "assistant", "content": reply.text},
                {
                    "role": "user",
                    "content": f"{wrong}\nAnswer again with the whole JSON, corrected, and no other text.",
                },
            ),
        )
    raise ModelError(
        f"'{request.key}': {len(replies)} replies broke their JSON schema, last: {reasons[0]}",
        "use a server that keeps replies to a schema, a larger model, or a higher --max-tokens",
    )


def with_schema_in_words(messages: Sequence[Message], schema: dict[str, Any]) -> tuple[Message, ...]:
    """Return messages whose last asks for JSON that keeps to a schema, for servers that cannot be given one."""
    last = messages[-1]
    asked = (
        f"{last['content']}\n\nAnswer with one JSON value and no other text. It keeps to this JSON schema:\n"
        f"{json.dumps(schema, ensure_ascii=False)}"
    )
    return (*messages[:-1], {**last, "content": asked})


def parse_json(reply: str) -> Any:
    """Return the JSON value in a reply, wherever it stands.

    What small models get wrong is mended by json-repair: text around it, code fences, trailing commas, missing
    quotes, an end that was cut off.

    Raises:
        ValueError: nothing in the reply can be read as JSON; the message tells a model what to do.
    """
    start = min((i for i in (reply.find("{"), reply.find("[")) if i >= 0), default=-1)
    if start < 0:
        raise ValueError("the reply holds no JSON; answer with JSON only")
    try:
        return json.JSONDecoder().raw_decode(reply[start:])[0]
    except ValueError:
        from json_repair import repair_json

        mended = repair_json(reply[start:], return_objects=True)
        if mended in ("", [], {}):
            raise ValueError("the reply is not valid JSON; answer with one complete JSON value") from None
        return mended


def violations(value: Any, schema: dict[str, Any]) -> list[str]:
    """Return what breaks a JSON schema, each in words a model can act on; empty if nothing does."""
    from jsonschema import Draft202012Validator

    errors = sorted(
        Draft202012Validator(schema).iter_errors(value), key=lambda error: list(map(str, error.path))
    )
    return [f"{_where(error.absolute_path)}: {error.message}" for error in errors]


def _where(path: Any) -> str:
    return (
        "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".") or "reply"
    )
