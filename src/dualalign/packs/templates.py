"""Prompt templates of packs: plain data put into text, and nothing that could run code, reach files or grow for ever.

Packs come from other people, so a template may use the few forms below and no other. What is not on the lists is
refused when the pack is loaded, and the sandbox refuses it once more when a prompt is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, meta, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BaseModel

from dualalign.errors import PackError

LONGEST_TEMPLATE = 50_000
LONGEST_PROMPT = 1_000_000
_MOST_LOOPS = 2
_MOST_DEPTH = 60

_ALLOWED = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.Name, nodes.Const),
    *(
        nodes.Getattr,
        nodes.Getitem,
        nodes.Filter,
        nodes.Compare,
        nodes.Operand,
        nodes.And,
        nodes.Or,
        nodes.Not,
    ),
    nodes.CondExpr,
)
_OF_LOOP = frozenset({"index", "index0", "revindex", "first", "last", "length"})


def _list(value: Any) -> list[Any]:
    # A text taken for the list of its letters would let a chain of filters grow without end.
    if not isinstance(value, (list, tuple)):
        raise SecurityError("this filter takes a list")
    return list(value)


_FILTERS: dict[str, Callable[..., Any]] = {
    "join": lambda value, by="": str(by).join(map(str, _list(value))),
    "sort": lambda value: sorted(_list(value), key=str),
    "unique": lambda value: list(dict.fromkeys(map(str, _list(value)))),
    "first": lambda value: next(iter(_list(value)), ""),
    "last": lambda value: next(reversed(_list(value)), ""),
    "length": lambda value: len(value),
    "upper": lambda value: str(value).upper(),
    "lower": lambda value: str(value).lower(),
    "capitalize": lambda value: str(value).capitalize(),
    "title": lambda value: str(value).title(),
    "trim": lambda value: str(value).strip(),
}


class _PlainData(ImmutableSandboxedEnvironment):
    """A sandbox in which nothing is called and dots reach the keys of plain dictionaries alone."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, LoopContext) and attribute in _OF_LOOP:
            return getattr(obj, attribute)
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, (dict, list, tuple)):
            try:
                return obj[argument]
            except (LookupError, TypeError):
                pass
        return self.undefined(obj=obj, name=argument)

    def is_safe_callable(self, obj: Any) -> bool:
        return False


def _environment() -> _PlainData:
    # A prompt is plain text for a model and never reaches a browser.
    environment = _PlainData(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.globals.clear()
    environment.tests.clear()
    environment.filters.clear()
    environment.filters.update(_FILTERS)
    return environment


_ENVIRONMENT = _environment()


def checked_template(template: str, known: frozenset[str]) -> str:
    """Return a template as it is.

    Raises:
        ValueError: it cannot be read, uses a variable beyond the known ones, or a form that templates may not use.
    """
    if len(template) > LONGEST_TEMPLATE:
        raise ValueError(f"the template has more than {LONGEST_TEMPLATE:,} characters; shorten it")
    try:
        tree = _ENVIRONMENT.parse(template)
        _check(tree)
        used = meta.find_undeclared_variables(tree)
        _ENVIRONMENT.from_string(template)
    except TemplateError as error:
        raise ValueError(f"the template cannot be read: {error}; correct it") from None
    except (RecursionError, SyntaxError, MemoryError):
        raise ValueError("the template is nested too deep; make it flatter") from None
    unknown = sorted(used - known)
    if unknown:
        raise ValueError(f"unknown variable '{unknown[0]}'; a template may use {', '.join(sorted(known))}")
    return template


def read_template(template: str) -> Template:
    """Return a template that `checked_template` passed, ready for `rendered`."""
    return _ENVIRONMENT.from_string(template)


def rendered(template: Template, **values: Any) -> str:
    """Return the text of a template with values put in; models and dictionaries are seen as plain data.

    Raises:
        PackError: the template fails, or its text grows beyond any prompt.
    """
    pieces: list[str] = []
    size = 0
    try:
        for piece in template.generate(**{name: _plain(value) for name, value in values.items()}):
            pieces.append(piece)
            size += len(piece)
            if size > LONGEST_PROMPT:
                raise SecurityError(f"its text is longer than {LONGEST_PROMPT:,} characters")
    except (TemplateError, TypeError) as error:
        raise PackError(f"a prompt's template failed: {error}", "correct the template in the pack") from None
    return "".join(pieces).strip()


def _check(node: nodes.Node, loops: int = 0, depth: int = 0) -> None:
    """Refuse every form that is not on the list."""
    if depth > _MOST_DEPTH:
        raise TemplateError("it is nested too deep")
    if not isinstance(node, _ALLOWED):
        raise TemplateError(
            f"line {node.lineno}: a template may not use '{type(node).__name__.lower()}'; it may use if, for, "
            f"names with dots, and the filters {', '.join(_FILTERS)}"
        )
    key = node.attr if isinstance(node, nodes.Getattr) else "0"
    if isinstance(node, nodes.Getitem):
        key = str(node.arg.value) if isinstance(node.arg, nodes.Const) else "_"
    if key.startswith("_"):
        raise TemplateError(f"line {node.lineno}: a template may not use '{key}'")
    if isinstance(node, nodes.For):
        loops += 1
        if loops > _MOST_LOOPS or node.recursive or not isinstance(node.iter, (nodes.Name, nodes.Getattr)):
            raise TemplateError(
                f"line {node.lineno}: a loop goes over a variable, at most {_MOST_LOOPS} deep, and not over itself"
            )
    for child in node.iter_child_nodes():
        _check(child, loops, depth + 1)


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump()
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(each) for each in value]
    if value is None or isinstance(value, (str, int, float)):
        return value
    raise TypeError(f"{type(value).__name__} is no plain data")
