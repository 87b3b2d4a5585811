"""What is shown of an experiment while it runs, on a terminal and in a log."""

import io

import numpy as np
import pytest
from rich.table import Table

from dualalign.cli.console import new_console
from dualalign.cli.experiment_progress import ExperimentProgress
from dualalign.experiments import Experiment
from dualalign.experiments.cells import Outcome
from tests.experiments.toy import gold_set, other_text

ASKED = Experiment(gold_set(), other_text(), fractions=(1.0,), seeds=2)


def shown(
    seconds: float, quiet: bool = False, kept: int = 0, terminal: bool = False
) -> tuple[str, list[int]]:
    """What is printed where every cell takes so long, and of how many outcomes tables are made."""
    now, asked = [0.0], []

    def tables(outcomes: list[Outcome]) -> list[Table]:
        asked.append(len(outcomes))
        return [Table("F1 so far")]

    printed = io.StringIO()
    console = new_console(file=printed, width=100, force_terminal=terminal)
    cells = sorted(ASKED.cells(), key=lambda cell: cell.seed)
    with ExperimentProgress(console, ASKED, tables, quiet, lambda: now[0]) as progress:
        for place, cell in enumerate(cells):
            now[0] += 0 if place < kept else seconds
            progress(Outcome(cell, np.zeros((1, 3)), np.zeros(3), {}), place < kept)
    return printed.getvalue(), asked


def test_a_log_tells_cells_done_and_time_left() -> None:
    lines = [line for line in shown(20.0)[0].splitlines() if "cells" in line]
    assert lines[0] == "2/8 cells, last matched-100-0, about 2:00 left"
    assert lines[-1] == "8/8 cells, last synthetic_only-000-1"
    assert len(lines) == 4  # not more than one in half a minute


def test_cells_kept_from_an_earlier_run_do_not_flatter_the_estimate() -> None:
    first = shown(40.0, kept=4)[0].splitlines()[0]
    assert first == "5/8 cells, last gold-100-1, about 2:00 left"


def test_tables_so_far_come_once_a_seed_is_through_every_set() -> None:
    printed, asked = shown(20.0)
    assert asked == [4]
    assert "So far, after 1 seeds of each training set:" in printed
    assert "F1 so far" in printed
    assert shown(1.0)[1] == []  # nobody waits long enough for them


@pytest.mark.parametrize("terminal", [False, True])
def test_quiet_shows_nothing(terminal: bool) -> None:
    assert shown(90.0, quiet=True, terminal=terminal) == ("", [])


def test_a_terminal_has_a_bar_and_tables_but_no_lines() -> None:
    printed, asked = shown(90.0, terminal=True)
    assert asked == [4]
    assert "7/8 cells, last full-100-1, about 1:30 left" in printed or "8/8" in printed
