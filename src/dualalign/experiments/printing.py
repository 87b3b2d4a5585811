"""Which tables an experiment prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dualalign.experiments.cells import Outcome
from dualalign.experiments.detail_tables import (
    calibration_table,
    decision_table,
    precision_table,
    ranking_table,
)
from dualalign.experiments.error_analysis import flip_table, flips, write_flips
from dualalign.experiments.experiment import Experiment
from dualalign.experiments.summary import Row
from dualalign.experiments.tables import (
    binary_table,
    class_table,
    difference_table,
    label_table,
    share_words,
)
from dualalign.experiments.tasks import Task
from dualalign.experiments.training_sets import REFERENCE
from dualalign.experiments.volume import SHOWN, Curve, curve_table, curves, draw_curves

if TYPE_CHECKING:
    from rich.table import Table

    from dualalign.packs.schema.published_results import PublishedResults


class Printing:
    """The tables and figures of an experiment.

    Args:
        experiment: what was run.
        rows: what it found.
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
        self._reference = reference
        self._against = self._names.get(reference, reference)

    def tables(self, details: bool = False) -> Iterator[Table]:
        """Yield the tables of each classifier, task and share of the gold.

        Args:
            details: precision and recall of each label, ranking and calibration too.
        """
        labels, names = self._experiment.gold.label_ids, self._names
        for rows, task, of in self._parts():
            for fraction in self._experiment.fractions:
                if task.kind != "five_class":
                    yield binary_table(rows, names, fraction, self._published, of, self._against)
                if task.kind == "multi_label":
                    yield label_table(rows, names, fraction, labels, of, self._against)
                if task.kind != "binary":
                    yield class_table(rows, names, fraction, labels, self._published, of)
                if task.kind == "five_class":
                    yield difference_table(rows, names, fraction, of, self._against)
                if details:
                    yield from self._details(rows, task, fraction, of)

    def _details(self, rows: Sequence[Row], task: Task, fraction: float, of: str) -> Iterator[Table]:
        labels, names = self._experiment.gold.label_ids, self._names
        if task.kind == "multi_label":
            yield precision_table(rows, names, fraction, labels, of)
            yield decision_table(rows, names, fraction, of)
            yield ranking_table(rows, names, fraction, labels, of)
            yield calibration_table(rows, names, fraction, "macro_", "mean of the labels", of)
        if task.kind != "five_class":
            yield calibration_table(rows, names, fraction, "binary_", "symptom or not", of)

    def volume(self, folder: Path) -> Iterator[Table]:
        """Yield the table of each volume curve, and draw them all to `volume.png` and `volume.svg` in the folder."""
        drawn: list[tuple[Curve, str]] = []
        for rows, task, of in self._parts():
            for fraction in self._experiment.fractions:
                for score, words in SHOWN[task.kind].items():
                    said = (
                        words if len(self._experiment.fractions) == 1 else f"{words}, {share_words(fraction)}"
                    )
                    for curve in curves(rows, self._experiment.training_sets(), fraction, score):
                        drawn.append((curve, said + of))
                        yield curve_table(curve, said + of, self._published)
        if drawn:
            draw_curves(drawn, folder / "volume", self._published)

    def errors(self, outcomes: Sequence[Outcome], place: Path) -> Iterator[Table]:
        """Yield counts of the sentences that were helped and hurt, and write the sentences themselves to a file."""
        listed = []
        for rows, task, of in self._parts():
            here = (rows[0].model, rows[0].task)
            own = [each for each in outcomes if (each.cell.model, each.cell.task) == here]
            found = flips(own, self._experiment.test, task, self._reference)
            listed.append((" ".join(here), found))
            for fraction in self._experiment.fractions:
                at = [each for each in found if each.fraction == fraction]
                if at:
                    title = f"What changed against {self._against}, {share_words(fraction)}{of}"
                    yield flip_table(at, self._names, title)
        write_flips(place, listed, self._experiment.test)

    def _parts(self) -> Iterator[tuple[list[Row], Task, str]]:
        """Yield the rows of each classifier and task, and what a title must say of them."""
        several_models = len(self._experiment.models) > 1
        for model in self._experiment.models:
            for task in self._experiment.tasks:
                rows = [row for row in self._rows if (row.model, row.task) == (model.key, task.id)]
                of = f", {model.key}" if several_models or model.key != "linear" else ""
                if task.negatives is not None:
                    of = f", at most {task.negatives:g} without a label for each with one{of}"
                elif task.kind == "five_class":
                    of = f", learned from such{of}"
                elif task.kind == "binary":
                    of = f", learned alone{of}"
                yield rows, task, of
