"""The figures of the report page, one function each; each returns inline SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from dualalign.report.theme import FAINT, INK, MEASURED, SERIES, TARGET, new_figure, styled, to_svg

if TYPE_CHECKING:
    from dualalign.measures.realism.note_map import NoteMap

_WIDTH = 4.9
"""Inches; half the page's width on a desk and all of a phone's, so that letters stay readable on both."""
_ONSETS = 24
_ROW = 0.24
_TITLE = 0.22
"""Inches that a title takes; the legend stands under it."""
_COLOURS = (MEASURED, TARGET, INK)
_MARKS = ("o", "D", "|")

Interval = tuple[float, float]


def _title_and_legend(axes: Any, title: str, columns: int = 2) -> None:
    """Set the title above the legend, and both above the axes, so that neither covers the other or the data."""
    axes.set_title(title, pad=21)
    axes.legend(fontsize=8.5, ncols=columns, loc="lower left", bbox_to_anchor=(-0.02, 1.0), borderaxespad=0.2)


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
    _title_and_legend(axes, title)
    return to_svg(figure, title)


@styled
def line_against_target(
    title: str,
    x: Sequence[float],
    measured: Sequence[float],
    target: Sequence[float | None],
    x_name: str,
    y_name: str,
) -> str:
    """Draw a measured line and its target over years before diagnosis, time running to the right."""
    figure, axes = new_figure(_WIDTH, 2.9)
    known = [(place, value) for place, value in zip(x, target, strict=True) if value is not None]
    if known:
        axes.plot(
            *zip(*known, strict=True),
            color=TARGET,
            linewidth=1.2,
            marker="o",
            markerfacecolor="none",
            label="target",
        )
    axes.plot(x, measured, color=MEASURED, linewidth=1.6, marker="o", markersize=3, label="measured")
    axes.invert_xaxis()
    axes.set_xlabel(x_name)
    axes.set_ylabel(y_name)
    drawn = [*measured, *(value for _, value in known)]
    low, high = min(drawn), max(drawn)
    margin = max(0.25 * (high - low), 0.05 * abs(high))
    axes.set_ylim(low - margin, high + margin)
    axes.grid(axis="y")
    _title_and_legend(axes, title)
    return to_svg(figure, title)


@styled
def grid_of_ratios(
    title: str, rows: Sequence[str], columns: Sequence[str], ratios: Sequence[Sequence[float | None]]
) -> str:
    """Draw a table of measured / target ratios, printed in each cell; 1.00 is on target."""
    figure, axes = new_figure(_WIDTH, 0.3 * len(rows) + 0.8)
    axes.set_xlim(-0.5, len(columns) - 0.5)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    for i, line in enumerate(ratios):
        for j, ratio in enumerate(line):
            if ratio is None:
                axes.text(j, i, "–", ha="center", va="center", color=INK)
                continue
            off = min(1.0, abs(ratio - 1.0) / 0.25)
            axes.add_patch(_cell(j, i, TARGET, 0.08 + 0.5 * off))
            axes.text(j, i, f"{ratio:.2f}", ha="center", va="center")
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_title(title)
    return to_svg(figure, title)


def _cell(x: float, y: float, colour: str, alpha: float) -> object:
    from matplotlib.patches import Rectangle

    return Rectangle((x - 0.47, y - 0.44), 0.94, 0.88, facecolor=colour, alpha=alpha, linewidth=0)


@styled
def stacked_bars(
    title: str, x: Sequence[int], parts: Mapping[str, Sequence[float]], x_name: str, y_name: str
) -> str:
    """Draw parts of a whole as stacked bars over years before diagnosis, time running to the right."""
    figure, axes = new_figure(_WIDTH, 3.2)
    bottom = [0.0] * len(x)
    for place, (name, values) in enumerate(parts.items()):
        axes.bar(x, values, bottom=bottom, width=0.8, color=SERIES[place % len(SERIES)], label=name)
        bottom = [b + v for b, v in zip(bottom, values, strict=True)]
    axes.invert_xaxis()
    axes.set_xticks(list(x))
    axes.set_xlabel(x_name)
    axes.set_ylabel(y_name)
    axes.set_title(title)
    axes.legend(fontsize=8, ncols=2, loc="upper center", bbox_to_anchor=(0.45, -0.2))
    return to_svg(figure, title)


@dataclass(frozen=True, slots=True)
class PatientLine:
    """One patient's ten years, for the timeline figure.

    Args:
        title: shown above, for example `P000003, woman, 81 at diagnosis`.
        visits: (years before diagnosis, note type, stage).
        scores: instrument name -> [(years before diagnosis, value)].
        maxima: instrument name -> highest score.
        onsets: (years before diagnosis, symptom) of first affirmed mentions.
        index_date: date of diagnosis.
    """

    title: str
    visits: Sequence[tuple[float, str, str]]
    scores: Mapping[str, Sequence[tuple[float, float]]]
    maxima: Mapping[str, float]
    onsets: Sequence[tuple[float, str]]
    index_date: date


@styled
def patient_timeline(line: PatientLine, stages: Sequence[str]) -> str:
    """Draw one patient's visits, stages, scores and symptom onsets on one axis of years before diagnosis."""
    shown = sorted(line.onsets, key=lambda onset: -onset[0])[:_ONSETS]
    types = sorted({note_type for _, note_type, _ in line.visits})
    heights = [2.3, 0.19 * len(types) + 0.2, 0.19 * len(shown) + 0.4]
    figure, (top, middle, bottom) = new_figure(
        8.6, sum(heights) + 0.8, rows=3, sharex=True, gridspec_kw={"height_ratios": heights}
    )
    for place, (name, values) in enumerate(line.scores.items()):
        times = [t for t, _ in values]
        share = [100 * value / line.maxima[name] for _, value in values]
        colour = SERIES[place % len(SERIES)]
        top.plot(times, share, color=colour, marker="o", markersize=3, linewidth=1.1, label=name)
    top.set_ylabel("% of highest score")
    top.set_ylim(-4, 104)
    top.grid(axis="y")
    if line.scores:
        _title_and_legend(top, line.title, len(line.scores))
    else:
        top.set_title(line.title)
    for t, note_type, stage in line.visits:
        shade = 0.25 + 0.75 * (stages.index(stage) + 1) / len(stages)
        middle.scatter(t, types.index(note_type), s=13, color=MEASURED, alpha=shade, linewidths=0)
    middle.set_yticks(range(len(types)), [name.replace("_", " ") for name in types])
    middle.set_ylim(len(types) - 0.4, -0.6)
    for row, (t, symptom) in enumerate(shown):
        bottom.hlines(row, 0, t, color=FAINT, linewidth=1.4)
        bottom.scatter(t, row, s=14, color=TARGET, zorder=3)
        bottom.annotate(
            symptom, (t, row), xytext=(-6, 0), textcoords="offset points", ha="right", va="center", color=INK
        )
    bottom.set_yticks([])
    bottom.set_ylim(len(shown) - 0.3, -0.8)
    bottom.set_ylabel("symptoms, from first mention")
    earliest = max([t for t, _, _ in line.visits] + [1.0])
    bottom.set_xlim(1.2 * earliest, 0)
    bottom.set_xlabel(f"years before diagnosis ({line.index_date:%B %Y})")
    return to_svg(figure, line.title)
