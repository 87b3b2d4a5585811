"""The tables of an experiment, for a terminal or a document."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dualalign.experiments.cells import Outcome
from dualalign.experiments.error_analysis import flip_table, flips, write_flips
from dualalign.experiments.experiment import Experiment
from dualalign.experiments.summary import Row
from dualalign.experiments.tasks import Task
from dualalign.experiments.training_sets import REFERENCE
from dualalign.experiments.volume import SHOWN, Curve, curve_table, curves, draw_curves

if TYPE_CHECKING:
    from rich.table import Table

    from dualalign.packs.schema.published_results import PublishedResults

_MISSING = "-"
Columns = dict[str, Callable[[Row], str]]
"""Heading of each column, and what stands in it for a training set."""


class Tables:
    """The tables and figures of an experiment.

    Args:
        published: results of others to stand beside them.
        reference: id of the training set that others are held against.
    """

    def __init__(
        self,
        experiment: Experiment,
        rows: Sequence[Row],
        published: PublishedResults | None,
        reference: str = REFERENCE,
    ) -> None:
        self._experiment = experiment
        self._rows = rows
        self._published = published
        self._names = {each.id: each.name for each in experiment.training_sets()}
        self._labels = experiment.gold.label_ids
        self._reference = reference
        self._against = self._names.get(reference, reference)

    def main(self, details: bool = False) -> Iterator[Table]:
        """Yield the tables of each classifier, task and share of the gold.

        Args:
            details: precision and recall of each label, ranking and calibration too.
        """
        for rows, task, words in self._parts():
            for fraction in self._experiment.fractions:
                # What holds no gold stands in the table of every share.
                at = [row for row in rows if row.fraction in (fraction, 0.0)]
                titled = f"{share_words(fraction)}{words}"
                if task.kind != "five_class":
                    yield self._table(f"Symptom or not, {titled}", at, self._binary())
                if task.kind == "multi_label":
                    yield self._table(f"Labels, all sentences, {titled}", at, self._each_label())
                if task.kind != "binary":
                    yield self._table(f"Which label, sentences with one, {titled}", at, self._classes())
                if task.kind == "five_class":
                    held = [row for row in at if row.differences]
                    title = f"Which label, against {self._against}, {titled}"
                    yield self._table(title, held, self._class_differences())
                if details:
                    yield from self._details(at, task, titled)

    def volume(self, folder: Path) -> Iterator[Table]:
        """Yield the table of each volume curve, and draw them all to `volume.png` and `volume.svg` in the folder."""
        drawn: list[tuple[Curve, str]] = []
        for rows, task, words in self._parts():
            for fraction in self._experiment.fractions:
                share = "" if len(self._experiment.fractions) == 1 else f", {share_words(fraction)}"
                for score, score_words in SHOWN[task.kind].items():
                    said = f"{score_words}{share}{words}"
                    for curve in curves(rows, self._experiment.training_sets(), fraction, score):
                        drawn.append((curve, said))
                        yield curve_table(curve, said, self._published)
        if drawn:
            draw_curves(drawn, folder / "volume", self._published)

    def errors(self, outcomes: Sequence[Outcome], place: Path) -> Iterator[Table]:
        """Yield counts of the sentences that were helped and hurt, and write the sentences themselves to a file."""
        listed = []
        for rows, task, words in self._parts():
            here = (rows[0].model, rows[0].task)
            own = [each for each in outcomes if (each.cell.model, each.cell.task) == here]
            found = flips(own, self._experiment.test, task, self._reference)
            listed.append((" ".join(here), found))
            for fraction in self._experiment.fractions:
                at = [each for each in found if each.fraction == fraction]
                if at:
                    title = f"What changed against {self._against}, {share_words(fraction)}{words}"
                    yield flip_table(at, self._names, title)
        write_flips(place, listed, self._experiment.test)

    def _parts(self) -> Iterator[tuple[list[Row], Task, str]]:
        """Yield the rows of each classifier and task, and what a title must say of them."""
        several_models = len(self._experiment.models) > 1
        for model in self._experiment.models:
            for task in self._experiment.tasks:
                rows = [row for row in self._rows if (row.model, row.task) == (model.key, task.id)]
                words = f", {model.key}" if several_models or model.key != "linear" else ""
                if task.negatives is not None:
                    words = f", at most {task.negatives:g} without a label for each with one{words}"
                elif task.kind == "five_class":
                    words = f", learned from such{words}"
                elif task.kind == "binary":
                    words = f", learned alone{words}"
                if rows:
                    yield rows, task, words

    def _table(self, title: str, rows: Sequence[Row], columns: Columns) -> Table:
        from rich.table import Table

        table = Table(title=title, title_justify="left")
        for heading in ("training set", *columns):
            # Two tests of one table both have a p; the blank that tells them apart is not shown.
            table.add_column(heading.strip(), no_wrap=True)
        for row in rows:
            table.add_row(self._names[row.training_set], *(cell(row) for cell in columns.values()))
        return table

    def _binary(self) -> Columns:
        columns: Columns = {
            "P": _value("binary_precision"),
            "R": _value("binary_recall"),
            "F1 (95% interval)": _interval("binary_f1"),
            "accuracy": _value("binary_accuracy"),
            f"F1 against {self._against}": _difference("binary_f1"),
            "p": _p("binary_f1"),
        }
        published = self._published
        if published is None:
            return columns

        def paper(row: Row) -> str:
            found = published.binary.get(row.training_set)
            parts = (found.precision, found.recall, found.f1, found.accuracy) if found else ()
            return " / ".join(f"{part:.2f}" for part in parts) or _MISSING

        return columns | {"published P / R / F1 / acc": paper}

    def _each_label(self) -> Columns:
        """Each label on its own over all sentences (a sentence may carry several): F1 and their mean."""
        return {
            "macro-F1 (95% interval)": _interval("macro_f1"),
            f"against {self._against}": _difference("macro_f1"),
            "p": _p("macro_f1"),
            **{short(label): _value(f"f1:{label}") for label in self._labels},
        }

    def _classes(self) -> Columns:
        """Which label, among sentences with exactly one: accuracy and F1 each."""
        columns = {"accuracy (95% interval)": _interval("class_accuracy")}
        columns |= {short(label): _value(f"class_f1:{label}") for label in self._labels}
        published = self._published
        if published is None:
            return columns

        def paper(row: Row) -> str:
            found = published.classes.get(row.training_set)
            parts = [found.accuracy, *(found.f1.get(label) for label in self._labels)] if found else []
            return "  ".join(_MISSING if part is None else f"{part:.2f}" for part in parts) or _MISSING

        return columns | {"published accuracy, F1 each": paper}

    def _class_differences(self) -> Columns:
        return {
            "accuracy (95% interval)": _difference("class_accuracy"),
            "p": _p("class_accuracy"),
            "macro-F1 (95% interval)": _difference("class_macro_f1"),
            "p ": _p("class_macro_f1"),
        }

    def _details(self, rows: Sequence[Row], task: Task, titled: str) -> Iterator[Table]:
        if task.kind == "multi_label":
            labels = {short(label): f":{label}" for label in self._labels}
            pairs = {name: (f"precision{of}", f"recall{of}") for name, of in labels.items()}
            pairs["macro"] = ("macro_precision", "macro_recall")
            columns = {name: _pair(*pair) for name, pair in pairs.items()}
            yield self._table(f"Precision / recall, all sentences, {titled}", rows, columns)
            columns = {
                "P": _value("micro_precision"),
                "R": _value("micro_recall"),
                "micro-F1 (95% interval)": _interval("micro_f1"),
                "sentences with all labels right": _interval("exact_match"),
            }
            yield self._table(f"Decisions of all labels together, {titled}", rows, columns)
            columns = {name: _value(f"pr_auc{of}") for name, of in labels.items()}
            yield self._table(f"PR-AUC, {titled}", rows, columns | {"macro": _value("macro_pr_auc")})
            title = f"Ranking and calibration, mean of the labels, {titled}"
            yield self._table(title, rows, _calibration("macro_"))
        if task.kind != "five_class":
            title = f"Ranking and calibration, symptom or not, {titled}"
            yield self._table(title, rows, _calibration("binary_"))


def share_words(fraction: float) -> str:
    """Return a share of the gold in words."""
    return "all of the gold" if fraction >= 1 else f"{fraction:.0%} of the gold"


def short(label: str) -> str:
    """Return a label short enough for the head of a column."""
    return label if len(label) <= 10 else label[:8] + "."


def _value(name: str) -> Callable[[Row], str]:
    return lambda row: f"{row.scores[name].value:.3f}"


def _pair(first: str, second: str) -> Callable[[Row], str]:
    return lambda row: f"{row.scores[first].value:.2f} / {row.scores[second].value:.2f}"


def _interval(name: str) -> Callable[[Row], str]:
    def said(row: Row) -> str:
        score = row.scores[name]
        return f"{score.value:.3f} ({score.low:.3f} to {score.high:.3f})"

    return said


def _difference(name: str) -> Callable[[Row], str]:
    def said(row: Row) -> str:
        found = row.differences.get(name)
        return f"{found.value:+.3f} ({found.low:+.3f} to {found.high:+.3f})" if found else _MISSING

    return said


def _p(name: str) -> Callable[[Row], str]:
    return lambda row: f"{row.differences[name].p:.3f}" if name in row.differences else _MISSING


def _calibration(before: str) -> Columns:
    return {
        "PR-AUC (95% interval)": _interval(before + "pr_auc"),
        "calibrated by": lambda row: row.calibration,
        "Brier (95% interval)": _interval(before + "brier"),
        "calibration error": _value(before + "calibration_error"),
        "calibration slope": _value(before + "calibration_slope"),
    }
