"""The tables of an experiment, as text for a terminal or a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dualalign.experiments.summary import Row

if TYPE_CHECKING:
    from rich.table import Table

    from dualalign.packs.schema.published_results import PublishedResults

_MISSING = "-"


def binary_table(
    rows: Sequence[Row], names: Mapping[str, str], fraction: float, published: PublishedResults | None
) -> Table:
    """Symptom or not: precision, recall, F1 and accuracy of each training set, beside the published ones."""
    from rich.table import Table

    table = Table(title=f"Symptom or not, {_share(fraction)}", title_justify="left")
    for column in ("training set", "P", "R", "F1 (95% interval)", "accuracy", "F1 against gold", "p"):
        table.add_column(column, no_wrap=True)
    if published:
        table.add_column("published P / R / F1 / acc", no_wrap=True)
    for row in _of(rows, fraction):
        printed = [
            names[row.training_set],
            _value(row, "binary_precision"),
            _value(row, "binary_recall"),
            _interval(row, "binary_f1"),
            _value(row, "binary_accuracy"),
            *_against(row, "binary_f1"),
        ]
        if published:
            paper = published.binary.get(row.training_set)
            parts = (paper.precision, paper.recall, paper.f1, paper.accuracy) if paper else ()
            printed.append(" / ".join(f"{part:.2f}" for part in parts) or _MISSING)
        table.add_row(*printed)
    return table


def label_table(
    rows: Sequence[Row], names: Mapping[str, str], fraction: float, labels: Sequence[str]
) -> Table:
    """Each label on its own over all sentences (a sentence may carry several): F1 and their mean."""
    from rich.table import Table

    table = Table(title=f"Labels, all sentences, {_share(fraction)}", title_justify="left")
    columns = (
        "training set",
        "macro-F1 (95% interval)",
        "against gold",
        "p",
        *(_short(each) for each in labels),
    )
    for column in columns:
        table.add_column(column, no_wrap=True)
    for row in _of(rows, fraction):
        each = [_value(row, f"f1:{label}") for label in labels]
        table.add_row(names[row.training_set], _interval(row, "macro_f1"), *_against(row, "macro_f1"), *each)
    return table


def class_table(
    rows: Sequence[Row],
    names: Mapping[str, str],
    fraction: float,
    labels: Sequence[str],
    published: PublishedResults | None,
) -> Table:
    """Which label, among sentences with exactly one: accuracy and F1 each, beside the published ones."""
    from rich.table import Table

    table = Table(title=f"Which label, sentences with one, {_share(fraction)}", title_justify="left")
    for column in ("training set", "accuracy (95% interval)", *(_short(each) for each in labels)):
        table.add_column(column, no_wrap=True)
    if published:
        table.add_column("published accuracy, F1 each", no_wrap=True)
    for row in _of(rows, fraction):
        printed = [
            names[row.training_set],
            _interval(row, "class_accuracy"),
            *(_value(row, f"class_f1:{label}") for label in labels),
        ]
        if published:
            paper = published.classes.get(row.training_set)
            parts = [paper.accuracy, *(paper.f1.get(label) for label in labels)] if paper else []
            printed.append(
                "  ".join(_MISSING if part is None else f"{part:.2f}" for part in parts) or _MISSING
            )
        table.add_row(*printed)
    return table


def _of(rows: Sequence[Row], fraction: float) -> list[Row]:
    return [row for row in rows if row.fraction in (fraction, 0.0)]


def _share(fraction: float) -> str:
    return "all of the gold" if fraction >= 1 else f"{fraction:.0%} of the gold"


def _short(label: str) -> str:
    return label if len(label) <= 10 else label[:8] + "."


def _value(row: Row, name: str) -> str:
    return f"{row.scores[name].value:.3f}"


def _interval(row: Row, name: str) -> str:
    score = row.scores[name]
    return f"{score.value:.3f} ({score.low:.3f} to {score.high:.3f})"


def _against(row: Row, name: str) -> tuple[str, str]:
    if name not in row.differences:
        return _MISSING, _MISSING
    found = row.differences[name]
    return f"{found.value:+.3f} ({found.low:+.3f} to {found.high:+.3f})", f"{found.p:.3f}"
