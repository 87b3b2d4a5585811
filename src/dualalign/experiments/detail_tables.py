"""The finer tables of an experiment: precision and recall of each label, ranking and calibration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dualalign.experiments.summary import Row
from dualalign.experiments.tables import at_share, interval, share_words, short, value

if TYPE_CHECKING:
    from rich.table import Table


def precision_table(
    rows: Sequence[Row], names: Mapping[str, str], fraction: float, labels: Sequence[str], of: str = ""
) -> Table:
    """Precision and recall of each label over all sentences, and their means."""
    title = f"Precision / recall, all sentences, {share_words(fraction)}{of}"
    table = _table(title, *(short(label) for label in labels), "macro")
    for row in at_share(rows, fraction):
        pairs = [(f"precision:{x}", f"recall:{x}") for x in labels] + [("macro_precision", "macro_recall")]
        each = [f"{row.scores[p].value:.2f} / {row.scores[r].value:.2f}" for p, r in pairs]
        table.add_row(names[row.training_set], *each)
    return table


def decision_table(rows: Sequence[Row], names: Mapping[str, str], fraction: float, of: str = "") -> Table:
    """All yes-or-no decisions of all labels together, and sentences whose labels are all right."""
    title = f"Decisions of all labels together, {share_words(fraction)}{of}"
    table = _table(title, "P", "R", "micro-F1 (95% interval)", "sentences with all labels right")
    for row in at_share(rows, fraction):
        cells = [value(row, "micro_precision"), value(row, "micro_recall"), interval(row, "micro_f1")]
        table.add_row(names[row.training_set], *cells, interval(row, "exact_match"))
    return table


def calibration_table(
    rows: Sequence[Row], names: Mapping[str, str], fraction: float, before: str, what: str, of: str = ""
) -> Table:
    """Area under the precision-recall curve, Brier score, calibration error and slope.

    Args:
        rows: of one classifier and task.
        names: of the training sets.
        fraction: share of the gold.
        before: start of the scores' names, `binary_` or `macro_`.
        what: the same in words.
        of: end of the title.
    """
    title = f"Ranking and calibration, {what}, {share_words(fraction)}{of}"
    table = _table(
        title,
        "PR-AUC (95% interval)",
        "calibrated by",
        "Brier (95% interval)",
        "calibration error",
        "calibration slope",
    )
    for row in at_share(rows, fraction):
        cells = [interval(row, before + "pr_auc"), row.calibration, interval(row, before + "brier")]
        cells += [value(row, before + name) for name in ("calibration_error", "calibration_slope")]
        table.add_row(names[row.training_set], *cells)
    return table


def ranking_table(
    rows: Sequence[Row], names: Mapping[str, str], fraction: float, labels: Sequence[str], of: str = ""
) -> Table:
    """Area under the precision-recall curve of each label, and their mean."""
    table = _table(f"PR-AUC, {share_words(fraction)}{of}", *(short(label) for label in labels), "macro")
    for row in at_share(rows, fraction):
        each = [value(row, name) for name in (*(f"pr_auc:{label}" for label in labels), "macro_pr_auc")]
        table.add_row(names[row.training_set], *each)
    return table


def _table(title: str, *columns: str) -> Table:
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for column in ("training set", *columns):
        table.add_column(column, no_wrap=True)
    return table
