"""What the `progress` commands read: data of any kind, models, and notes through an encoder."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from dualalign.cli.console import new_console

if TYPE_CHECKING:
    from dualalign.progression import LongitudinalData, NoteEncoder, ProgressionModel


def open_any(
    data: Path,
    mapping: str | None,
    encoder: NoteEncoder | None = None,
    with_text: bool = False,
    subjects: Sequence[str] | None = None,
) -> LongitudinalData:
    """Return the data at a place, whatever they are, with the meaning of their notes if an encoder is given."""
    from dualalign.progression import open_data

    with reading_sentences(encoder) as on_sentences:
        opened = open_data(data, mapping, with_text, encoder, on_sentences, subjects)
    for said in opened.left_out:
        print(f"{data}: left out: {said}", file=sys.stderr)
    return opened


def portions(
    data: Path, mapping: str | None, model: ProgressionModel, encoder: NoteEncoder | None
) -> Iterator[LongitudinalData]:
    """Yield the data a model predicts for, a MEDS folder some subjects at a time."""
    from dualalign.progression import load_mapping, load_schema, stream_meds, with_note_vectors
    from dualalign.progression.meds import SCHEMA_FILE
    from dualalign.progression.readers.open_data import is_meds

    if not is_meds(data):
        opened = open_any(data, mapping, encoder)
        model.check_schema(opened.schema)
        yield opened
        return
    chosen = None if mapping is None else load_mapping(mapping)
    # A folder that brings no schema is read with the model's, less what the encoder is yet to read.
    schema = model.schema if encoder is None else model.schema.before_encoder()
    if chosen is not None:
        schema = chosen.schema_of()
    elif (data / SCHEMA_FILE).is_file():
        schema = load_schema(data / SCHEMA_FILE)
    model.check_schema(schema if encoder is None else encoder.schema_with(schema))
    with reading_sentences(encoder) as on_sentences:
        for portion in stream_meds(data, chosen, schema):
            yield portion if encoder is None else with_note_vectors(portion, encoder, None, on_sentences)


def encoder_of(model: ProgressionModel, name: str | None, vectors: Path | None) -> NoteEncoder | None:
    """Return the encoder that a model reads notes through, found where the user says; None if nowhere."""
    from dualalign.progression import NoteEncoder

    _refuse_vectors_alone(name, vectors)
    return None if name is None else NoteEncoder.of(model.schema, name, vectors)


def new_encoder(name: str | None, vectors: Path | None) -> NoteEncoder | None:
    """Return an encoder for a model that is yet to be fitted."""
    from dualalign.progression import NoteEncoder

    _refuse_vectors_alone(name, vectors)
    return None if name is None else NoteEncoder(name, cache=vectors)


def _refuse_vectors_alone(name: str | None, vectors: Path | None) -> None:
    from dualalign.errors import ProgressionError

    if name is None and vectors is not None:
        raise ProgressionError(
            "--vectors has no effect without --encoder",
            "name the encoder whose vectors it keeps, or leave it out",
        )


def load(folder: Path, device: str = "cpu") -> ProgressionModel:
    """Return a saved model, ready to predict on a device."""
    from dualalign.progression import load_model

    return load_model(folder, device)  # type: ignore[arg-type]


def need_torch() -> None:
    """Refuse to go on without torch."""
    from importlib.util import find_spec

    from dualalign.errors import ProgressionError

    if find_spec("torch") is None:
        raise ProgressionError("torch is not installed", "pip install 'dualalign[progression]'")


@contextmanager
def reading_sentences(encoder: NoteEncoder | None) -> Iterator[Callable[[int], None] | None]:
    """Show how many sentences the encoder has read."""
    if encoder is None:
        yield None
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = new_console(stderr=True)
    with Progress(
        SpinnerColumn(),
        TextColumn("reading notes: {task.completed:,.0f} sentences"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task("sentences", total=None)
        yield lambda done: bar.update(task, completed=done)
