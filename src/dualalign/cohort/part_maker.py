"""Make the parts of a cohort, in this process or in several."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.connection import wait as wait_for
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from dualalign.charts import PatientSimulator
from dualalign.cohort.measurements import MeasurementRows
from dualalign.cohort.part_tables import PartTables
from dualalign.errors import CohortError
from dualalign.notes import PassageWriter
from dualalign.packs import load_pack

if TYPE_CHECKING:
    from dualalign.packs import Pack
    from dualalign.personas import Persona

_WAITING_PARTS = 2
"""Parts handed to the pool per worker: one in work, one that waits, so that nobody idles and memory stays flat."""


@dataclass(frozen=True, slots=True)
class PartDone:
    """One part as it was made."""

    part: int
    patients: int
    notes: int


@dataclass(frozen=True, slots=True)
class PartRun:
    """What every part of a run shares.

    Args:
        pack_folder: where the pack lies.
        profile: pack profile.
        seed: of the run.
        folder: the cohort folder.
    """

    pack_folder: Path
    profile: str
    seed: int
    folder: Path


class PartMaker:
    """Simulates and writes the patients of one part after another.

    Args:
        run: what the parts share.
    """

    def __init__(self, run: PartRun) -> None:
        self._pack: Pack = load_pack(run.pack_folder)
        self._simulator = PatientSimulator(self._pack, run.profile)
        self._writer = PassageWriter(self._pack, self._simulator.book)
        self._measurements = MeasurementRows(self._pack)
        self._run = run

    def make(self, part: int, personas: Sequence[Persona]) -> PartDone:
        """Write one part of every table.

        Raises:
            CohortError: a file cannot be written.
        """
        seed = self._run.seed
        tables = PartTables(self._measurements)
        for persona in personas:
            trajectory = self._simulator.simulate(persona, seed)
            notes = self._writer.write_patient(trajectory, seed)
            tables.add(trajectory, zip(trajectory.plans, notes, strict=True))
        tables.write(self._run.folder, part, personas, self._pack.factors.ids())
        return PartDone(part, len(personas), tables.notes)


def make_parts(
    run: PartRun, parts: Sequence[int], people: Callable[[int], list[Persona]], workers: int
) -> Iterator[PartDone]:
    """Make parts, each yielded when it is done, in any order.

    Args:
        run: what the parts share.
        parts: numbers of the parts to make.
        people: gives the personas of a part; called when the part is about to be made.
        workers: processes; with 1, this one does the work.

    Raises:
        CohortError: a file cannot be written, or a worker process was ended from outside.
    """
    workers = min(workers, len(parts))
    if workers <= 1:
        maker = PartMaker(run) if parts else None
        for part in parts:
            assert maker is not None
            yield maker.make(part, people(part))
        return
    try:
        yield from _make_in_pool(run, parts, people, workers)
    except BrokenProcessPool:
        raise CohortError(
            "a worker process was ended from outside or could not start",
            "run the same command again (finished parts are kept), with --workers 1 if memory is short; "
            'a script that asks for workers needs `if __name__ == "__main__":`',
        ) from None


def _make_in_pool(
    run: PartRun, parts: Sequence[int], people: Callable[[int], list[Persona]], workers: int
) -> Iterator[PartDone]:
    waiting = iter(parts)
    running: set[Future[PartDone]] = set()
    with ProcessPoolExecutor(
        workers, multiprocessing.get_context("spawn"), initializer=_start_worker, initargs=(run,)
    ) as pool:
        try:
            while True:
                for part in waiting:
                    running.add(pool.submit(_make_part, part, people(part)))
                    if len(running) >= _WAITING_PARTS * workers:
                        break
                if not running:
                    return
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


_maker: PartMaker | None = None


def _start_worker(run: PartRun) -> None:
    global _maker
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is the parent's to report, once
    Thread(target=_end_with_parent, daemon=True).start()
    _maker = PartMaker(run)
    # What the pack loaded lives as long as the worker: looking through it again and again costs a tenth of the time.
    gc.freeze()
    gc.disable()


def _end_with_parent() -> None:
    # A worker whose parent was killed would otherwise wait for its next part for ever.
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for([parent.sentinel])
        os._exit(1)


def _make_part(part: int, personas: Sequence[Persona]) -> PartDone:
    assert _maker is not None
    done = _maker.make(part, personas)
    gc.collect()
    return done
