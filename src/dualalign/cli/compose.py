"""`dualalign compose`: sentences written for a label alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DEFAULT_FOLDER = Path("bronze")


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("compose")(compose)


def compose(
    pack: Annotated[str, typer.Argument(help="Name of a pack or a pack's folder.")],
    per_label: Annotated[int, typer.Option("--per-label", help="Sentences for each label.")] = 500,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder the sentences go to.")] = DEFAULT_FOLDER,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 0,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the bronze set in the folder.")
    ] = False,
) -> None:
    """Write unaligned sentences from label definitions: the bronze set that alignment is compared with."""
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import track

    from dualalign.cohort.sentence_set import write_bronze
    from dualalign.errors import WriterError
    from dualalign.notes.compose import compose_sentences
    from dualalign.packs import load_pack

    if seed < 0:
        raise WriterError(f"seed is {seed}", "give a whole number of at least 0")
    console = Console(stderr=True, soft_wrap=True)
    loaded = load_pack(pack)
    total = max(per_label, 0) * len(loaded.labels.scheme().labels)
    sentences = track(
        compose_sentences(loaded, per_label, seed),
        "composing",
        total=total,
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    options = {
        "pack": loaded.id,
        "pack_fingerprint": loaded.fingerprint,
        "per_label": per_label,
        "seed": seed,
    }
    manifest = write_bronze(sentences, out, options, overwrite)
    console.print(f"[bold]{escape(str(out))}[/bold]: {manifest['counts']['sentences']:,} sentences")
    for label, count in manifest["counts"]["labels"].items():
        console.print(f"  {label:<18}{count:>9,}")
