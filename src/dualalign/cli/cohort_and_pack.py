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
    from dualalign.cohort import open_cohort
    from dualalign.errors import PackError
    from dualalign.packs import load_pack

    cohort = open_cohort(folder)
    try:
        loaded = load_pack(pack or cohort.pack_id)
    except PackError:
        if pack is not None:
            raise
        raise PackError(
            f"{folder}: made with pack '{cohort.pack_id}', which is not installed",
            "give its folder with --pack",
        ) from None
    open_cohort(folder, loaded.id)
    return cohort, loaded


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
