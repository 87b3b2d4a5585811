"""JSON replies: find and mend the JSON in what a model said, and check it against a schema."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dualalign.errors import ModelError
from dualalign.llm.answers import answer_in

if TYPE_CHECKING:
    from dualalign.llm.client import LanguageModel
    from dualalign.llm.request import ChatReply, ChatRequest, Message

_MOST_REASONS = 10
_MOST_DEPTH = 40
_MOST_TO_MEND = 400_000
_TOO_DEEP = "the reply opens brackets without end; answer with one complete JSON value"


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
        model.set_aside(asked)
        wrong = "That reply cannot be used:\n" + "\n".join(
            f"- {reason}" for reason in reasons[:_MOST_REASONS]
        )
        asked = replace(
            request,
            key=f"{request.key}/json{repair + 1}",
            messages=(
                *request.messages,
                {"role": "assistant", "content": answer_in(reply.text)},
                {
                    "role": "user",
                    "content": f"{wrong}\nAnswer again with the whole JSON, corrected, and no other text.",
                },
            ),
        )
    raise ModelError(
        f"'{request.key}': {len(replies)} replies broke their JSON schema",
        "use a server that keeps replies to a schema, a larger model, or a higher -M max_tokens",
    )


def with_schema_in_words(messages: Sequence[Message], schema: dict[str, Any]) -> tuple[Message, ...]:
    """Return messages whose last asks for JSON that keeps to a schema, for servers that cannot be given one."""
    last = messages[-1]
    asked = (
        f"{last['content']}\n\nAnswer with one JSON value and no other text. It keeps to this JSON schema:\n"
        f"{json.dumps(schema, ensure_ascii=False)}"
    )
    return (*messages[:-1], {**last, "content": asked})


def parse_json(reply: str, pairs: Callable[[list[tuple[str, Any]]], Any] | None = None) -> Any:
    """Return the JSON value in a reply, wherever it stands; thinking before it is no part of it.

    What small models get wrong is mended by json-repair: text around it, code fences, trailing commas, missing
    quotes, an end that was cut off.

    Args:
        reply: the model's words.
        pairs: makes an object of its pairs, as for `json.loads`; what was mended comes as dictionaries.

    Raises:
        ValueError: nothing in the reply can be read as JSON; the message tells a model what to do.
    """
    text = reply.strip()
    # A reply that is JSON as a whole may hold anything in its strings, what looks like thinking too.
    if not (text[:1] in ("{", "[") and text[-1:] in ("}", "]") and _is_whole(text)):
        text = answer_in(text)
    start = min((i for i in (text.find("{"), text.find("[")) if i >= 0), default=-1)
    if start < 0:
        raise ValueError("the reply holds no JSON; answer with JSON only")
    text = text[start:]
    try:
        value = json.JSONDecoder(object_pairs_hook=pairs).raw_decode(text)[0]
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    except ValueError:
        value = _mended(text)
    if _depth(value) > _MOST_DEPTH:
        raise ValueError(_TOO_DEEP)
    return value


def _is_whole(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _mended(text: str) -> Any:
    from json_repair import repair_json

    # A model that loops opens bracket after bracket, and mending takes the longer the more there are.
    if (text.count("{") + text.count("[")) * len(text) > _MOST_TO_MEND:
        raise ValueError(_TOO_DEEP)
    try:
        value = repair_json(text, return_objects=True)
    except Exception:  # It meets whatever a model may say, and was not made for all of it.
        value = ""
    if value in ("", [], {}):
        raise ValueError("the reply is not valid JSON; answer with one complete JSON value")
    return value


def _depth(value: Any) -> int:
    """Return how deep a value is nested, without nesting calls as deep."""
    deepest, waiting = 0, [(value, 1)]
    while waiting and deepest <= _MOST_DEPTH:
        each, depth = waiting.pop()
        deepest = max(deepest, depth)
        held = each.values() if isinstance(each, dict) else each if isinstance(each, (list, tuple)) else ()
        waiting += [(inner, depth + 1) for inner in held if isinstance(inner, (dict, list, tuple))]
    return deepest


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
