"""One figure of an explained prediction: the risk over time, what was weighed, what moved it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dualalign.errors import ProgressionError
from dualalign.files import refusals_said, written_beside

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from dualalign.progression.explanation import Contribution, Explanation
    from dualalign.progression.schema import LongitudinalSchema

COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#999999")
"""Okabe and Ito's colours, told apart by colour-blind eyes."""
RAISES, LOWERS = "#222222", "#a0a0a0"
"""Colours of no modality."""
SHOWN = 8
_WORDS = 60


def draw_explanation(explanation: Explanation, schema: LongitudinalSchema, path: str | Path) -> Path:
    """Draw an explanation to a PNG, SVG or PDF file and return its path.

    Raises:
        ProgressionError: it cannot be written.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    out = Path(path)
    kind = check_kind(out)
    with rc_context({"text.parse_math": False}):  # a dollar in a name is a dollar
        figure = Figure(figsize=(9, 8.5), layout="constrained")
        course, weights, moved = figure.subplots(3, 1, height_ratios=(2, 2, 3))
        weights.sharex(course)
        _draw_course(course, explanation)
        _draw_weights(weights, explanation, schema)
        _draw_contributions(moved, explanation.contributions[:SHOWN], schema)
        figure.suptitle(
            f"{explanation.subject}: {explanation.asked}, {explanation.probability:.0%}", fontweight="bold"
        )
        with refusals_said(out, ProgressionError, "choose another --out"), written_beside(out) as half:
            figure.savefig(half, format=kind, dpi=130)
    return out


def check_kind(path: Path) -> str:
    """Return the kind of figure that a file's name asks for.

    Raises:
        ProgressionError: a kind that cannot be drawn.
    """
    kind = path.suffix[1:].lower()
    if kind not in ("png", "svg", "pdf"):
        raise ProgressionError(f"{path}: no kind of figure", "end the name in .png, .svg or .pdf")
    return kind


def _draw_course(axes: Axes, explanation: Explanation) -> None:
    axes.plot(explanation.times, 100 * explanation.course, marker="o", color=COLOURS[0], markersize=4)
    axes.set_ylim(0, 100)
    axes.set_ylabel("predicted, %")
    axes.set_title("Prediction at each visit, from what was known then", loc="left", fontsize=10)
    axes.grid(alpha=0.3)


def _draw_weights(axes: Axes, explanation: Explanation, schema: LongitudinalSchema) -> None:
    names = {each.id: each.name for each in schema.modalities}
    times = explanation.times
    gap = float(np.diff(times).min()) if len(times) > 1 else 1.0
    below = np.zeros(len(times))
    for place, modality in enumerate(explanation.modalities):
        share = 100 * explanation.weights[:, place]
        if share.max() > 0.05:
            colour = COLOURS[place % len(COLOURS)]
            label = names.get(modality, modality.capitalize())
            axes.bar(times, share, 0.8 * max(gap, 0.02), below, color=colour, label=label)
        below += share
    axes.set_ylim(0, 100)
    axes.set_ylabel("weight, %")
    axes.set_xlabel("years since the first visit")
    axes.set_title("What each visit's sources weighed", loc="left", fontsize=10)
    axes.legend(ncols=4, fontsize=8, loc="upper left", bbox_to_anchor=(0, -0.22), frameon=False)


def _draw_contributions(axes: Axes, shown: tuple[Contribution, ...], schema: LongitudinalSchema) -> None:
    changes = [100 * each.change for each in shown]
    places = np.arange(len(shown))[::-1]
    colours = [RAISES if change > 0 else LOWERS for change in changes]
    axes.barh(places, changes, color=colours)
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_yticks(places, [contribution_words(each, schema) for each in shown], fontsize=8)
    axes.set_xlabel(
        "percentage points, with the value less without it: dark bars raise, light bars lower the prediction"
    )
    axes.set_title("What moved the last prediction most", loc="left", fontsize=10)


def contribution_words(contribution: Contribution, schema: LongitudinalSchema) -> str:
    """Return one contribution as a reader would say it: feature, value, unit, time, first words."""
    names = {each.id: each.name for each in schema.modalities if each.encoder is not None}
    if contribution.feature in names:
        return f"{names[contribution.feature].lower()}, year {contribution.time:.1f}"
    feature = schema.feature(contribution.feature)
    name = feature.name or feature.id
    unit = "" if feature.unit == name else f" {feature.unit}".rstrip()
    said = f"{name}: {contribution.value:.4g}{unit}, year {contribution.time:.1f}"
    if contribution.text:
        first = contribution.text.split("\n", 1)[0]
        said += f"\n“{first if len(first) <= _WORDS else first[: _WORDS - 1] + '…'}”"
    return said
