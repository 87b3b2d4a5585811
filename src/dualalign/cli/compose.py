"""`dualalign compose`: sentences written for a label alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dualalign.cli import model_options as options
from dualalign.cli.console import new_console, print_led
from dualalign.cli.model_run import PASSAGES

if TYPE_CHECKING:
    from rich.console import Console

    from dualalign.labels.composing import Composing
    from dualalign.llm.choice import ModelChoice
    from dualalign.packs.pack import Pack

DEFAULT_FOLDER = Path("bronze")
ASKING = "How a model is asked"
EXAMPLE = "Example: dualalign compose alzheimers --per-label 500 -o bronze"


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("compose", epilog=EXAMPLE)(options.takes_model(compose))


def compose(
    pack: Annotated[str, typer.Argument(help="Name of a pack or a pack's folder.")],
    per_label: Annotated[int, typer.Option("--per-label", help="Sentences for each label.")] = 500,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder the sentences go to.")] = DEFAULT_FOLDER,
    writer: Annotated[
        str,
        typer.Option(
            help="passages (no model), or a language model: llm (a server), llama-cpp, transformers, replay."
        ),
    ] = PASSAGES,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 0,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the bronze set in the folder.")
    ] = False,
    scheme: Annotated[
        str | None,
        typer.Option(
            help="Label scheme of the pack, for a model; the pack's default.", rich_help_panel=ASKING
        ),
    ] = None,
    per_request: Annotated[
        int, typer.Option("--per-request", help="Sentences asked for at a time.", rich_help_panel=ASKING)
    ] = 8,
    near_duplicates: Annotated[
        float | None,
        typer.Option(
            help="Similarity (0 to 1) from which a sentence repeats a kept one; 0.7 if not given.",
            rich_help_panel=ASKING,
        ),
    ] = None,
    check_labels: Annotated[
        bool,
        typer.Option(
            help="Refuse sentences in which the rules see other labels only.", rich_help_panel=ASKING
        ),
    ] = True,
    most_requests: Annotated[
        int | None,
        typer.Option(help="Per label; four times the fewest if not given.", rich_help_panel=ASKING),
    ] = None,
    *,
    asked: options.ModelOptions,
) -> None:
    """Write unaligned sentences from label definitions: the bronze set that alignment is compared with."""
    from dualalign.labels.composing import Composing
    from dualalign.labels.near_duplicates import THRESHOLD
    from dualalign.packs import load_pack

    console = new_console(stderr=True, soft_wrap=True)
    loaded = load_pack(pack)
    if writer == PASSAGES:
        asked.refuse(
            "the embedded writer",
            "choose --writer llm, llama-cpp, transformers or replay",
            scheme=scheme,
            near_duplicates=near_duplicates,
            most_requests=most_requests,
        )
        _compose_from_passages(console, loaded, per_label, out, seed, overwrite)
        return
    choice = asked.choice(writer)
    composing = Composing(
        per_label,
        seed,
        per_request,
        1.0 if choice.temperature is None else choice.temperature,
        THRESHOLD if near_duplicates is None else near_duplicates,
        check_labels,
        most_requests,
        choice.max_tokens,
    )
    if asked.dry_run:
        _show_estimate(new_console(soft_wrap=True), loaded, composing, scheme)
        return
    _compose_by_model(console, loaded, out, overwrite, choice, composing, scheme)


def _compose_from_passages(
    console: Console, pack: Pack, per_label: int, out: Path, seed: int, overwrite: bool
) -> None:
    from rich.progress import track

    from dualalign.cohort.sentence_set import write_bronze
    from dualalign.notes.compose import compose_sentences

    made_by = {"pack": pack.id, "pack_fingerprint": pack.fingerprint, "per_label": per_label, "seed": seed}
    sentences = track(
        compose_sentences(pack, per_label, seed),
        "composing",
        total=max(per_label, 0) * len(pack.labels.scheme().labels),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    _show_counts(console, out, write_bronze(sentences, out, made_by, overwrite))


def _compose_by_model(
    console: Console,
    pack: Pack,
    out: Path,
    overwrite: bool,
    choice: ModelChoice,
    composing: Composing,
    scheme: str | None,
) -> None:
    from rich.progress import Progress

    from dualalign.cohort.bronze_by_model import compose_by_model
    from dualalign.errors import LabelError

    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("composing", total=None)
        manifest = compose_by_model(
            choice,
            pack,
            out,
            composing,
            scheme,
            overwrite,
            lambda kept, model: progress.update(
                task,
                completed=kept,
                description=f"composing: {kept:,} kept, {model.statistics.replied:,} replies",
            ),
        )
    _show_counts(console, out, manifest)
    if not manifest["counts"]["sentences"]:
        raise LabelError(
            "no sentence was kept", "put right what is told above and run again with --overwrite"
        )


def _show_counts(console: Console, out: Path, manifest: dict[str, Any]) -> None:
    from dualalign.errors import LabelError

    counts = manifest["counts"]
    print_led(console, out, f": {counts['sentences']:,} sentences")
    for label, count in counts["labels"].items():
        console.print(f"  {label:<18}{count:>9,}")
    for label, each in counts.get("asked", {}).items():
        refused = ", ".join(f"{count:,} {reason}" for reason, count in each["refused"].items())
        console.print(
            f"{label}: {each['received']:,} received in {each['requests']:,} requests, {each['kept']:,} kept; "
            f"refused {refused or 'none'}",
        )
    for label, why in counts.get("shortfalls", {}).items():
        console.print(f"{label} falls short: {why}")
    for reason, count in counts.get("failed_requests", {}).items():
        console.print(f"{count:,} requests failed: {reason}")
    if not counts["sentences"]:
        raise LabelError(
            f"{out}: no sentence was kept", "see why above, and use another model or other options"
        )


def _show_estimate(console: Console, pack: Pack, composing: Composing, scheme: str | None) -> None:
    from dualalign.labels.compose_estimate import estimate_composing

    found = estimate_composing(pack, composing, scheme)
    console.print(
        f"{found.requests:,} requests if every sentence is kept, {found.most_requests:,} at most; about "
        f"{found.prompt_tokens:,} prompt and {found.reply_tokens:,} reply tokens for the former; nothing was sent"
    )
    for number, prompt in enumerate(found.prompts, 1):
        console.print(f"\n--- prompt {number} ---\n{prompt}", highlight=False)
