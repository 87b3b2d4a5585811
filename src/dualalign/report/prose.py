"""What the page says in sentences: templates over measures."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Environment

    from dualalign.measures.measure import Measure


def said(template: str, **names: object) -> str:
    """Return a template filled, each run of blanks within a line as one.

    Args:
        template: of Jinja, with the filters `percent`, `short`, `whole`, `count_of`, `words`, `sentence` and `furthest`.
        names: what it speaks of.
    """
    lines = _environment().from_string(template).render(**names).splitlines()
    return "\n".join(" ".join(line.split()) for line in lines).strip()


def short(value: float) -> str:
    """Return a number as the page writes it."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


@cache
def _environment() -> Environment:
    from jinja2 import ChainableUndefined, Environment

    from dualalign.report.chapter import as_sentence, as_words

    environment = Environment(undefined=ChainableUndefined, autoescape=False)
    environment.filters |= {
        "percent": lambda share: f"{share:.1%}",
        "short": short,
        "words": as_words,
        "sentence": as_sentence,
        "furthest": _furthest,
        "whole": lambda number: f"{number:,}",
        "count_of": lambda number, thing: f"{number:,} {thing}{'' if number == 1 else 's'}",
    }
    environment.globals["planned"] = _planned
    return environment


def _furthest(breakdown: Mapping[str, float], target: float) -> str:
    return max(breakdown, key=lambda part: abs(breakdown[part] - target))


def _planned(measure: Measure) -> list[str]:
    """Return the parts of a measure of identifiers that were put there on purpose."""
    return [part for part in measure.breakdown if part.startswith("planned: ")]
