"""A folder of labelled sentences that belong to no cohort: bronze and silver sets."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa

import dualalign
from dualalign.cohort.manifest import MANIFEST
from dualalign.cohort.parts import write_parquet
from dualalign.errors import CohortError
from dualalign.notes.compose import ComposedSentence

JOURNAL = "journal.sqlite"
REFUSED = "refused.jsonl"

_KIND = "bronze"
_BRONZE = pa.schema(
    [
        ("sentence_id", pa.string()),
        ("text", pa.string()),
        ("labels", pa.list_(pa.string())),
        ("written_for", pa.string()),
        ("term", pa.string()),
        ("label_source", pa.string()),
        ("confidence", pa.float64()),
    ],
    metadata={b"synthetic": b"true"},
)


def write_bronze(
    sentences: Iterable[ComposedSentence],
    folder: str | Path,
    options: dict[str, Any],
    overwrite: bool = False,
    label_source: str = "plan",
    refused: Iterable[Mapping[str, str]] | None = None,
    more_counts: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Write composed sentences as `sentences/part-00000.parquet` with a manifest.

    Args:
        sentences: from `compose_sentences`, or kept by an `LlmComposer`.
        folder: created if absent.
        options: what made them (pack, seed, ...), for the manifest.
        overwrite: replace the bronze set that lies in the folder.
        label_source: `plan` if the writer was told what to say, `prompt` if a model was asked for the label.
        refused: sentences that a model wrote and that were not kept, for `refused.jsonl`; None writes no such file.
        more_counts: further counts for the manifest.

    Returns:
        The manifest.

    Raises:
        CohortError: the folder holds something else or cannot be written.
    """
    out = Path(folder)
    _refuse_other(out, overwrite, options)
    # Written before the folder is touched, so that bad material leaves nothing behind.
    rows = list(sentences)
    _open_folder(out, options)
    table = pa.table(
        {
            "sentence_id": [f"B{i:06d}" for i in range(len(rows))],
            "text": [row.text for row in rows],
            "labels": [list(row.labels) for row in rows],
            "written_for": [row.written_for for row in rows],
            "term": [row.term for row in rows],
            "label_source": [label_source] * len(rows),
            "confidence": [1.0] * len(rows),
        },
        schema=_BRONZE,
    )
    write_parquet(table, out / "sentences" / "part-00000.parquet")
    try:
        (out / REFUSED).unlink(missing_ok=True)
        if refused is not None:
            lines = (json.dumps(each, ensure_ascii=False) + "\n" for each in refused)
            (out / REFUSED).write_text("".join(lines), encoding="utf-8")
    except OSError as error:
        raise _unwritten(out, error) from None
    counts = {
        "parts": 1,
        "sentences": len(rows),
        "labels": dict(sorted(Counter(label for row in rows for label in row.labels).items())),
        **(more_counts or {}),
    }
    return _write_manifest(out, options, counts)


def begin_bronze(folder: str | Path, options: dict[str, Any], overwrite: bool = False) -> Path:
    """Make a folder ready for a model's journal, before a bronze set is written there.

    A set that the same options began and did not finish is gone on with.

    Returns:
        Where the journal goes; replies in it are kept even where a set is replaced.

    Raises:
        CohortError: the folder holds something else or cannot be written.
    """
    out = Path(folder)
    _refuse_other(out, overwrite, options)
    _open_folder(out, options)
    return out / JOURNAL


def abandon_bronze(folder: str | Path) -> None:
    """Remove a set that `begin_bronze` opened and that came to nothing; a journal with replies stays."""
    out = Path(folder)
    with suppress(OSError):
        shutil.rmtree(out / "sentences", ignore_errors=True)
        (out / MANIFEST).unlink(missing_ok=True)
        out.rmdir()


def _refuse_other(folder: Path, overwrite: bool, options: dict[str, Any]) -> None:
    """Let --overwrite replace a bronze set, and nothing else: any other folder may be anybody's."""
    try:
        if not folder.exists():
            return
        if not folder.is_dir():
            raise CohortError(f"{folder}: is a file", "name a folder for the sentences")
        if all(each.name.startswith(JOURNAL) for each in folder.iterdir()):
            return
        found = _manifest_of(folder)
        if found.get("kind") == _KIND:
            begun = not found.get("complete") and found.get("options") == options
            if not overwrite and not begun:
                raise CohortError(
                    f"{folder}: holds a bronze set already", "choose another --out, or --overwrite"
                )
            return
    except OSError as error:
        raise _unwritten(folder, error) from None
    raise CohortError(f"{folder}: is not empty and holds no bronze set", "choose another --out")


def _manifest_of(folder: Path) -> dict[str, Any]:
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _open_folder(folder: Path, options: dict[str, Any]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_manifest(folder, options, None)
        if (folder / "sentences").exists():
            shutil.rmtree(folder / "sentences")
        (folder / "sentences").mkdir()
    except OSError as error:
        raise _unwritten(folder, error) from None


def _write_manifest(folder: Path, options: dict[str, Any], counts: dict[str, Any] | None) -> dict[str, Any]:
    manifest = {
        "synthetic": True,
        "kind": _KIND,
        "notice": "Synthetic sentences. No real patient. Not for care.",
        "software": f"dualalign {dualalign.__version__}",
        "options": options,
        "complete": counts is not None,
        "counts": counts,
    }
    temporary = folder / f".{MANIFEST}.{os.getpid()}"
    temporary.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    temporary.replace(folder / MANIFEST)
    return manifest


def _unwritten(folder: Path, error: OSError) -> CohortError:
    return CohortError(
        f"{folder}: cannot be written ({error.strerror})", "choose a folder that you may write to"
    )
