"""`dualalign label`: label the sentences of your own notes."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

DEFAULT_FOLDER = Path("silver")


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("label")(label)


def label(
    notes: Annotated[Path, typer.Argument(help="CSV, JSONL (also .gz) or Parquet file with one note a row.")],
    text_column: Annotated[str, typer.Option("--text-column", "-t", help="Column that holds the note.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder the labels go to.")] = DEFAULT_FOLDER,
    pack: Annotated[
        str, typer.Option("--pack", "-p", help="Name of a pack or a pack's folder.")
    ] = "alzheimers",
    id_column: Annotated[
        str | None,
        typer.Option("--id-column", help="Column that names the note; the row's number if not given."),
    ] = None,
    file_format: Annotated[str, typer.Option("--format", help="parquet, jsonl or csv.")] = "parquet",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what lies in the folder.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no summary.")] = False,
) -> None:
    """Split your notes into sentences and label each by the pack's rules. Nothing leaves this machine.

    Rows that cannot be labelled are kept aside in bad_rows.jsonl, by number. No note text is ever printed.
    A run that was killed goes on where it stopped: give the same command again.
    """
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from dualalign.labels.silver import Progress as Done
    from dualalign.labels.silver import label_file
    from dualalign.packs import load_pack

    console = Console(stderr=True, quiet=quiet, soft_wrap=True)
    started = time.perf_counter()
    columns = (
        SpinnerColumn(),
        TextColumn("labelling: {task.completed:,.0f} rows, {task.fields[sentences]:,} sentences"),
        TimeElapsedColumn(),
    )
    progress = Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal)
    task = progress.add_task("rows", total=None, sentences=0)

    def show(done: Done) -> None:
        progress.start()
        progress.update(task, completed=done.rows, sentences=done.sentences)

    try:
        manifest = label_file(
            notes,
            text_column,
            out,
            load_pack(pack),
            id_column=id_column,
            file_format=file_format,  # type: ignore[arg-type]  # checked there, with one clear line
            overwrite=overwrite,
            on_progress=show,
        )
    finally:
        progress.stop()
    counts = manifest["counts"]
    seconds = time.perf_counter() - started
    console.print(
        f"[bold]{out}[/bold]: {counts['notes']:,} notes, {counts['sentences']:,} sentences in {seconds:.1f} s"
    )
    for name, count in counts["labels"].items():
        console.print(f"  {name:<18}{count:>9,} sentences")
    console.print(f"  {'no label':<18}{counts['unlabelled_sentences']:>9,} sentences")
    if counts["bad_rows"]:
        console.print(
            f"{counts['bad_rows']:,} rows could not be labelled: {out}/bad_rows.jsonl says which and why"
        )
