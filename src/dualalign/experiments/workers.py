"""Cells in this process or in several; cells that share a classifier of other text stay together."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from math import ceil
from multiprocessing.connection import wait as wait_for
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from dualalign.errors import ExperimentError
from dualalign.experiments.cells import Cell, Outcome

if TYPE_CHECKING:
    from dualalign.experiments.experiment import Experiment
    from dualalign.experiments.run import Desk


def run_batches(desk: Desk, cells: Sequence[Cell], workers: int) -> Iterator[tuple[Cell, Outcome]]:
    """Run cells and yield each with its outcome, in any order.

    Args:
        desk: runs a cell and keeps its predictions.
        cells: to run.
        workers: processes; with 1, this one does the work.

    Raises:
        ExperimentError: a worker process was ended from outside.
    """
    if min(workers, len(cells)) <= 1:
        for cell in cells:
            yield cell, desk.run(cell)
        return
    try:
        yield from _in_pool(desk, batches(desk, cells, workers), workers)
    except BrokenProcessPool:
        raise ExperimentError(
            "a worker process was ended from outside or could not start",
            "run the same command again (finished cells are kept), with --workers 1 if memory is short; "
            'a script that asks for workers needs `if __name__ == "__main__":`',
        ) from None


def batches(desk: Desk, cells: Sequence[Cell], workers: int) -> list[list[Cell]]:
    """Return cells in batches, the largest first; what cells of a batch share is made once.

    No batch is larger than an even part of the work, so that no worker is left with all of it.
    """
    together: dict[object, list[Cell]] = {}
    for cell in cells:
        shared = desk.shared(cell)
        together.setdefault(cell if shared is None else shared, []).append(cell)
    most = ceil(len(cells) / workers)
    parts = [same[at : at + most] for same in together.values() for at in range(0, len(same), most)]
    return sorted(parts, key=len, reverse=True)


def _in_pool(desk: Desk, parts: Sequence[list[Cell]], workers: int) -> Iterator[tuple[Cell, Outcome]]:
    with ProcessPoolExecutor(
        min(workers, len(parts)),
        multiprocessing.get_context("spawn"),
        initializer=_start_worker,
        initargs=(desk.experiment, desk.folder, workers),
    ) as pool:
        try:
            running = {pool.submit(_run, part) for part in parts}
            while running:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield from future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


_desk: Desk | None = None


def _start_worker(experiment: Experiment, folder: Path, workers: int) -> None:
    from dualalign.experiments.run import Desk

    global _desk
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is the parent's to report, once
    Thread(target=_end_with_parent, daemon=True).start()
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // workers)))
    _desk = Desk(experiment, folder)


def _end_with_parent() -> None:
    # A worker whose parent was killed would otherwise go on for hours.
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for([parent.sentinel])
        os._exit(1)


def _run(cells: Sequence[Cell]) -> list[tuple[Cell, Outcome]]:
    assert _desk is not None
    return [(cell, _desk.run(cell)) for cell in cells]
