"""Data to label: label the sentences of anyone's notes and write them as a silver set."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dualalign
from dualalign.errors import DualAlignError, InputDataError, LabelError
from dualalign.files import check_file, file_kind, refusals_said, sole_run, write_text
from dualalign.labels.adjudication import SOURCE as ADJUDICATED
from dualalign.labels.annotation import Annotator, NotesAnnotator
from dualalign.labels.near_duplicates import NearDuplicates
from dualalign.labels.note_rows import NoteRow, read_note_rows
from dualalign.labels.part_labels import Part, PartLabeller, read_state
from dualalign.labels.rules import RulesAnnotator
from dualalign.labels.several_sources import settle_sources
from dualalign.labels.silver_folder import (
    BAD_ROWS,
    KIND,
    MANIFEST,
    WORKING,
    digest_of,
    digests_of,
    leave_nothing,
    make_ready,
    open_folder,
)
from dualalign.labels.silver_parts import FORMATS, Format, write_part

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack

PART_ROWS = 1000
"""Rows of the input per part file; what a killed run may lose."""


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


@dataclass(frozen=True, slots=True)
class ModelSource:
    """A language model that labels beside the rules, opened once the folder is ready for its journal.

    Args:
        source: its name in the columns.
        options: what makes its labels; a run goes on only with the same.
        open: the folder -> the annotator, closed on leaving.
        choose: whose labels stand in `labels`: the model's, `rules`, or `adjudicated`.
        beside_rules: whether the rules label too; they know one scheme only.
        scheme: id of the label scheme, the pack's default one if None.
        part_rows: rows of the input per part.
    """

    source: str
    options: Mapping[str, Any]
    open: Callable[[Path], AbstractContextManager[NotesAnnotator]]
    choose: str
    beside_rules: bool = True
    scheme: str | None = None
    part_rows: int = PART_ROWS

    def __post_init__(self) -> None:
        known = (self.source, "rules", ADJUDICATED) if self.beside_rules else (self.source,)
        if self.choose not in known:
            raise LabelError(f"no source is called '{self.choose}'", f"choose {', '.join(known)}")


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
    model: ModelSource | None = None,
    near_duplicates: float | None = None,
) -> dict[str, Any]:
    """Split and label every note of a file; an interrupted run resumes.

    Writes `sentences/part-*.parquet` (or .jsonl, .csv) with note_id, sentence, start, end, text, labels,
    label_source and confidence; `bad_rows.jsonl` with the row number, id and reason of each row kept aside, never
    its text; and `manifest.json` with counts, last. Start and end count characters of the note. With a model, each
    source has columns of its own besides (`rules_labels`, `llm_labels`, `adjudicated_labels`, ...).

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
        model: a language model that labels as well.
        near_duplicates: similarity (0 to 1) from which a sentence that repeats an earlier one is left out; None
            keeps all.

    Returns:
        The manifest.

    Raises:
        InputDataError: the file cannot be read, holds no note that can be labelled, or the folder cannot be used.
        ModelError: the model cannot be used; replies so far are in its journal.
    """
    source, folder = Path(path), Path(out)
    file_kind(source)
    check_file(source)
    if file_format not in FORMATS:
        raise InputDataError(f"'{file_format}' is no format of sentences", f"use one of {', '.join(FORMATS)}")
    duplicates = None if near_duplicates is None else NearDuplicates(near_duplicates)
    part_rows = model.part_rows if model else PART_ROWS
    sources: list[Annotator | NotesAnnotator] = []
    if annotator or model is None or model.beside_rules:
        sources.append(annotator or RulesAnnotator(pack, model.scheme if model else None))
    options: dict[str, Any] = {
        "pack": pack.id,
        "pack_fingerprint": pack.fingerprint,
        "annotator": model.source if model else sources[0].source,
        "text_column": text_column,
        "id_column": id_column,
        "format": file_format,
        "input_sha256": digest_of(source),
        "part_rows": part_rows,
        "software": dualalign.__version__,
    }
    if model is not None:
        options["model"] = {**model.options, "choose": model.choose}
    if duplicates is not None:
        options["near_duplicates"] = near_duplicates
    rows = read_note_rows(source, text_column, id_column)
    # Read before the folder is made, so that a wrong column leaves nothing behind.
    first = list(islice(rows, part_rows))
    if not first:
        raise InputDataError(f"{source}: holds no rows", "give a file that holds notes")
    with sole_run(folder, InputDataError, private=True):
        done = open_folder(folder, options, overwrite)
        if done is not None:
            return done
        if not overwrite:
            make_ready(folder, options, False)
        run = _Run(folder, file_format, part_rows, on_progress, options if overwrite else None)
        try:
            with model.open(folder) if model else nullcontext() as opened:
                sources += [opened] if opened else []
                run.label(PartLabeller(sources, model is not None, duplicates), first, rows)
        except DualAlignError:
            if not run.parts and not overwrite:
                leave_nothing(folder)
            raise
        total = run.total
        if not total.notes:
            leave_nothing(folder)
            reasons = Counter(bad["reason"] for bad in total.bad)
            raise InputDataError(
                f"{source}: none of its {total.rows} rows can be labelled; row 1: {total.bad[0]['reason']}",
                f"correct the column '{text_column}' ({', '.join(f'{n} x {why}' for why, n in reasons.most_common(3))})",
            )
        labels = [label.id for label in pack.labels.scheme(model.scheme if model else None).labels]
        manifest = _manifest(options, total, len(run.parts), labels)
        if model is not None:
            names = [each.source for each in sources]
            with refusals_said(folder, InputDataError):
                chosen, manifest["agreement"] = settle_sources(
                    run.parts, names, labels, model.choose, file_format
                )
            manifest["counts"] |= _label_counts(chosen, labels)
        if duplicates is not None:
            manifest["counts"]["near_duplicates"] = total.near_duplicates
        with refusals_said(folder, InputDataError):
            manifest["digests"] = digests_of(finished for _, finished in run.parts)
            write_text(folder / BAD_ROWS, "".join(json.dumps(bad) + "\n" for bad in total.bad), private=True)
            write_text(folder / MANIFEST, json.dumps(manifest, indent=2) + "\n", private=True)
        shutil.rmtree(folder / WORKING, ignore_errors=True)
        return manifest


def _manifest(options: dict[str, Any], total: Part, parts: int, labels: Sequence[str]) -> dict[str, Any]:
    return {
        "contains_real_text": True,
        "kind": KIND,
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
            **_label_counts(total, labels),
        },
    }


def _label_counts(part: Part, labels: Sequence[str]) -> dict[str, Any]:
    return {
        "labels": {label: part.labels[label] for label in labels},
        "unlabelled_sentences": part.unlabelled,
    }


class _Run:
    """The parts of one run, labelled or found done, in order."""

    def __init__(
        self,
        folder: Path,
        file_format: Format,
        part_rows: int,
        on_progress: Callable[[Progress], None] | None,
        replacing: dict[str, Any] | None,
    ) -> None:
        self._replacing = replacing
        self.total = Part()
        self.parts: list[tuple[Path, Path]] = []
        self._folder = folder
        self._format = file_format
        self._part_rows = part_rows
        self._on_progress = on_progress

    def label(self, labeller: PartLabeller, chunk: list[NoteRow], rows: Iterator[NoteRow]) -> None:
        while chunk:
            name = f"part-{len(self.parts):05d}"
            finished = self._folder / "sentences" / f"{name}.{self._format}"
            # What is chosen among several sources depends on all parts, so they wait as Parquet.
            waits = labeller.own_columns
            target = self._folder / WORKING / f"{name}.parquet" if waits else finished
            state = self._folder / WORKING / f"{name}.json"
            part = None
            if self._replacing is None and target.is_file():
                part = read_state(state, digest_of(target))
            if part is None:
                part = labeller.label(chunk)
                if self._replacing is not None:
                    make_ready(self._folder, self._replacing, True)
                    self._replacing = None
                with refusals_said(self._folder, InputDataError):
                    write_part(part.columns, target, "parquet" if waits else self._format)
                    write_text(state, part.state(digest_of(target)), private=True)
            else:
                labeller.skip(chunk)
            self.parts.append((target, finished))
            self.total.add(part)
            if self._on_progress is not None:
                total = self.total
                self._on_progress(Progress(total.rows, total.sentences, len(total.bad)))
            chunk = list(islice(rows, self._part_rows))
