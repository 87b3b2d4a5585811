"""Settings of a classifier from plain values, as a YAML file or a command line gives them."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from dualalign.errors import ClassifierError

T = TypeVar("T")


def settings(kind: type[T], values: Mapping[str, Any], where: str) -> T:
    """Return a dataclass of settings from plain values; settings within settings are mappings.

    Args:
        kind: the dataclass.
        values: field name -> value; fields left out keep their defaults.
        where: what is being set, for messages.

    Raises:
        ClassifierError: a setting that does not exist, or a value of the wrong kind.
    """
    if not isinstance(values, Mapping):
        raise ClassifierError(f"{where}: {values!r} is not a mapping", "give settings by name")
    hints = typing.get_type_hints(kind)
    names = [each.name for each in dataclasses.fields(kind)]  # type: ignore[arg-type]
    found: dict[str, Any] = {}
    for name, value in values.items():
        if name not in names:
            raise ClassifierError(f"{where}: no setting '{name}'", f"its settings are {', '.join(names)}")
        found[name] = _value(hints[name], value, f"{where}.{name}")
    return kind(**found)


def _value(hint: Any, value: Any, where: str) -> Any:
    """Return a value as its field holds it, or refuse it."""
    options = _options(hint)
    if value is None and type(None) in options:
        return None
    for option in options:
        if dataclasses.is_dataclass(option) and isinstance(value, Mapping):
            return settings(option, value, where)  # type: ignore[arg-type]
        if typing.get_origin(option) is tuple and isinstance(value, list | tuple):
            inner = typing.get_args(option)[0]
            return tuple(_value(inner, each, where) for each in value)
        if typing.get_origin(option) is typing.Literal and value in typing.get_args(option):
            return value
        if option is float and isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        if isinstance(option, type) and isinstance(value, option) and _same_truth(option, value):
            return value
    raise ClassifierError(f"{where}: {value!r} is not {_named(options)}", "correct the value")


def _options(hint: Any) -> tuple[Any, ...]:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return typing.get_args(hint)
    return (hint,)


def _same_truth(option: type, value: Any) -> bool:
    """Python counts True as an integer; a setting does not."""
    return option is bool or not isinstance(value, bool)


def _named(options: tuple[Any, ...]) -> str:
    names: list[str] = []
    for option in options:
        if typing.get_origin(option) is typing.Literal:
            names.extend(repr(each) for each in typing.get_args(option))
        elif option is not type(None):
            names.append(
                "a mapping" if dataclasses.is_dataclass(option) else getattr(option, "__name__", str(option))
            )
    return " or ".join(names)
