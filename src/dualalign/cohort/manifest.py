"""manifest.json: what a cohort is, in enough detail to make it again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dualalign.errors import CohortError
from dualalign.files import read_object, refusals_said, write_text

MANIFEST = "manifest.json"
_OPTIONS: dict[str, type] = {
    **dict.fromkeys(("pack", "pack_version", "pack_fingerprint", "profile", "writer"), str),
    **dict.fromkeys(("patients", "controls", "seed"), int),
}
_COUNTS: dict[str, type] = {
    **dict.fromkeys(("parts", "patients", "notes", "mentions", "sentences", "unlabelled_sentences"), int),
    "labels": dict,
}
"""What the manifest of a complete cohort says, and every reader of it may take for granted."""
FINGERPRINT_VERSION = 1
_AGAIN = "generate the cohort again, with --overwrite"


@dataclass(frozen=True, slots=True)
class RowOptions:
    """Every option that changes a cohort's rows, and nothing else.

    Args:
        pack: pack id.
        pack_version: of the pack.
        pack_fingerprint: hash of the pack's files.
        profile: pack profile.
        patients: number of cases.
        controls: number of controls.
        seed: of the run.
        writer: `passages`, or a model's name with its options.
        part_patients: patients per part file.
        software: version of dualalign; another version may write other rows.
        extra: further options of the writer that change text.
    """

    pack: str
    pack_version: str
    pack_fingerprint: str
    profile: str
    patients: int
    controls: int
    seed: int
    writer: str
    part_patients: int
    software: str
    extra: dict[str, Any] = field(default_factory=dict)

    def fingerprint(self) -> str:
        """Return a hash that is equal exactly when the rows would be."""
        data = json.dumps({"version": FINGERPRINT_VERSION, **asdict(self)}, sort_keys=True)
        return f"v{FINGERPRINT_VERSION}:{hashlib.sha256(data.encode()).hexdigest()[:32]}"


def write_manifest(folder: Path, options: RowOptions, complete: bool, counts: dict[str, Any] | None) -> None:
    """Write the manifest in one step, so that a reader never sees half of it.

    Args:
        folder: the cohort folder.
        options: what made the rows.
        complete: whether every part is written.
        counts: rows and labels of a complete cohort.

    Raises:
        CohortError: the folder cannot be written.
    """
    content = {
        "synthetic": True,
        "notice": "Synthetic data. No real patient. Not for care.",
        "software": f"dualalign {options.software}",
        "fingerprint": options.fingerprint(),
        "options": asdict(options),
        "complete": complete,
        "counts": counts,
    }
    with refusals_said(folder, CohortError):
        write_text(folder / MANIFEST, json.dumps(content, indent=2) + "\n")


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return a cohort's manifest.

    Raises:
        CohortError: no such folder, no manifest in it, or one that is not a cohort's.
    """
    path = folder / MANIFEST
    if not folder.exists():
        raise CohortError(f"{folder}: no such folder", "make a cohort with `dualalign generate` first")
    if not path.is_file():
        raise CohortError(
            f"{folder}: no {MANIFEST}, so this is not a cohort",
            "name a folder that `dualalign generate` wrote",
        )
    content = read_object(path)
    if not content:
        raise CohortError(f"{path}: cannot be read", _AGAIN)
    if "kind" in content:
        raise CohortError(
            f"{folder}: holds a {content['kind']} set of sentences, not a cohort",
            "name a folder that `dualalign generate` wrote",
        )
    if not _is_cohort(content):
        raise CohortError(f"{path}: not the manifest of a cohort", _AGAIN)
    return content


def _is_cohort(content: dict[str, Any]) -> bool:
    return (
        _has(content, {"options": dict, "fingerprint": str, "complete": bool, "software": str})
        and _has(content["options"], _OPTIONS)
        and (not content["complete"] or _has(content.get("counts"), _COUNTS))
    )


def _has(content: Any, kinds: dict[str, type]) -> bool:
    return isinstance(content, dict) and all(
        isinstance(content.get(name), kind) for name, kind in kinds.items()
    )
