"""What an error of a server means: ask again, wait, or tell the user what to put right."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from dualalign.errors import ModelError
from dualalign.llm.backend import RetryableError, UnusableBackendError

_RETRYABLE = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})
_OVERLOAD = frozenset({429, 503, 529})
_SCHEMA_WORDS = ("response_format", "json_schema", "guided", "grammar", "structured output")
_FILTER_WORDS = ("content_filter", "content management policy", "moderation", "flagged")
_NO_CREDIT = ("insufficient_quota", "insufficient credit", "insufficient balance", "billing_hard_limit")
_STATUS_OF_WORDS = (
    (("insufficient_quota", "insufficient credit", "billing"), 402),
    (("rate_limit", "rate limit", "too many requests", "throttl"), 429),
    (("overloaded", "unavailable", "capacity"), 503),
    (("api_key", "api key", "authentication", "unauthorized", "permission"), 401),
    (("not_found", "notfound", "not found", "does not exist"), 404),
    (("invalid_request", "bad_request", "badrequest", "context_length", "validation"), 400),
)
_MARKUP = re.compile(r"<(?:script|style)\b.*?</(?:script|style)>|<[^<>]*>", re.DOTALL | re.IGNORECASE)
_OF_AN_ERROR = ("message", "msg", "detail", "error_description", "title", "reason", "error", "type", "code")
_MOST_DETAILS = 3
_LONGEST = 300
_A_DATE_AS_A_NUMBER = 1e9


def refusal(
    status: int, headers: Mapping[str, str], said: str, where: str, model: str, key_variable: str
) -> ModelError:
    """Return the error that a status other than 200 amounts to.

    Args:
        status: HTTP status, 300 or more; of the body where that names another.
        headers: of the reply.
        said: what the body says, from `error_text`, as it may be printed.
        where: the URL as it may be shown.
        model: name asked for.
        key_variable: environment variable that holds the key.
    """
    message, lowered = f"{where}: HTTP {status}: {said[:_LONGEST]}", said.lower()
    if status == 402 or (status in (403, 429) and any(word in lowered for word in _NO_CREDIT)):
        return UnusableBackendError(message, "the account has no credit left; top it up and run again")
    if status in _RETRYABLE:
        return RetryableError(
            str(status),
            message,
            overload=status in _OVERLOAD,
            retry_after=retry_after(headers),
            outside=status in _OVERLOAD,
        )
    if 300 <= status < 400:
        return UnusableBackendError(
            f"{where}: HTTP {status}: the server points to {_address(headers.get('Location', ''))}, and prompts go "
            "only where you said",
            "name that address with --base-url if you trust it",
        )
    if any(word in lowered for word in _FILTER_WORDS):
        return ModelError(
            message, "the server's content filter refused this prompt; it stays without a reply"
        )
    if "context" in lowered or ("maximum" in lowered and "token" in lowered) or "too long" in lowered:
        return ModelError(message, "use a model with a longer context, or lower -M max_tokens")
    if status in (401, 403):
        return UnusableBackendError(message, f"put a valid key into the environment variable {key_variable}")
    if status == 404 or ("model" in lowered and ("not found" in lowered or "does not exist" in lowered)):
        return UnusableBackendError(
            message,
            f"check that --base-url is right (most end in /v1) and that the server has the model '{model}'",
        )
    return ModelError(
        message,
        "the server does not accept these options; -M KEY=VALUE changes them, and null leaves one out",
    )


def refuses_schema(status: int, said: str) -> bool:
    """Return whether a server refused a request because it cannot keep replies to a JSON schema."""
    lowered = said.lower()
    return status in (400, 422, 501) and any(word in lowered for word in _SCHEMA_WORDS)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds a server asks to wait, by `Retry-After` (seconds or a date) or `retry-after-ms`.

    A date is held against the reply's own `Date`: the server's clock set it, and that clock may be wrong.
    """
    given = {name.lower(): value.strip() for name, value in headers.items()}
    try:
        if math.isfinite(wait := float(given["retry-after-ms"]) / 1000):
            return max(wait, 0.0)
    except (KeyError, ValueError):
        pass
    until = given.get("retry-after", "")
    try:
        wait = float(until)
    except ValueError:
        moment = _seconds_of(until)
    else:
        if not wait > _A_DATE_AS_A_NUMBER:
            return max(wait, 0.0) if math.isfinite(wait) else None
        moment = wait if math.isfinite(wait) else None
    if moment is None:
        return None
    now = _seconds_of(given.get("date", ""))
    return max(moment - (time.time() if now is None else now), 0.0)


