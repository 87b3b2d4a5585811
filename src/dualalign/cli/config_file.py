"""`--config`: options of a command from a YAML file; the command line overrides it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from dualalign.errors import InputDataError

_NOT_IN_FILES = {"config", "help"}


def _read(context: typer.Context, file: Path | None) -> Path | None:
    # During completion of the command line nothing may be read or refused.
    if file is None or context.resilient_parsing:
        return file
    known = {each.name: each for each in context.command.params if each.name not in _NOT_IN_FILES}
    names = {flag.lstrip("-"): name for name, each in known.items() for flag in each.opts} | {
        name: name for name in known
    }
    defaults: dict[str, Any] = {}
    for key, value in _content(file).items():
        name = names.get(key) or names.get(key.replace("_", "-")) or names.get(key.replace("-", "_"))
        if name is None:
            shown = sorted(
                each.replace("_", "-") for each in known if not getattr(known[each], "hidden", False)
            )
            raise _wrong(file, key, "there is no such option", _meant(key, shown))
        if name in defaults:
            raise _wrong(file, key, "the option is given twice", "leave one of them out")
        if value is not None:
            defaults[name] = _as_given(file, key, value, bool(getattr(known[name], "multiple", False)))
    context.default_map = defaults
    return file


ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        is_eager=True,
        callback=_read,
        metavar="FILE",
        help="YAML file of options, such as `patients: 200`; the command line overrides it.",
    ),
]


def _content(file: Path) -> Mapping[str, Any]:
    from pydantic import RootModel

    from dualalign.packs.loader import load_file

    if not file.is_file():
        raise InputDataError(f"--config {file}: no such file", "give a YAML file of options")
    content = load_file(file, RootModel[Any]).root
    if not isinstance(content, dict):
        raise InputDataError(f"{file}: holds no options", "write one a line, such as `patients: 200`")
    return {str(key): value for key, value in content.items()}


def _as_given(file: Path, key: str, value: Any, multiple: bool) -> str | list[str]:
    """Return a value as the command line would give it, so that both are checked in the same way."""
    if isinstance(value, Mapping) and multiple:
        return [f"{name}={_text(file, key, each)}" for name, each in value.items()]
    if isinstance(value, list) and multiple:
        return [_text(file, key, each) for each in value]
    said = _text(file, key, value)
    return [said] if multiple else said


def _text(file: Path, key: str, value: Any) -> str:
    if isinstance(value, (list, Mapping)):
        raise _wrong(file, key, "takes one value", "give one value, not a list or a mapping")
    # JSON writes true, false and null as options are read.
    return json.dumps(value) if value is None or isinstance(value, (bool, int, float)) else str(value)


def _wrong(file: Path, key: str, what: str, remedy: str) -> InputDataError:
    from dualalign.packs.loader import line_of

    line = line_of(file.read_text(encoding="utf-8"), [key])
    return InputDataError(f"{file}:{line}: {key}: {what}", remedy)


def _meant(key: str, known: list[str]) -> str:
    from dualalign.packs.checks.problem import one_of

    return one_of(key.replace("_", "-"), known)
