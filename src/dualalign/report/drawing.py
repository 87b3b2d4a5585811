"""Draws any measure from its breakdown, its intervals and what it is held against."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Literal

from dualalign.report.chapter import Plot, as_words
from dualalign.report.figures import bars, dots_by_kind, grid_of_ratios, line_against_target
from dualalign.report.prose import said

if TYPE_CHECKING:
    from dualalign.measures.measure import Measure

_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Drawing:
    """How a measure is drawn; what is not said is found in the measure.

    Args:
        shape: dots with intervals and targets, bars, a line over the years that parts are named by, or a grid of parts
            named by row and column.
        title: of the figure; the measure's name without one.
        unit: of the values.
        x: name of the line's years.
        caption: how to read it; the measure's note without one.
        keep: beginning of the names of the parts that are drawn, taken off.
        target: beginning of the names under which the baseline holds a part's target.
        kinds: endings of names after a colon: one mark each for the same part.
        line: a value that all are held against, or its name in the baseline.
        label: template of a part's name.
        ranked: whether parts furthest from the line, or from 0, come first, and those upon 0 not at all.
        most: parts drawn.
        each: parts drawn above and below 0; 0 for no such limit.
        ends: what lies to the left and to the right of 0.
    """

    shape: Literal["dots", "bars", "line", "grid", "none"] = "dots"
    title: str = ""
    unit: str = ""
    x: str = ""
    caption: str = ""
    keep: str = ""
    target: str = ""
    kinds: tuple[str, ...] = ()
    line: float | str | None = None
    label: str = "{{ row }}"
    ranked: bool = False
    most: int = 24
    each: int = 0
    ends: tuple[str, str] | None = None


UNKNOWN = Drawing(target="target", ranked=True)
"""How a measure is drawn that no chapter names."""


def draw(measure: Measure, how: Drawing) -> Plot | None:
    """Return the figure of a measure; None where it has no parts or is not to be drawn."""
    if how.shape == "none":
        return None
    line = measure.baseline.get(how.line) if isinstance(how.line, str) else how.line
    values = {
        name.removeprefix(how.keep): value
        for name, value in measure.breakdown.items()
        if name.startswith(how.keep)
    }
    of = len(values)
    values = _chosen(values, how, line)
    if not values:
        return None
    title = said(how.title, m=measure) or as_words(measure.name).capitalize()
    caption = said(how.caption or "{{ m.note | sentence if m.note }}", m=measure, shown=len(values), of=of)
    return Plot(_svg(measure, how, values, title, line), caption)


def _chosen(values: Mapping[str, float], how: Drawing, line: float | None) -> dict[str, float]:
    rows = list(values.items())
    if how.ranked:
        if how.line is None:
            rows = [row for row in rows if row[1]]
        rows.sort(key=lambda row: -abs(row[1] - (line or 0.0)))
    if how.each:
        above, below = ([row for row in rows if row[1] * side > 0][: how.each] for side in (1, -1))
        rows = [*above, *below]
    return dict(rows if how.shape in ("grid", "line") else rows[: how.most])


def _svg(measure: Measure, how: Drawing, values: Mapping[str, float], title: str, line: float | None) -> str:
    targets = [measure.baseline.get(f"{how.target} {row}") if how.target else None for row in values]
    if how.shape == "bars":
        return bars(title, {as_words(row): value for row, value in values.items()}, how.unit, how.ends)
    if how.shape == "grid":
        cells = {tuple(row.rsplit(" ", 1)): value for row, value in values.items()}
        rows, columns = (list(dict.fromkeys(cell[side] for cell in cells)) for side in (0, 1))
        ratios = [[cells.get((row, column)) for column in columns] for row in rows]
        return grid_of_ratios(title, list(map(as_words, rows)), columns, ratios)
    if how.shape == "line":
        years = [fmean(map(float, _NUMBER.findall(row))) for row in values]
        held = [line if each is None else each for each in targets]
        return line_against_target(title, years, list(values.values()), held, how.x, how.unit)
    if how.kinds:
        parts = [row.removesuffix(f": {how.kinds[0]}") for row in values if row.endswith(f": {how.kinds[0]}")]
        kinds = {kind: [values.get(f"{part}: {kind}") for part in parts] for kind in how.kinds}
        return dots_by_kind(title, list(map(as_words, parts)), kinds, how.unit)
    known = [each for each in targets if each is not None]
    shown = {"measured": list(values.values())} | ({how.target: targets} if known else {})
    rows = [said(how.label, row=as_words(row), m=measure) for row in values]
    return dots_by_kind(title, rows, shown, how.unit, [measure.intervals.get(row) for row in values], line)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Several measures in one figure, each with its control and its naive guess.

    Args:
        title: of the figure.
        unit: of the values.
        caption: how to read it.
        rows: measure -> what it is called.
        line: a value that all are held against.
    """

    title: str
    unit: str
    caption: str
    rows: Mapping[str, str]
    line: float | None = None


def compare(found: Mapping[str, Measure], how: Comparison) -> Plot | None:
    """Return measures side by side; None if there are none of them."""
    measures = {words: found[name] for name, words in how.rows.items() if name in found}
    if not measures:
        return None
    held: dict[str, list[float | None]] = {
        "measured": [each.breakdown.get("attack", each.value) for each in measures.values()],
        "control": [each.baseline.get("control") for each in measures.values()],
        "naive": [_naive(each) for each in measures.values()],
    }
    # The interval of an attack is of its risk, not of its success.
    intervals = [None if "attack" in each.breakdown else each.interval for each in measures.values()]
    return Plot(dots_by_kind(how.title, list(measures), held, how.unit, intervals, how.line), how.caption)


def _naive(measure: Measure) -> float | None:
    return next((value for name, value in measure.baseline.items() if name != "control"), None)
