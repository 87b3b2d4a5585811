"""manifest.json: what a cohort is, in enough detail to make it again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dualalign.errors import CohortError
from dualalign.files import refusals_said, write_text

MANIFEST = "manifest.json"
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
        writer: `grammar`, or a model's name with its options.
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
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise CohortError(f"{path}: cannot be read ({type(error).__name__})", _AGAIN) from None
    if isinstance(content, dict) and "kind" in content:
        raise CohortError(
            f"{folder}: holds a {content['kind']} set of sentences, not a cohort",
            "name a folder that `dualalign generate` wrote",
        )
    if not _is_cohort(content):
        raise CohortError(f"{path}: not the manifest of a cohort", _AGAIN)
    return dict(content)


def _is_cohort(content: Any) -> bool:
    if not isinstance(content, dict) or not isinstance(content.get("options"), dict):
        return False
    counted = isinstance(content.get("counts"), dict) and isinstance(content["counts"].get("parts"), int)
    return (
        {"pack", "profile"} <= content["options"].keys()
        and isinstance(content.get("fingerprint"), str)
        and (content.get("complete") is False or (content.get("complete") is True and counted))
    )
