"""A folder of labelled sentences that belong to no cohort: bronze and silver sets."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa

import dualalign
from dualalign.cohort.parts import write_parquet
from dualalign.errors import CohortError
from dualalign.notes.compose import ComposedSentence

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
) -> dict[str, Any]:
    """Write composed sentences as `sentences/part-00000.parquet` with a manifest.

    Args:
        sentences: from `compose_sentences`.
        folder: created if absent.
        options: what made them (pack, seed, ...), for the manifest.
        overwrite: replace what lies in the folder.

    Returns:
        The manifest.

    Raises:
        CohortError: the folder holds something else or cannot be written.
    """
    out = Path(folder)
    rows = list(sentences)
    try:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            if not overwrite:
                raise CohortError(f"{out}: is not empty", "choose another --out, or --overwrite")
            shutil.rmtree(out) if out.is_dir() else out.unlink()
        (out / "sentences").mkdir(parents=True)
    except OSError as error:
        raise CohortError(
            f"{out}: cannot be written ({error.strerror})", "choose a folder that you may write to"
        ) from None
    table = pa.table(
        {
            "sentence_id": [f"B{i:06d}" for i in range(len(rows))],
            "text": [row.text for row in rows],
            "labels": [list(row.labels) for row in rows],
            "written_for": [row.written_for for row in rows],
            "term": [row.term for row in rows],
            "label_source": ["plan"] * len(rows),
            "confidence": [1.0] * len(rows),
        },
        schema=_BRONZE,
    )
    write_parquet(table, out / "sentences" / "part-00000.parquet")
    manifest: dict[str, Any] = {
        "synthetic": True,
        "kind": "bronze",
        "notice": "Synthetic sentences. No real patient. Not for care.",
        "software": f"dualalign {dualalign.__version__}",
        "options": options,
        "complete": True,
        "counts": {
            "parts": 1,
            "sentences": len(rows),
            "labels": dict(sorted(Counter(label for row in rows for label in row.labels).items())),
        },
    }
    (out / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return manifest