def error_in(content: Mapping[str, Any]) -> int | None:
    """Return the status that the body of a reply names or describes; None if it holds no error."""
    choices = content.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    error = content.get("error") or choice.get("error")
    if not error and not choices and content.get("object") != "error":
        named = any(content.get(name) for name in ("errors", "detail"))
        error = content if named or _status_in(content) else None
    elif content.get("object") == "error":
        error = content
    if not error:
        return None
    for holder in (error, content):
        if isinstance(holder, dict) and (status := _status_in(holder)):
            return status
    kinds = (
        [str(error.get(name, "")) for name in ("code", "type", "status")] if isinstance(error, dict) else []
    )
    lowered = " ".join([*kinds, error_text({"error": error})]).lower()
    return next((status for words, status in _STATUS_OF_WORDS if any(each in lowered for each in words)), 500)


def error_text(body: bytes | Mapping[str, Any]) -> str:
    """Return what an error reply says, on one line; may hold the prompt, so it is for `scrubbed` before it is shown."""
    content: Any = body
    if isinstance(body, bytes):
        try:
            content = json.loads(body[:1_000_000])
        except (ValueError, RecursionError):
            content = _MARKUP.sub(" ", body[:20_000].decode("utf-8", "replace"))
    return " ".join(_said(content).split())[:2_000] or "no reason given"


def _said(error: Any, depth: int = 0) -> str:
    """Return the words of an error in any of its forms, and nothing of the fields that repeat the request."""
    if isinstance(error, (str, int)):
        return str(error)[:2_000]
    if isinstance(error, list) and depth < 4:
        return "; ".join(filter(None, (_said(each, depth + 1) for each in error[:_MOST_DETAILS])))
    if not isinstance(error, dict) or depth >= 4:
        return ""
    for name in ("error", "errors", "detail"):
        if isinstance(error.get(name), (dict, list)) and (said := _said(error[name], depth + 1)):
            return said
    said = next((str(error[name]) for name in _OF_AN_ERROR if isinstance(error.get(name), (str, int))), "")
    place = error.get("loc") or error.get("param")
    if isinstance(place, list):
        place = ".".join(map(str, place[:8]))
    codes = [
        error[name]
        for name in ("type", "code")
        if isinstance(error.get(name), str) and error[name] not in ("", said)
    ]
    where = f"{place}: " if isinstance(place, str) and place not in said else ""
    return f"{where}{said}" + (f" ({', '.join(codes)})" if codes and said else "")


def _status_in(holder: Mapping[str, Any]) -> int | None:
    for name in ("code", "status", "status_code", "statusCode"):
        value = holder.get(name)
        if isinstance(value, str) and len(value) == 3 and value.isdecimal():
            value = int(value)
        if isinstance(value, int) and 400 <= value < 600:
            return value
    return None


def _seconds_of(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except (TypeError, ValueError, OverflowError, IndexError):
        return None


def _address(location: str) -> str:
    """Return where a redirect points, without what may be secret in it."""
    try:
        parts = urlsplit(location)
        host = f"{parts.scheme}://{parts.hostname}" if parts.hostname else ""
    except ValueError:
        return "another address"
    return f"{host}{parts.path}" or "another address"
