"""The chapters of the report page, as `chapters.yaml` says them."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import yaml

from dualalign.report.chapter import Chapter
from dualalign.report.drawing import UNKNOWN, Comparison, Drawing, compare, draw
from dualalign.report.pictures import pictures
from dualalign.report.prose import said

if TYPE_CHECKING:
    from dualalign.measures.context import Context
    from dualalign.measures.measure import Measure
    from dualalign.packs.pack import Pack

Found = Mapping[str, "Measure"]

_SUMMARY = "summary"
_FURTHER = "further"
_SHOWN_AT_ONCE = 6


def chapter_names() -> list[str]:
    """Return the names of the chapters in their order."""
    return [name for name in _chapters() if name != _SUMMARY]


def chapter(name: str, found: Found, context: Context, pack: Pack | None) -> Chapter | None:
    """Return a chapter; None if there is nothing to say or to draw.

    Args:
        name: one of `chapter_names`.
        found: name -> measure.
        context: of the measures, for pictures of a cohort and of notes.
        pack: of the disease, for its names.
    """
    spec = _chapters()[name]
    plots = [plot for each in spec.get("pictures", ()) for plot in pictures(each, dict(found), context)]
    if name == _FURTHER:
        drawn = [draw(each, UNKNOWN) for each in found.values() if _drawing(each.name) is None]
    else:
        drawn = [
            draw(each, Drawing(**how))
            for pattern, how in spec.get("figures", {}).items()
            for each in found.values()
            if fnmatchcase(each.name, pattern)
        ]
    drawn += [compare(found, Comparison(**how)) for how in spec.get("compared", ())]
    text = paragraphs(name, found, pack)
    plots = [*(plot for plot in drawn if plot is not None), *plots]
    if not text and not plots:
        return None
    shown, more = plots[:_SHOWN_AT_ONCE], plots[_SHOWN_AT_ONCE:]
    return Chapter(spec["title"], text, shown, more, f"{len(more)} more figures" if more else "")


def summary_of(found: Found, pack: Pack | None) -> list[str]:
    """Return what the page says of the measures before anything else."""
    return paragraphs(_SUMMARY, found, pack)


def paragraphs(name: str, found: Found, pack: Pack | None) -> list[str]:
    """Return the texts of a chapter whose measures were found."""
    texts = (
        said(each["say"], found=found, pack=pack)
        for each in _chapters()[name]["text"]
        if found.keys() >= set(each.get("needs", ()))
    )
    return [text for text in texts if text]


def _drawing(measure: str) -> Mapping[str, Any] | None:
    """Return how the chapters draw a measure; None if none of them names it."""
    compared = {
        row for spec in _chapters().values() for each in spec.get("compared", ()) for row in each["rows"]
    }
    if measure in compared:
        return {}
    known = (item for spec in _chapters().values() for item in spec.get("figures", {}).items())
    return next((how for pattern, how in known if fnmatchcase(measure, pattern)), None)


@cache
def _chapters() -> dict[str, dict[str, Any]]:
    text = resources.files("dualalign.report").joinpath("chapters.yaml").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return loaded
