"""A measure as a row of the report's table."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import yaml

from dualalign.measures.alignment.noise import HIGH, MEAN
from dualalign.report.prose import short

if TYPE_CHECKING:
    from dualalign.measures.measure import Measure

_MOST_HELD = 3


def measure_row(measure: Measure) -> dict[str, str]:
    """Return what the table says of a measure: in plain words, with its interval and what to hold it against."""
    held = {"chance": measure.baseline[MEAN]} if MEAN in measure.baseline else {}
    held |= {
        name: value
        for name, value in measure.baseline.items()
        if name not in (MEAN, HIGH) and not name.startswith(("target ", "published year "))
    }
    return {
        "name": measure.name,
        "what": _plain(measure.name),
        "note": measure.note,
        "value": f"{short(measure.value)} {measure.unit}".rstrip(),
        "interval": " to ".join(map(short, measure.interval)) if measure.interval else "",
        "better": {"min": "less is better", "max": "more is better", "none": ""}[measure.goal],
        "verdict": _verdict(measure),
        "held": ", ".join(f"{name} {short(value)}" for name, value in list(held.items())[:_MOST_HELD]),
    }


def _plain(name: str) -> str:
    for known, words in _plain_words().items():
        # A name that ends in a star stands for all that begin like it.
        if name == known:
            return words
        if known.endswith("*") and name.startswith(known[:-1]):
            return words.format(name[len(known) - 1 :].replace("_", " "))
    return name.replace("_", " ")


def _verdict(measure: Measure) -> str:
    if HIGH not in measure.baseline:
        return ""
    return "no more than chance" if measure.value <= measure.baseline[HIGH] else "more than chance"


@cache
def _plain_words() -> dict[str, str]:
    text = resources.files("dualalign.report").joinpath("plain_words.yaml").read_text(encoding="utf-8")
    loaded: dict[str, str] = yaml.safe_load(text)
    return loaded
