"""How much synthetic text is enough: scores over its share, as a table and a figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dualalign.errors import ExperimentError
from dualalign.experiments.summary import Row
from dualalign.experiments.training_sets import REFERENCE, TrainingSet
from dualalign.files import refusals_said, written_beside
from dualalign.stats.bootstrap import Estimate

if TYPE_CHECKING:
    from rich.table import Table

    from dualalign.packs.schema.published_results import PublishedResults

SHOWN = {
    "multi_label": {"binary_f1": "symptom or not, F1", "macro_f1": "labels, macro-F1"},
    "binary": {"binary_f1": "symptom or not, F1"},
    "five_class": {"class_accuracy": "which label, accuracy"},
}
"""Scores of the curve, by kind of task, with the words of the figure."""

_MOST_OF_THE_GAIN = 0.9
_INK, _BAND, _GOLD, _PUBLISHED = "#1f4e79", "#9db9d5", "#666666", "#b5541c"


@dataclass(frozen=True, slots=True)
class Curve:
    """One score over the share of other text, beside the same share of the gold.

    Args:
        id: of the training sets it is made of.
        shares: of the other text, rising, without 0.
        gold: the score of gold alone.
    """

    id: str
    score: str
    shares: tuple[float, ...]
    points: tuple[Estimate, ...]
    gold: Estimate

    def flat_from(self) -> float | None:
        """Return the least share from which on nine tenths of the whole gain stay reached; None without a gain."""
        gain = self.points[-1].value - self.gold.value
        if gain <= 0:
            return None
        enough = [(point.value - self.gold.value) >= _MOST_OF_THE_GAIN * gain for point in self.points]
        last_short = max((place for place, reached in enumerate(enough) if not reached), default=-1)
        return self.shares[last_short + 1]


def curves(rows: Sequence[Row], sets: Sequence[TrainingSet], fraction: float, score: str) -> list[Curve]:
    """Return the curves of one score at one share of the gold.

    Args:
        rows: of one classifier and task.
    """
    at = {row.training_set: row.scores[score] for row in rows if row.fraction == fraction}
    found = []
    for name in dict.fromkeys(each.curve for each in sets if each.curve):
        points = sorted((each.share, each.id) for each in sets if each.curve == name and each.id in at)
        if points and REFERENCE in at:
            shares, ids = zip(*points, strict=True)
            found.append(Curve(name, score, shares, tuple(at[each] for each in ids), at[REFERENCE]))
    return found


def curve_table(curve: Curve, words: str, published: PublishedResults | None) -> Table:
    """One score at each share, with its interval and its gain over gold alone, beside what is published."""
    from rich.table import Table

    table = Table(title=f"Volume of '{curve.id}': {words}", title_justify="left")
    for column in ("share of the text", f"{words} (95% interval)", "over gold alone"):
        table.add_column(column, no_wrap=True)
    there = _published_ends(curve, published)
    if there:
        table.add_column("published", no_wrap=True)
    for share, point in zip((0.0, *curve.shares), (curve.gold, *curve.points), strict=True):
        gain = f"{point.value - curve.gold.value:+.3f}" if share else "-"
        printed = [f"{share:.0%}", f"{point.value:.3f} ({point.low:.3f} to {point.high:.3f})", gain]
        table.add_row(*printed, *([f"{there[share]:.2f}" if share in there else "-"] if there else []))
    flat, said = curve.flat_from(), "no gain at all of the text"
    if flat is not None:
        said = f"nine tenths of the gain are reached, and kept, from {flat:.0%} of the text on"
    table.caption = said
    if published and published.volume_flat_from is not None:
        table.caption = f"{said}; published: gains flatten at about {published.volume_flat_from:.0%}"
    return table


def draw_curves(found: Sequence[tuple[Curve, str]], place: Path, published: PublishedResults | None) -> None:
    """Draw curves, one panel each, with the published ends as rings, and write PNG and SVG.

    Args:
        found: curves with the words for their scores, at least one.
        place: file name without its ending.

    Raises:
        ExperimentError: the files cannot be written.
    """
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    with matplotlib.rc_context({"svg.hashsalt": "dualalign", "font.size": 9.5, "text.parse_math": False}):
        figure, panels = pyplot.subplots(
            1, len(found), figsize=(4.6 * len(found), 3.4), layout="constrained", squeeze=False
        )
        for axes, (curve, words) in zip(panels[0], found, strict=True):
            _panel(axes, curve, words, published)
        try:
            with refusals_said(place, ExperimentError, "choose another --out"):
                place.parent.mkdir(parents=True, exist_ok=True)
                with written_beside(place.with_suffix(".png")) as half:
                    figure.savefig(half, format="png", dpi=160, metadata={"Software": None})
                with written_beside(place.with_suffix(".svg")) as half:
                    figure.savefig(half, format="svg", metadata={"Date": None})
        finally:
            pyplot.close(figure)


def _panel(axes: Any, curve: Curve, words: str, published: PublishedResults | None) -> None:
    shares = [100 * share for share in (0.0, *curve.shares)]
    points = (curve.gold, *curve.points)
    axes.fill_between(
        shares, [p.low for p in points], [p.high for p in points], color=_BAND, alpha=0.45, linewidth=0
    )
    axes.plot(shares, [p.value for p in points], color=_INK, marker="o", markersize=3.5, label="measured")
    axes.axhline(curve.gold.value, color=_GOLD, linewidth=0.9, linestyle="--", label="gold alone")
    ends = _published_ends(curve, published)
    if ends:
        axes.scatter(
            [100 * share for share in ends],
            list(ends.values()),
            s=42,
            facecolors="none",
            edgecolors=_PUBLISHED,
            label="published ends",
        )
        if published and published.volume_flat_from is not None:
            at = 100 * published.volume_flat_from
            axes.axvline(
                at, color=_PUBLISHED, linewidth=0.9, linestyle=":", label="published: flat from here"
            )
    axes.set_xlabel("share of the synthetic text (%)")
    axes.set_title(f"{words}, with 95% interval", loc="left", fontsize=10, pad=32)
    axes.legend(fontsize=8, frameon=False, ncols=2, loc="lower left", bbox_to_anchor=(-0.02, 1.0))
    axes.grid(axis="y", linewidth=0.4)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _published_ends(curve: Curve, published: PublishedResults | None) -> dict[float, float]:
    """Published scores without other text and with all of it."""
    if published is None:
        return {}
    if curve.score == "binary_f1":
        found = {name: each.f1 for name, each in published.binary.items()}
    elif curve.score == "class_accuracy":
        found = {name: each.accuracy for name, each in published.classes.items()}
    else:
        return {}
    named = {0.0: REFERENCE, 1.0: curve.id}
    return {share: found[name] for share, name in named.items() if name in found}
