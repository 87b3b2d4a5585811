"""JSON replies: find and mend the JSON in what a model said, and check it against a schema."""

from __future__ import annotations

import json
from typing import Any


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
