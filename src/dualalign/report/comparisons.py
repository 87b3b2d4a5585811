"""Figures that hold several values of the same thing side by side; each returns inline SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dualalign.report.theme import FAINT, INK, MEASURED, TARGET, new_figure, styled, to_svg

if TYPE_CHECKING:
    from dualalign.measures.realism import NoteMap

_WIDTH = 4.9
_ROW = 0.24
_TITLE = 0.22
"""Inches that a title takes; the legend stands under it."""
_COLOURS = (MEASURED, TARGET, INK)
_MARKS = ("o", "D", "|")

Interval = tuple[float, float]


@styled
def dots_by_kind(
    title: str,
    rows: Sequence[str],
    kinds: Mapping[str, Sequence[float | None]],
    unit: str,
    intervals: Sequence[Interval | None] = (),
    line: float | None = None,
) -> str:
    """Draw one row per thing and one mark per kind of value; intervals belong to the first kind.

    Args:
        title: of the figure.
        rows: what is compared, from the top.
        kinds: name in the legend -> a value for each row, None where there is none; three kinds at most.
        unit: of the values.
        intervals: of the first kind's values, one a row; may be empty.
        line: a value that all are held against, drawn upright.
    """
    lines = sum(row.count("\n") + 1 for row in rows)
    height = _ROW * lines + 1.0
    figure, axes = new_figure(_WIDTH, height)
    if line is not None:
        axes.axvline(line, color=FAINT, linewidth=1.2)
    for place, ends in enumerate(intervals):
        if ends is not None:
            axes.hlines(place, *ends, color=MEASURED, linewidth=1.1)
    for (name, values), colour, mark in zip(kinds.items(), _COLOURS, _MARKS, strict=False):
        shown = [(value, place) for place, value in enumerate(values) if value is not None]
        axes.scatter(
            [value for value, _ in shown],
            [place for _, place in shown],
            s=70 if mark == "|" else 18,
            marker=mark,
            color=colour,
            label=name,
            zorder=3,
        )
    axes.set_yticks(range(len(rows)), rows)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.grid(axis="x")
    # Long names of rows leave the axes little room, so title, legend and unit belong to the whole figure.
    several = len(kinds) > 1
    figure.suptitle(f"{title}\n" if several else title, x=0.01, ha="left", fontsize=10.5)
    figure.supxlabel(unit, fontsize=9.5)
    if several:
        figure.legend(
            fontsize=8.5,
            ncols=len(kinds),
            loc="upper left",
            bbox_to_anchor=(-0.01, 1 - _TITLE / height),
            handletextpad=0.2,
            columnspacing=1.0,
            borderaxespad=0.1,
        )
    return to_svg(figure, title)


@styled
def bars(title: str, values: Mapping[str, float], unit: str, ends: tuple[str, str] | None = None) -> str:
    """Draw one bar a row, to the left of zero where a value is negative.

    Args:
        title: of the figure.
        values: row -> value, from the top.
        unit: of the values.
        ends: what the left and the right of zero mean, written above the bars.
    """
    figure, axes = new_figure(_WIDTH, _ROW * len(values) + (1.1 if ends else 0.8))
    places = range(len(values))
    colours = [TARGET if value < 0 else MEASURED for value in values.values()]
    axes.barh(places, list(values.values()), height=0.66, color=colours)
    axes.set_yticks(places, list(values))
    axes.set_ylim(len(values) - 0.4, -0.6)
    axes.axvline(0, color=FAINT, linewidth=0.8)
    axes.set_xlabel(unit)
    axes.set_title(title, pad=20 if ends else None)
    if ends:
        for name, place, side in ((ends[0], 0.0, "left"), (ends[1], 1.0, "right")):
            axes.text(place, 1.01, name, transform=axes.transAxes, ha=side, va="bottom", fontsize=8.5)
    return to_svg(figure, title)


@styled
def map_of_notes(title: str, placed: NoteMap) -> str:
    """Draw synthetic and reference notes as points of a plane."""
    figure, axes = new_figure(_WIDTH, 3.9)
    for points, colour, name in (
        (placed.reference, TARGET, "reference"),
        (placed.synthetic, MEASURED, "synthetic"),
    ):
        axes.scatter(points[:, 0], points[:, 1], s=7, color=colour, alpha=0.65, linewidths=0, label=name)
    axes.set_xticks([])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_title(title, pad=21)
    axes.legend(
        fontsize=8.5,
        ncols=2,
        loc="lower left",
        bbox_to_anchor=(-0.02, 1.0),
        borderaxespad=0.2,
        markerscale=1.8,
    )
    return to_svg(figure, title)
