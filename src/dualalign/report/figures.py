"""The figures of the report page, one function each; each returns inline SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from dualalign.report.theme import FAINT, INK, MEASURED, SERIES, TARGET, new_figure, styled, to_svg

_WIDTH = 4.9
"""Inches; half the page's width on a desk and all of a phone's, so that letters stay readable on both."""
_ONSETS = 24


@dataclass(frozen=True, slots=True)
class Compared:
    """A measured figure beside its target, both in the figure's unit."""

    name: str
    measured: float
    target: float


def _title_and_legend(axes: Any, title: str, columns: int = 2) -> None:
    """Set the title above the legend, and both above the axes, so that neither covers the other or the data."""
    axes.set_title(title, pad=21)
    axes.legend(fontsize=8.5, ncols=columns, loc="lower left", bbox_to_anchor=(-0.02, 1.0), borderaxespad=0.2)


@styled
def dots_against_targets(title: str, rows: Sequence[Compared], unit: str) -> str:
    """Draw one row per figure: a ring for the target, a dot for what was measured."""
    figure, axes = new_figure(_WIDTH, 0.2 * len(rows) + 1.0)
    places = range(len(rows))
    axes.hlines(
        places,
        [min(r.measured, r.target) for r in rows],
        [max(r.measured, r.target) for r in rows],
        color=FAINT,
    )
    axes.scatter(
        [r.target for r in rows],
        places,
        s=34,
        facecolors="none",
        edgecolors=TARGET,
        linewidths=1.2,
        label="target",
    )
    axes.scatter([r.measured for r in rows], places, s=12, color=MEASURED, label="measured", zorder=3)
    axes.set_yticks(list(places), [r.name for r in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(left=0)
    axes.set_xlabel(unit)
    axes.grid(axis="x")
    _title_and_legend(axes, title)
    return to_svg(figure, title)


@styled
def line_against_target(
    title: str,
    x: Sequence[float],
    measured: Sequence[float],
    target: Sequence[float],
    x_name: str,
    y_name: str,
) -> str:
    """Draw a measured line and its target over years before diagnosis, time running to the right."""
    figure, axes = new_figure(_WIDTH, 2.9)
    axes.plot(x, target, color=TARGET, linewidth=1.2, marker="o", markerfacecolor="none", label="target")
    axes.plot(x, measured, color=MEASURED, linewidth=1.6, marker="o", markersize=3, label="measured")
    axes.invert_xaxis()
    axes.set_xlabel(x_name)
    axes.set_ylabel(y_name)
    low, high = min([*measured, *target]), max([*measured, *target])
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
