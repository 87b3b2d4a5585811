"""What a value of a user's file means: an id, a number, or nothing."""

from __future__ import annotations

import math
import re
from typing import Any

_MISSING = frozenset(
    {"", "NA", "N/A", "n/a", "#N/A", "<NA>", "nan", "NaN", "NAN", "NaT", "null", "NULL", "None", "\\N"}
)
_WHOLE_AS_DECIMAL = re.compile(r"([+-]?\d+)\.0+")
_PLAIN_WORD = re.compile(r"[a-z_]{0,20}|[A-Za-z]{1,2}|(?=[\w.:/+-]*\d)[\w.:/+-]{1,40}")
_LONGEST_NUMBER = 400


def is_missing(value: Any) -> bool:
    """Return whether a value says nothing: null, NaN, blanks, or a word that exports write for them."""
    if isinstance(value, str):
        return value.strip() in _MISSING
    return value is None or (isinstance(value, float) and math.isnan(value))


def identity(value: Any) -> str | None:
    """Return an id as text, None where it is missing; 11.0 is the id 11.

    Raises:
        ValueError: it is a list, holds half a surrogate pair, or is otherwise no id.
    """
    if is_missing(value):
        return None
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        return str(int(value))
    if isinstance(value, bytes):
        value = value.decode("utf-8")
    if isinstance(value, (list, dict)) or (isinstance(value, float) and math.isinf(value)):
        raise ValueError("not an id")
    text = str(value)
    text.encode("utf-8")
    return text


def person(value: Any) -> str | None:
    """Return the id of a person or a group, the same however a column of numbers wrote it: `1`, `1.0`, ` 1`.

    Raises:
        ValueError: it is no id.
    """
    text = identity(value)
    if text is None:
        return None
    text = text.strip()
    decimal = _WHOLE_AS_DECIMAL.fullmatch(text)
    return decimal[1] if decimal else text


def number(value: Any) -> float:
    """Return a finite number.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, bool) or (isinstance(value, str) and ("_" in value or len(value) > _LONGEST_NUMBER)):
        raise ValueError("not a number")
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError("not a number") from None
    if not math.isfinite(found):
        raise ValueError("not a finite number")
    return found


def whole(value: Any) -> int:
    """Return a whole number; 11.0 is 11.

    Raises:
        ValueError: it is none.
    """
    found = number(value)
    if found != int(found):
        raise ValueError("not a whole number")
    return int(value) if isinstance(value, int) else int(found)


def shown(value: Any) -> str:
    """Return a value as an error may show it: a number, a date, a code or one small word as it is.

    Anything else may be words of a note, or a name, and is not shown.
    """
    if isinstance(value, str):
        text = value.strip()
        return f"'{text}'" if _PLAIN_WORD.fullmatch(text) else f"(a text of {len(value)} characters)"
    is_short = isinstance(value, float) or (isinstance(value, int) and abs(value) < 1 << 64)
    return f"'{value}'" if is_short else f"({type(value).__name__})"
