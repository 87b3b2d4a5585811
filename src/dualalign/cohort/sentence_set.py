"""A folder of labelled sentences that belong to no cohort: bronze and silver sets."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa

import dualalign
from dualalign.cohort.manifest import MANIFEST
from dualalign.cohort.parts import write_parquet
from dualalign.errors import CohortError
from dualalign.files import read_object, refusals_said, remove_parts, sole_run, write_text
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
) -> dict[str, Any]:
    """Write composed sentences as `sentences/part-00000.parquet` with a manifest.

    Args:
        sentences: from `compose_sentences`, or kept by an `LlmComposer`.
        folder: created if absent.
        options: what made them (pack, seed, ...), for the manifest.
        overwrite: replace the bronze set that lies in the folder.
        label_source: `plan` if the writer was told what to say, `prompt` if a model was asked for the label.

    Returns:
        The manifest.

    Raises:
        CohortError: the folder holds something else, cannot be written, or another run is writing there.
    """
    out = Path(folder)
    with sole_run(out):
        _refuse_other(out, overwrite, options)
        # Written before the folder is touched, so that bad material leaves nothing behind.
        rows = list(sentences)
        return finish_bronze(rows, out, options, label_source)


def finish_bronze(
    rows: Sequence[ComposedSentence],
    out: Path,
    options: dict[str, Any],
    label_source: str,
    refused: Iterable[Mapping[str, str]] | None = None,
    more_counts: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Write the sentences of a set that was begun, and its manifest.

    Args:
        rows: the sentences.
        out: a folder that `begin_bronze` made ready.
        options: what made them.
        label_source: `plan` if the writer was told what to say, `prompt` if a model was asked for the label.
        refused: sentences that a model wrote and that were not kept, for `refused.jsonl`; None writes no such file.
        more_counts: further counts for the manifest.

    Returns:
        The manifest.
    """
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
    _open_folder(out, options)
    write_parquet(table, out / "sentences" / "part-00000.parquet")
    with refusals_said(out, CohortError):
        (out / REFUSED).unlink(missing_ok=True)
        if refused is not None:
            lines = (json.dumps(each, ensure_ascii=False) + "\n" for each in refused)
            write_text(out / REFUSED, "".join(lines))
        counts = {
            "parts": 1,
            "sentences": len(rows),
            "labels": dict(sorted(Counter(label for row in rows for label in row.labels).items())),
            **(more_counts or {}),
        }
        return _write_manifest(out, options, counts)


def begin_bronze(folder: str | Path, options: dict[str, Any], overwrite: bool = False) -> Path:
    """Make a folder ready for a model's journal, before a bronze set is written there.

    A set that the same options began and did not finish is gone on with. A finished one that is to be replaced stays
    until another takes its place.

    Returns:
        Where the journal goes; replies in it are kept even where a set is replaced.

    Raises:
        CohortError: the folder holds something else or cannot be written.
    """
    out = Path(folder)
    _refuse_other(out, overwrite, options)
    if not read_object(out / MANIFEST).get("complete"):
        _open_folder(out, options)
    return out / JOURNAL


def abandon_bronze(folder: str | Path) -> None:
    """Remove a set that `begin_bronze` opened and that came to nothing; a journal with replies stays."""
    out = Path(folder)
    if read_object(out / MANIFEST).get("complete"):
        return
    with suppress(OSError):
        remove_parts(out / "sentences")
        (out / MANIFEST).unlink(missing_ok=True)
        out.rmdir()


def _refuse_other(folder: Path, overwrite: bool, options: dict[str, Any]) -> None:
    """Let --overwrite replace a bronze set, and nothing else: any other folder may be anybody's."""
    with refusals_said(folder, CohortError):
        if all(each.name.startswith(JOURNAL) for each in folder.iterdir()):
            return
        found = read_object(folder / MANIFEST)
        if found.get("kind") == _KIND:
            begun = not found.get("complete") and found.get("options") == options
            if not overwrite and not begun:
                raise CohortError(
                    f"{folder}: holds a bronze set already", "choose another --out, or --overwrite"
                )
            return
        ours = {MANIFEST, "sentences", REFUSED}
        others = {each.name for each in folder.iterdir() if not each.name.startswith(JOURNAL)} - ours
        damaged = not found and not others and (folder / "sentences").is_dir()
        if not (damaged and overwrite):
            raise CohortError(
                f"{folder}: is not empty and holds no bronze set",
                "choose another --out" + (", or --overwrite if its manifest was damaged" if damaged else ""),
            )


def _open_folder(folder: Path, options: dict[str, Any]) -> None:
    with refusals_said(folder, CohortError):
        _write_manifest(folder, options, None)
        remove_parts(folder / "sentences")
        (folder / "sentences").mkdir(exist_ok=True)


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
    write_text(folder / MANIFEST, json.dumps(manifest, indent=2) + "\n")
    return manifest
