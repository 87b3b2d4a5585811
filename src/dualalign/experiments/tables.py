"""The tables of an experiment, as text for a terminal or a document; `of` ends a title that needs more words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dualalign.experiments.summary import Row

if TYPE_CHECKING:
    from rich.table import Table

    from dualalign.packs.schema.published_results import PublishedResults

_MISSING = "-"


def binary_table(
    rows: Sequence[Row],
    names: Mapping[str, str],
    fraction: float,
    published: PublishedResults | None,
    of: str = "",
    against: str = "gold",
) -> Table:
    """Symptom or not: precision, recall, F1 and accuracy of each training set, beside the published ones."""
    from rich.table import Table

    table = Table(title=f"Symptom or not, {share_words(fraction)}{of}", title_justify="left")
    for column in ("training set", "P", "R", "F1 (95% interval)", "accuracy", f"F1 against {against}", "p"):
        table.add_column(column, no_wrap=True)
    if published:
        table.add_column("published P / R / F1 / acc", no_wrap=True)
    for row in at_share(rows, fraction):
        printed = [
            names[row.training_set],
            value(row, "binary_precision"),
            value(row, "binary_recall"),
            interval(row, "binary_f1"),
            value(row, "binary_accuracy"),
            *_against(row, "binary_f1"),
        ]
        if published:
            paper = published.binary.get(row.training_set)
            parts = (paper.precision, paper.recall, paper.f1, paper.accuracy) if paper else ()
            printed.append(" / ".join(f"{part:.2f}" for part in parts) or _MISSING)
        table.add_row(*printed)
    return table


def label_table(
    rows: Sequence[Row],
    names: Mapping[str, str],
    fraction: float,
    labels: Sequence[str],
    of: str = "",
    against: str = "gold",
) -> Table:
    """Each label on its own over all sentences (a sentence may carry several): F1 and their mean."""
    from rich.table import Table

    table = Table(title=f"Labels, all sentences, {share_words(fraction)}{of}", title_justify="left")
    columns = (
        "training set",
        "macro-F1 (95% interval)",
        f"against {against}",
        "p",
        *(short(each) for each in labels),
    )
    for column in columns:
        table.add_column(column, no_wrap=True)
    for row in at_share(rows, fraction):
        each = [value(row, f"f1:{label}") for label in labels]
        table.add_row(names[row.training_set], interval(row, "macro_f1"), *_against(row, "macro_f1"), *each)
    return table


def class_table(
    rows: Sequence[Row],
    names: Mapping[str, str],
    fraction: float,
    labels: Sequence[str],
    published: PublishedResults | None,
    of: str = "",
) -> Table:
    """Which label, among sentences with exactly one: accuracy and F1 each, beside the published ones."""
    from rich.table import Table

    table = Table(title=f"Which label, sentences with one, {share_words(fraction)}{of}", title_justify="left")
    for column in ("training set", "accuracy (95% interval)", *(short(each) for each in labels)):
        table.add_column(column, no_wrap=True)
    if published:
        table.add_column("published accuracy, F1 each", no_wrap=True)
    for row in at_share(rows, fraction):
        printed = [
            names[row.training_set],
            interval(row, "class_accuracy"),
            *(value(row, f"class_f1:{label}") for label in labels),
        ]
        if published:
            paper = published.classes.get(row.training_set)
            parts = [paper.accuracy, *(paper.f1.get(label) for label in labels)] if paper else []
            printed.append(
                "  ".join(_MISSING if part is None else f"{part:.2f}" for part in parts) or _MISSING
            )
        table.add_row(*printed)
    return table


def difference_table(
    rows: Sequence[Row], names: Mapping[str, str], fraction: float, of: str = "", against: str = "gold"
) -> Table:
    """Which label, among sentences with exactly one: paired differences of accuracy and macro-F1."""
    from rich.table import Table

    table = Table(title=f"Which label, against {against}, {share_words(fraction)}{of}", title_justify="left")
    for column in ("training set", "accuracy (95% interval)", "p", "macro-F1 (95% interval)", "p"):
        table.add_column(column, no_wrap=True)
    for row in at_share(rows, fraction):
        if row.differences:
            cells = (*_against(row, "class_accuracy"), *_against(row, "class_macro_f1"))
            table.add_row(names[row.training_set], *cells)
    return table


def at_share(rows: Sequence[Row], fraction: float) -> list[Row]:
    """Return the rows at one share of the gold, and those without gold."""
    return [row for row in rows if row.fraction in (fraction, 0.0)]


def share_words(fraction: float) -> str:
    """Return a share of the gold in words."""
    return "all of the gold" if fraction >= 1 else f"{fraction:.0%} of the gold"


def short(label: str) -> str:
    """Return a label short enough for the head of a column."""
    return label if len(label) <= 10 else label[:8] + "."


def value(row: Row, name: str) -> str:
    """Return a score."""
    return f"{row.scores[name].value:.3f}"


def interval(row: Row, name: str) -> str:
    """Return a score with its interval."""
    score = row.scores[name]
    return f"{score.value:.3f} ({score.low:.3f} to {score.high:.3f})"


def _against(row: Row, name: str) -> tuple[str, str]:
    if name not in row.differences:
        return _MISSING, _MISSING
    found = row.differences[name]
    return f"{found.value:+.3f} ({found.low:+.3f} to {found.high:+.3f})", f"{found.p:.3f}"
