"""What is measured: a finished cohort with its pack, or anyone's synthetic notes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dualalign.cli.cohort_and_pack import open_with_pack, say_if_changed

if TYPE_CHECKING:
    from rich.console import Console

    from dualalign.cli.source_options import NotMeasured
    from dualalign.cohort import Cohort
    from dualalign.measures import Measure, NoteColumns, NoteSet, Sources
    from dualalign.measures.all_measures import OnStep
    from dualalign.packs import Pack


@dataclass(frozen=True, slots=True)
class Subject:
    """A cohort, or notes alone.

    Args:
        path: where it lies.
        pack: of its disease; None for notes without one.
        cohort: None for notes.
        notes: None for a cohort.
    """

    path: Path
    pack: Pack | None
    cohort: Cohort | None = None
    notes: NoteSet | None = None

    def measure(
        self, on_step: OnStep, sources: Sources, steps: Collection[str], lacking: NotMeasured
    ) -> dict[str, list[Measure]]:
        """Return every measure that it and the sources allow, by step."""
        # Looked up when called: importing measures takes longer than refusing a bad option.
        from dualalign import measures

        if self.cohort is not None and self.pack is not None:
            return measures.measure_cohort(
                self.cohort, self.pack, on_step, sources, steps, lacking.skip, lacking.fail
            )
        assert self.notes is not None
        return measures.measure_notes(
            self.notes, self.pack, on_step, sources, steps, lacking.skip, lacking.fail
        )

    def report(
        self,
        found: dict[str, list[Measure]],
        out: Path,
        on_step: OnStep,
        sources: Sources,
        lacking: NotMeasured,
    ) -> Path:
        """Write its page and return the file."""
        from dualalign.report import write_notes_report, write_report

        skipped: Sequence[tuple[str, str]] = lacking.reasons
        if self.cohort is not None and self.pack is not None:
            return write_report(self.cohort, self.pack, found, out, on_step, sources, skipped, lacking.fail)
        assert self.notes is not None
        name = self.path.resolve().name
        return write_notes_report(
            name, self.notes, self.pack, found, out, on_step, sources, skipped, lacking.fail
        )

    def say_if_changed(self, console: Console) -> None:
        """Say that the pack has changed since the cohort was made, if so."""
        if self.cohort is not None and self.pack is not None:
            say_if_changed(self.cohort, self.pack, console)


def open_subject(path: Path, pack: str | None, columns: NoteColumns) -> Subject:
    """Open a finished cohort with its pack, or read notes: a file of them, or a folder of text files.

    Args:
        path: the folder or file.
        pack: name or folder of the pack; None takes a cohort's own, and none for notes.
        columns: of a file of notes.

    Raises:
        DualAlignError: neither a cohort nor notes, or a pack that cannot be loaded.
    """
    texts = path.is_dir() and not (path / "manifest.json").exists() and any(path.rglob("*.txt"))
    if not (path.is_file() or texts):
        cohort, loaded = open_with_pack(path, pack)
        return Subject(path, loaded, cohort)
    from dualalign.measures import read_note_set
    from dualalign.packs import load_pack

    return Subject(path, load_pack(pack) if pack else None, notes=read_note_set(path, columns))
