"""Data to label: label the sentences of anyone's notes, on this machine, and write them as a silver set."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dualalign
from dualalign.errors import InputDataError
from dualalign.labels.annotation import Annotator
from dualalign.labels.note_rows import NoteRow, file_kind, read_note_rows
from dualalign.labels.rules import RulesAnnotator
from dualalign.labels.silver_parts import COLUMNS, FORMATS, Columns, Format, write_part, write_text
from dualalign.reading.splitter import split_sentences

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack

PART_ROWS = 1000
"""Rows of the input per part file; what a killed run may lose."""

MANIFEST = "manifest.json"
BAD_ROWS = "bad_rows.jsonl"
_WORKING = ".parts"
_KIND = "silver"


@dataclass(slots=True)
class Progress:
    """How far a run has come.

    Args:
        rows: rows read.
        sentences: sentences labelled.
        bad_rows: rows kept aside.
    """

    rows: int = 0
    sentences: int = 0
    bad_rows: int = 0


@dataclass(slots=True)
class _Part:
    rows: int = 0
    notes: int = 0
    sentences: int = 0
    unlabelled: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    bad: list[dict[str, Any]] = field(default_factory=list)
    columns: Columns = field(default_factory=lambda: {name: [] for name in COLUMNS})


def label_file(
    path: str | Path,
    text_column: str,
    out: str | Path,
    pack: Pack,
    annotator: Annotator | None = None,
    id_column: str | None = None,
    file_format: Format = "parquet",
    overwrite: bool = False,
    on_progress: Callable[[Progress], None] | None = None,
) -> dict[str, Any]:
    """Split and label every note of a file; a run that was killed goes on where it stopped.

    Writes `sentences/part-*.parquet` (or .jsonl, .csv) with note_id, sentence, start, end, text, labels,
    label_source and confidence; `bad_rows.jsonl` with the row number, id and reason of each row kept aside, never
    its text; and `manifest.json` with counts, last. Start and end count characters of the note.

    Args:
        path: a CSV, JSONL or Parquet file, CSV and JSONL also compressed by gzip.
        text_column: column that holds the note.
        out: folder, made if absent.
        pack: whose labels to give.
        annotator: what labels the sentences; the pack's rules if None.
        id_column: column that names the note.
        file_format: of the sentences.
        overwrite: replace what lies in the folder.
        on_progress: called after each part.

    Returns:
        The manifest.

    Raises:
        InputDataError: the file cannot be read, holds no note that can be labelled, or the folder cannot be used.
    """
    source, folder = Path(path), Path(out)
    file_kind(source)
    if file_format not in FORMATS:
        raise InputDataError(f"'{file_format}' is no format of sentences", f"use one of {', '.join(FORMATS)}")
    labeller = annotator or RulesAnnotator(pack)
    options = {
        "pack": pack.id,
        "pack_fingerprint": pack.fingerprint,
        "annotator": labeller.source,
        "text_column": text_column,
        "id_column": id_column,
        "format": file_format,
        "input_sha256": _digest(source),
        "part_rows": PART_ROWS,
        "software": dualalign.__version__,
    }
    rows = read_note_rows(source, text_column, id_column)
    # Read before the folder is made, so that a wrong column leaves nothing behind.
    first = list(islice(rows, PART_ROWS))
    if not first:
        raise InputDataError(f"{source}: holds no rows", "give a file that holds notes")
    done = _open_folder(folder, options, overwrite)
    if done is not None:
        return done
    total, parts = _label_parts(first, rows, folder, labeller, file_format, on_progress)
    if not total.notes:
        _clear(folder)
        reasons = Counter(bad["reason"] for bad in total.bad)
        raise InputDataError(
            f"{source}: none of its {total.rows} rows can be labelled; row 1: {total.bad[0]['reason']}",
            f"correct the column '{text_column}' ({', '.join(f'{n} x {why}' for why, n in reasons.most_common(3))})",
        )
    write_text(folder / BAD_ROWS, "".join(json.dumps(bad) + "\n" for bad in total.bad))
    order = [label.id for label in pack.labels.scheme().labels]
    manifest = {
        "contains_real_text": True,
        "kind": _KIND,
        "notice": "Labels given by a program to real text, which is as confidential as its source.",
        "software": f"dualalign {dualalign.__version__}",
        "options": options,
        "complete": True,
        "counts": {
            "parts": parts,
            "rows": total.rows,
            "notes": total.notes,
            "bad_rows": len(total.bad),
            "sentences": total.sentences,
            "labels": {label: total.labels[label] for label in order},
            "unlabelled_sentences": total.unlabelled,
        },
    }
    write_text(folder / MANIFEST, json.dumps(manifest, indent=2) + "\n")
    shutil.rmtree(folder / _WORKING, ignore_errors=True)
    return manifest


def _label_parts(
    chunk: list[NoteRow],
    rows: Iterator[NoteRow],
    folder: Path,
    labeller: Annotator,
    file_format: Format,
    on_progress: Callable[[Progress], None] | None,
) -> tuple[_Part, int]:
    total = _Part()
    parts = 0
    while chunk:
        target = folder / "sentences" / f"part-{parts:05d}.{file_format}"
        state = folder / _WORKING / f"part-{parts:05d}.json"
        part = _read_state(state) if target.exists() else None
        if part is None:
            part = _label_rows(chunk, labeller)
            with _writing(folder):
                write_part(part.columns, target, file_format)
                write_text(state, json.dumps(_state(part)))
        parts += 1
        total.rows += part.rows
        total.notes += part.notes
        total.sentences += part.sentences
        total.unlabelled += part.unlabelled
        total.labels += part.labels
        total.bad += part.bad
        if on_progress is not None:
            on_progress(Progress(total.rows, total.sentences, len(total.bad)))
        chunk = list(islice(rows, PART_ROWS))
    return total, parts


def _label_rows(rows: list[NoteRow], labeller: Annotator) -> _Part:
    part = _Part(rows=len(rows))
    columns = part.columns
    for row in rows:
        if row.problem:
            part.bad.append({"row": row.row, "note_id": row.note_id, "reason": row.problem})
            continue
        part.notes += 1
        spans = split_sentences(row.text)
        sentences = [row.text[start:end] for start, end in spans]
        annotations = labeller.annotate(sentences, row.text)
        part.sentences += len(spans)
        columns["note_id"].extend([row.note_id] * len(spans))
        columns["sentence"].extend(range(len(spans)))
        columns["start"].extend(start for start, _ in spans)
        columns["end"].extend(end for _, end in spans)
        columns["text"].extend(sentences)
        for annotation in annotations:
            columns["labels"].append(list(annotation.labels))
            columns["label_source"].append(annotation.source)
            columns["confidence"].append(annotation.confidence)
            part.labels.update(annotation.labels)
            part.unlabelled += not annotation.labels
    return part


def _state(part: _Part) -> dict[str, Any]:
    return {
        "rows": part.rows,
        "notes": part.notes,
        "sentences": part.sentences,
        "unlabelled": part.unlabelled,
        "labels": dict(part.labels),
        "bad": part.bad,
    }


def _read_state(path: Path) -> _Part | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return _Part(**{**content, "labels": Counter(content["labels"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _digest(path: Path) -> str:
    if not path.is_file():
        raise InputDataError(f"{path}: no such file", "give the path of a CSV, JSONL or Parquet file")
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise InputDataError(
            f"{path}: cannot be read ({error.strerror})", "check that you may read it"
        ) from None


def _open_folder(folder: Path, options: dict[str, Any], overwrite: bool) -> dict[str, Any] | None:
    """Make the folder ready; return the manifest if these labels are all there already."""
    working = folder / _WORKING / "options.json"
    with _writing(folder):
        manifest = _read_json(folder / MANIFEST)
        begun = _read_json(working)
        if folder.is_dir() and any(folder.iterdir()) and manifest.get("kind") != _KIND and not begun:
            raise InputDataError(f"{folder}: holds something else", "choose another --out")
        known = manifest.get("options") or begun
        if known and known != options and not overwrite:
            raise InputDataError(
                f"{folder}: holds the labels of another file or of other options",
                "choose another --out, or --overwrite",
            )
        if overwrite:
            _clear(folder)
        elif manifest:
            return manifest
        (folder / "sentences").mkdir(parents=True, exist_ok=True)
        working.parent.mkdir(exist_ok=True)
        write_text(working, json.dumps(options))
    return None


def _clear(folder: Path) -> None:
    """Remove what an earlier run wrote, and nothing else."""
    (folder / MANIFEST).unlink(missing_ok=True)
    for name in ("sentences", _WORKING):
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / BAD_ROWS).unlink(missing_ok=True)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Turn a refusal of the file system into one clear line."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputDataError(
            f"{folder}: cannot be written ({reason})", "choose a folder that you may write to"
        ) from None
