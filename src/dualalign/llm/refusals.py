"""What an HTTP status and the words with it mean: ask again, wait, or tell the user what to put right."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from dualalign.errors import ModelError
from dualalign.llm.backend import RetryableError, UnusableBackendError

_RETRYABLE = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})
_OVERLOAD = frozenset({429, 503, 529})
_SCHEMA_WORDS = ("response_format", "json_schema", "guided", "grammar", "structured output")
_FILTER_WORDS = ("content_filter", "content management policy", "moderation", "flagged")


def refusal(
    status: int, headers: Mapping[str, str], payload: bytes, where: str, model: str, key_variable: str
) -> ModelError:
    """Return the error a status other than 200 amounts to.

    Args:
        status: HTTP status, 300 or more.
        headers: of the reply.
        payload: body of the reply.
        where: the URL as it may be shown.
        model: name asked for.
        key_variable: environment variable that holds the key.
    """
    said = error_text(payload)
    message, lowered = f"{where}: HTTP {status}: {said}", said.lower()
    if status == 429 and "quota" in lowered and b"insufficient_quota" in payload:
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
        target = headers.get("Location", "another address")
        return UnusableBackendError(
            f"{where}: HTTP {status}: the server points to {target}, and prompts go only where you said",
            "name that address with --base-url if you trust it",
        )
    if any(word in lowered for word in _FILTER_WORDS) or b"content_filter" in payload:
        return ModelError(
            message, "the server's content filter refused this prompt; it stays without a reply"
        )
    if "context" in lowered or ("maximum" in lowered and "token" in lowered) or "too long" in lowered:
        return ModelError(message, "use a model with a longer context, or lower --max-tokens")
    if status in (401, 403):
        return UnusableBackendError(message, f"put a valid key into the environment variable {key_variable}")
    if status == 402:
        return UnusableBackendError(message, "the account has no credit left; top it up and run again")
    if status == 404 or ("model" in lowered and ("not found" in lowered or "does not exist" in lowered)):
        return UnusableBackendError(
            message,
            f"check that --base-url is right (most end in /v1) and that the server has the model '{model}'",
        )
    return ModelError(
        message,
        "the server does not accept these options; --extra-body changes them, and a null there leaves one out",
    )


def refuses_schema(status: int, payload: bytes) -> bool:
    """Return whether a server refused a request because it cannot keep replies to a JSON schema."""
    lowered = error_text(payload).lower()
    return status in (400, 422, 501) and any(word in lowered for word in _SCHEMA_WORDS)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds a server asks to wait, by `Retry-After` (seconds or a date) or `retry-after-ms`."""
    try:
        return max(float(headers["retry-after-ms"]) / 1000, 0.0)
    except (KeyError, ValueError):
        pass
    header = headers.get("Retry-After")
    if header is None:
        return None
    try:
        wait = float(header)
    except ValueError:
        try:
            wait = parsedate_to_datetime(header).timestamp() - time.time()
        except (TypeError, ValueError):
            return None
    return max(wait, 0.0)


def error_text(payload: bytes) -> str:
    """Return what an error reply says, on one line of at most 300 characters."""
    try:
        content = json.loads(payload)
        error = content.get("error", content)
        said = error.get("message", error) if isinstance(error, dict) else error
    except (ValueError, AttributeError):
        said = payload.decode("utf-8", "replace")
    return " ".join(str(said).split())[:300]
