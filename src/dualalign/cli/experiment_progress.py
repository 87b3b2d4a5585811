"""What an experiment shows while it runs, on a terminal or in a log: cells done, time left, and tables so far."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from dualalign.cli.model_progress import said_duration

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from dualalign.experiments import Experiment
    from dualalign.experiments.cells import Outcome

_SECONDS_BETWEEN_LINES = 30.0
_SECONDS_BETWEEN_TABLES = 60.0
_LOG_WIDTH = 150


class ExperimentProgress:
    """A bar on a terminal, a line now and then in a log, and the tables so far each time a seed is through.

    Args:
        console: where it is shown.
        experiment: what is run.
        tables: tables of some outcomes.
        quiet: show nothing.
        clock: seconds that only rise.
    """

    def __init__(
        self,
        console: Console,
        experiment: Experiment,
        tables: Callable[[list[Outcome]], list[Table]],
        quiet: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        from rich.progress import BarColumn, Progress, TextColumn

        self._console = console
        self._cells = experiment.cells()
        self._tables = tables
        self._quiet = quiet
        self._clock = clock
        self._began = self._said = self._shown = clock()
        self._outcomes: list[Outcome] = []
        self._kept = self._seeds = 0
        words = TextColumn("{task.description}", markup=False)
        bar = BarColumn(bar_width=20)
        self._bar = Progress(
            bar, words, console=console, transient=True, disable=quiet or not console.is_terminal
        )
        self._task = self._bar.add_task("training", total=len(self._cells))

    def __enter__(self) -> ExperimentProgress:
        self._bar.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._bar.stop()

    def __call__(self, outcome: Outcome, kept: bool) -> None:
        """Show that a cell is through."""
        self._outcomes.append(outcome)
        self._kept += kept
        line, now = self._line(outcome), self._clock()
        self._bar.update(self._task, completed=len(self._outcomes), description=line)
        if self._quiet or kept:
            return
        if not self._console.is_terminal and now - self._said >= _SECONDS_BETWEEN_LINES:
            self._said = now
            self._console.print(line, highlight=False)
        seeds = self._seeds_through()
        unfinished = len(self._outcomes) < len(self._cells)
        if seeds > self._seeds and unfinished and now - self._shown >= _SECONDS_BETWEEN_TABLES:
            self._seeds, self._shown = seeds, now
            self._console.print(f"So far, after {seeds} seeds of each training set:")
            for table in self._tables(self._outcomes):
                # A log has no width of its own, and would cut columns off at 80.
                self._console.print(table, width=None if self._console.is_terminal else _LOG_WIDTH)

    def _line(self, outcome: Outcome) -> str:
        done, trained = len(self._outcomes), len(self._outcomes) - self._kept
        said = f"{done}/{len(self._cells)} cells, last {outcome.cell.name}"
        if trained and done < len(self._cells):
            left = (self._clock() - self._began) / trained * (len(self._cells) - done)
            said += f", about {said_duration(left)} left"
        return said

    def _seeds_through(self) -> int:
        """Return how many seeds every training set has gone through."""
        wanted = {replace(cell, seed=0) for cell in self._cells}
        found = Counter(replace(outcome.cell, seed=0) for outcome in self._outcomes)
        return min(found[cell] for cell in wanted)
