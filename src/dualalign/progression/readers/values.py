"""Cells of longitudinal data, read or refused in one line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from dualalign.errors import ProgressionError
from dualalign.files import number, person, shown

_Value = TypeVar("_Value")


def subject_of(value: Any, where: str) -> str:
    """Return whose row it is.

    Raises:
        ProgressionError: it does not say so.
    """
    found = _read(person, value, where, "id", "name the subject")
    if found is None:
        raise ProgressionError(f"{where}: is empty", "name the subject in every row")
    return found


def number_of(value: Any, where: str, remedy: str = "correct it") -> float:
    """Return a number.

    Raises:
        ProgressionError: it is none.
    """
    return _read(number, value, where, "number", remedy)


def _read(meaning: Callable[[Any], _Value], value: Any, where: str, kind: str, remedy: str) -> _Value:
    try:
        return meaning(value)
    except ValueError:
        raise ProgressionError(f"{where}: {shown(value)} is no {kind}", remedy) from None
