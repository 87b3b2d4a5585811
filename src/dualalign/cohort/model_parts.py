"""Make the parts of a cohort with a language model: many patients at once, the notes of each in order."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dualalign.charts import PatientSimulator
from dualalign.cohort.folder import UNWRITTEN, part_path
from dualalign.cohort.measurements import MeasurementRows
from dualalign.cohort.model_tables import ModelPartTables
from dualalign.cohort.part_maker import PartDone, PartRun
from dualalign.cohort.tables import note_id
from dualalign.errors import BudgetExceeded, CohortError, ModelError
from dualalign.files import refusals_said, write_text
from dualalign.labels import RulesAnnotator
from dualalign.llm.backend import UnusableBackendError
from dualalign.llm.choice import open_model
from dualalign.llm.statistics import Statistics
from dualalign.notes.llm import LlmWriter, Unwritten
from dualalign.notes.llm.writer import TEMPERATURE
from dualalign.notes.note import Note
from dualalign.packs import load_pack

if TYPE_CHECKING:
    from dualalign.cohort.model_writing import ModelWriting
    from dualalign.llm.client import LanguageModel
    from dualalign.personas import Persona
    from dualalign.trajectories import Trajectory

JOURNAL = "journal.sqlite"
_HOPELESS = 10
"""Notes that a model refuses before it has written any, after which the run stops."""


@dataclass(slots=True)
class WritingProgress:
    """How far a model is in this run.

    Args:
        patients: patients finished.
        of_patients: patients to write in this run.
        notes: notes written.
        planned: notes of the patients begun so far.
        begun: patients begun.
        repairs: replies sent back.
        failing: notes that still fail a check.
        unwritten: notes that the model would not write.
        statistics: calls, tokens and cost of this run.
        began: when the run began, by the monotonic clock.
    """

    of_patients: int
    statistics: Statistics
    patients: int = 0
    notes: int = 0
    planned: int = 0
    begun: int = 0
    repairs: int = 0
    failing: int = 0
    unwritten: int = 0
    began: float = field(default_factory=time.monotonic)

    @property
    def of_notes(self) -> int:
        """Notes of the whole run, from those of the patients begun."""
        return round(self.planned / self.begun * self.of_patients) if self.begun else 0


@dataclass(slots=True)
class _Part:
    number: int
    personas: list[Persona]
    finished: dict[int, tuple[Trajectory, list[Note | Unwritten]]] = field(default_factory=dict)


class ModelParts:
    """Writes parts with a model; opened and closed by `make_model_parts`.

    Args:
        run: what the parts share.
        writing: which model, and how.
        model: the same, opened.
        patients: patients of all parts to make.
        on_part: called when a part is on disk.
        on_note: called after each note.
    """

    def __init__(
        self,
        run: PartRun,
        writing: ModelWriting,
        model: LanguageModel,
        patients: int,
        on_part: Callable[[PartDone], None],
        on_note: Callable[[WritingProgress], None] | None,
    ) -> None:
        pack = load_pack(run.pack_folder)
        self._run, self._writing = run, writing
        self._factors = pack.factors.ids()
        self._simulator = PatientSimulator(pack, run.profile)
        self._measurements = MeasurementRows(pack)
        self._rules = RulesAnnotator(pack)
        self._writer = LlmWriter(
            pack,
            model,
            lambda longest: writing.choice.parameters(TEMPERATURE, longest),
            writing.choice.name,
            writing.alignment,
            writing.repairs,
            pack.profiles.profile(run.profile).calendar,
        )
        self._most_active = model.backend.most_in_flight
        self._on_part, self._on_note = on_part, on_note
        self._progress = WritingProgress(patients, model.statistics)
        self._stopped: ModelError | None = None

    async def make(self, parts: Sequence[int], people: Callable[[int], list[Persona]]) -> None:
        """Write parts, as many patients at once as the model serves requests."""
        active: set[asyncio.Task[None]] = set()
        try:
            for number in parts:
                part = _Part(number, people(number))
                for place in range(len(part.personas)):
                    if len(active) >= self._most_active:
                        active = await _some_done(active, asyncio.FIRST_COMPLETED)
                    if self._stopped is not None:
                        break
                    active.add(asyncio.create_task(self._write(part, place)))
            await _some_done(active, asyncio.ALL_COMPLETED)
        finally:
            for task in active:
                task.cancel()
            await asyncio.gather(*active, return_exceptions=True)
        if self._stopped is not None:
            raise self._stopped

    async def _write(self, part: _Part, place: int) -> None:
        persona, seed = part.personas[place], self._run.seed
        trajectory = self._simulator.simulate(persona, seed)
        visits = self._writing.visits(len(trajectory.plans))
        self._progress.begun += 1
        self._progress.planned += len(visits)
        try:
            notes = await self._writer.write_patient(trajectory, seed, visits, self._count)
        except (BudgetExceeded, UnusableBackendError) as error:
            # Patients in flight still receive the replies that are under way, so that these are kept.
            self._stopped = self._stopped or error
            return
        part.finished[place] = (trajectory, notes)
        self._progress.patients += 1
        if len(part.finished) == len(part.personas):
            self._save(part)

    def _count(self, note: Note | Unwritten) -> None:
        progress = self._progress
        if isinstance(note, Unwritten):
            progress.unwritten += 1
            if progress.unwritten >= _HOPELESS and not progress.notes:
                raise UnusableBackendError(
                    f"the model wrote none of {progress.unwritten} notes, last: {note.reason}",
                    "put that right and run the same command again",
                )
        else:
            progress.notes += 1
            progress.repairs += note.attempts - 1
            progress.failing += any(note.checks.values())
        if self._on_note is not None:
            self._on_note(progress)

    def _save(self, part: _Part) -> None:
        tables = ModelPartTables(self._measurements, self._rules)
        unwritten: list[dict[str, str]] = []
        for place in range(len(part.personas)):
            trajectory, notes = part.finished.pop(place)
            plans = [trajectory.plans[visit] for visit in self._writing.visits(len(trajectory.plans))]
            pairs = list(zip(plans, notes, strict=True))
            tables.add(trajectory, [(plan, note) for plan, note in pairs if isinstance(note, Note)])
            unwritten += [
                {"note_id": note_id(plan.patient_id, plan.visit), "reason": note.reason}
                for plan, note in pairs
                if isinstance(note, Unwritten)
            ]
        write_unwritten(self._run.folder, part.number, unwritten)
        tables.write(self._run.folder, part.number, part.personas, self._factors)
        self._on_part(PartDone(part.number, len(part.personas), tables.notes))


def make_model_parts(
    run: PartRun,
    writing: ModelWriting,
    parts: Sequence[int],
    people: Callable[[int], list[Persona]],
    patients: int,
    on_part: Callable[[PartDone], None],
    on_note: Callable[[WritingProgress], None] | None,
) -> None:
    """Make parts with a language model, each handed to `on_part` when it is on disk, in any order.

    Args:
        run: what the parts share.
        writing: which model, and how.
        parts: numbers of the parts to make.
        people: gives the personas of a part; called when the part is begun.
        patients: patients of all these parts.
        on_part: called after each part.
        on_note: called after each note.

    Raises:
        BudgetExceeded: the budget is spent; parts that were finished, and every reply, are kept.
        UnusableBackendError: the model answers no request; the same is kept.
        CohortError: a file cannot be written.
    """

    async def make() -> None:
        model = open_model(writing.choice, run.folder / JOURNAL)
        try:
            await ModelParts(run, writing, model, patients, on_part, on_note).make(parts, people)
        finally:
            await model.close()
            if model.journal is not None:
                model.journal.close()

    asyncio.run(make())


def write_unwritten(folder: Path, part: int, notes: list[dict[str, str]]) -> None:
    """Keep which notes of a part a model would not write, so that another run asks for them again."""
    path = part_path(folder, UNWRITTEN, part).with_suffix(".json")
    with refusals_said(path, CohortError, "make room, then run again"):
        if notes:
            path.parent.mkdir(exist_ok=True)
            write_text(path, json.dumps(notes, indent=1) + "\n")
        else:
            path.unlink(missing_ok=True)


def read_unwritten(folder: Path, part: int) -> list[dict[str, str]]:
    """Return the notes of a part that no model wrote."""
    path = part_path(folder, UNWRITTEN, part).with_suffix(".json")
    try:
        found: list[dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    except (OSError, ValueError):
        return [{"note_id": "", "reason": f"{path.name} cannot be read"}]
    return found


async def _some_done(tasks: set[asyncio.Task[None]], until: str) -> set[asyncio.Task[None]]:
    if not tasks:
        return tasks
    done, pending = await asyncio.wait(tasks, return_when=until)
    for task in done:
        task.result()
    return pending
