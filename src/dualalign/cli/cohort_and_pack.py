"""Open a cohort together with its pack, for the commands that hold one against the other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dualalign.cli.console import print_led

if TYPE_CHECKING:
    from rich.console import Console

    from dualalign.cohort import Cohort
    from dualalign.measures import NoteSet
    from dualalign.packs import Pack


def open_with_pack(folder: Path, pack: str | None) -> tuple[Cohort, Pack]:
    """Return a finished cohort and its pack.

    Args:
        folder: of the cohort.
        pack: name or folder of the pack; None takes the name in the manifest.

    Raises:
        CohortError: not a finished cohort, or one of another pack.
        PackError: the pack cannot be loaded.
    """
    from dualalign.cohort import open_cohort, pack_of

    cohort = open_cohort(folder)
    return cohort, pack_of(cohort, pack)


def say_if_changed(cohort: Cohort | NoteSet, pack: Pack | None, console: Console) -> None:
    """Say on the console that the pack is no longer the one that the cohort was made with, if so."""
    from dualalign.cohort import Cohort

    if pack is None or not isinstance(cohort, Cohort):
        return
    if pack.fingerprint != cohort.manifest["options"].get("pack_fingerprint"):
        print_led(
            console,
            "note",
            f": pack '{pack.id}' has changed since this cohort was made; targets are those of the "
            "pack as it is now",
            "yellow",
        )
