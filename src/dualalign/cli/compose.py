"""`dualalign compose`: sentences written for a label alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dualalign.cli import model_options as options
from dualalign.cli.screen import screen, strong
from dualalign.cli.unused_options import refuse_unused

if TYPE_CHECKING:
    from rich.console import Console

    from dualalign.labels.composing import Composing
    from dualalign.llm.choice import ModelChoice
    from dualalign.packs.pack import Pack

DEFAULT_FOLDER = Path("bronze")
GRAMMAR = "grammar"
ASKING = "How a model is asked"


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("compose")(compose)


def compose(
    pack: Annotated[str, typer.Argument(help="Name of a pack or a pack's folder.")],
    per_label: Annotated[int, typer.Option("--per-label", help="Sentences for each label.")] = 500,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder the sentences go to.")] = DEFAULT_FOLDER,
    writer: Annotated[
        str,
        typer.Option(help="grammar, or a language model: llm (a server), llama-cpp, transformers, replay."),
    ] = GRAMMAR,
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
    base_url: options.BaseUrl = None,
    model: options.Model = None,
    model_path: options.ModelPath = None,
    api_key_env: options.ApiKeyEnv = "OPENAI_API_KEY",
    extra_body: options.ExtraBody = None,
    temperature: options.Temperature = None,
    max_tokens: options.MaxTokens = None,
    context: options.Context = 8192,
    in_flight: options.InFlight = None,
    timeout: options.Timeout = 600.0,
    price_prompt: options.PricePrompt = None,
    price_reply: options.PriceReply = None,
    budget_usd: options.BudgetUsd = None,
    budget_tokens: options.BudgetTokens = None,
    replay: options.Replay = None,
    dry_run: options.DryRun = False,
) -> None:
    """Write unaligned sentences from label definitions: the bronze set that alignment is compared with."""

    from dualalign.labels.composing import Composing
    from dualalign.labels.near_duplicates import THRESHOLD
    from dualalign.packs import load_pack

    console = screen(stderr=True, soft_wrap=True)
    loaded = load_pack(pack)
    values = options.given(locals())
    if writer == GRAMMAR:
        more = {"extra_body": extra_body, "scheme": scheme, "near_duplicates": near_duplicates}
        refuse_unused(
            {**values, **more, "most_requests": most_requests, "dry_run": dry_run},
            "the grammar",
            "choose --writer llm, llama-cpp, transformers or replay",
        )
        _compose_by_grammar(console, loaded, per_label, out, seed, overwrite)
        return
    choice = options.model_choice(writer, extra_body, **values)
    composing = Composing(
        per_label,
        seed,
        per_request,
        1.0 if temperature is None else temperature,
        THRESHOLD if near_duplicates is None else near_duplicates,
        check_labels,
        most_requests,
        max_tokens,
    )
    if dry_run:
        _show_estimate(screen(soft_wrap=True), loaded, composing, scheme)
        return
    _compose_by_model(console, loaded, out, overwrite, choice, composing, scheme)


def _compose_by_grammar(
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


def _show_counts(console: Console, out: Path, manifest: dict[str, Any]) -> None:
    counts = manifest["counts"]
    console.print(strong(out), f": {counts['sentences']:,} sentences", sep="")
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


def _show_estimate(console: Console, pack: Pack, composing: Composing, scheme: str | None) -> None:
    from dualalign.labels.compose_estimate import estimate_composing

    found = estimate_composing(pack, composing, scheme)
    console.print(
        f"{found.requests:,} requests if every sentence is kept, {found.most_requests:,} at most; about "
        f"{found.prompt_tokens:,} prompt and {found.reply_tokens:,} reply tokens for the former; nothing was sent"
    )
    for number, prompt in enumerate(found.prompts, 1):
        console.print(f"\n--- prompt {number} ---\n{prompt}", highlight=False)
