"""What the page says of the data themselves: title, summary, dataset card, provenance and limits."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib import resources
from typing import TYPE_CHECKING, Any

import yaml

from dualalign.report.prose import said

if TYPE_CHECKING:
    from dualalign.cohort.reader import Cohort
    from dualalign.measures.note_sets import NoteSet
    from dualalign.packs.pack import Pack


def describe_cohort(cohort: Cohort, pack: Pack) -> dict[str, Any]:
    """Return the texts of `page.yaml` on a cohort, filled: names and values where there are names."""
    return _filled(
        "cohort",
        cohort=cohort,
        pack=pack,
        counts=cohort.manifest["counts"],
        options=cohort.manifest["options"],
        labels=pack.labels.scheme().labels,
        sources=sum(1 for key in pack.sources if key != "dualalign"),
        command=_unverified(pack),
    )


def describe_notes(name: str, notes: NoteSet, pack: Pack | None) -> dict[str, Any]:
    """Return the texts of `page.yaml` on notes alone, filled."""
    digest = sha256("\0".join(notes.texts).encode("utf-8", "surrogatepass")).hexdigest()
    return _filled(
        "notes",
        name=name,
        notes=notes,
        pack=pack,
        words=sorted(len(text.split()) for text in notes.texts),
        patients=len(set(notes.groups)),
        digest=digest[:16],
    )


def _filled(of: str, **names: object) -> dict[str, Any]:
    def fill(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: fill(each) for key, each in part.items()}
        return list(map(fill, part)) if isinstance(part, list) else said(part, **names)

    filled: dict[str, Any] = fill(_texts()[of])
    return filled


def _unverified(pack: Pack) -> str:
    """Return the command that lists a pack's placeholders; a pack that is not installed is shown by its folder."""
    from dualalign.packs import available_packs

    return f"dualalign packs show {pack.id if pack.id in available_packs() else 'FOLDER'} --unverified"


@cache
def _texts() -> dict[str, Any]:
    text = resources.files("dualalign.report").joinpath("page.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded
