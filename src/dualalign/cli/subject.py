"""What is measured: a finished cohort with its pack, or anyone's synthetic notes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dualalign.cli.cohort_and_pack import open_with_pack

if TYPE_CHECKING:
    from dualalign.cohort import Cohort
    from dualalign.measures import NoteColumns, NoteSet
    from dualalign.packs import Pack


def open_subject(path: Path, pack: str | None, columns: NoteColumns) -> tuple[Cohort | NoteSet, Pack | None]:
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
        return open_with_pack(path, pack)
    from dualalign.measures import read_note_set
    from dualalign.packs import load_pack

    notes = read_note_set(path, columns)
    return notes, load_pack(pack) if pack else None
