"""`dualalign label`: label the sentences of your own notes."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from dualalign.cli import model_options as options
from dualalign.cli.screen import screen
from dualalign.cli.unused_options import refuse_unused

DEFAULT_FOLDER = Path("silver")
RULES = "rules"
ASKING = "How a model is asked"

Scheme = Annotated[
    str | None,
    typer.Option(help="Label scheme of the pack, for a model; the pack's default.", rich_help_panel=ASKING),
]
Votes = Annotated[
    int, typer.Option(help="Answers per sentence; what most say stands.", rich_help_panel=ASKING)
]
SecondPass = Annotated[
    bool,
    typer.Option("--second-pass", help="Each answer goes back once, to be checked.", rich_help_panel=ASKING),
]
PerRequest = Annotated[
    int, typer.Option(help="Sentences of one note per request, at most.", rich_help_panel=ASKING)
]
Seed = Annotated[int, typer.Option(help="Of the first vote.", rich_help_panel=ASKING)]
Choose = Annotated[
    str,
    typer.Option(
        help="Whose labels to use where a model labels too: llm, rules, adjudicated; all are written.",
        rich_help_panel=ASKING,
    ),
]
PublicHost = Annotated[
    bool,
    typer.Option(
        "--send-real-text-to-public-host",
        help="Allow a server outside this machine and its network to see the notes.",
        rich_help_panel=options.PANEL,
    ),
]
NoJournal = Annotated[
    bool,
    typer.Option(
        "--no-journal", help="Keep no replies; a killed run asks again.", rich_help_panel=options.PANEL
    ),
]


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
    annotator: Annotated[
        str, typer.Option(help="rules, or a language model: llm (a server), llama-cpp, transformers, replay.")
    ] = RULES,
    id_column: Annotated[
        str | None,
        typer.Option("--id-column", help="Column that names the note; the row's number if not given."),
    ] = None,
    file_format: Annotated[str, typer.Option("--format", help="parquet, jsonl or csv.")] = "parquet",
    near_duplicates: Annotated[
        float | None,
        typer.Option(help="Leave out sentences at least this similar (0 to 1) to an earlier one."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what lies in the folder.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no summary.")] = False,
    scheme: Scheme = None,
    votes: Votes = 1,
    second_pass: SecondPass = False,
    sentences_per_request: PerRequest = 8,
    seed: Seed = 0,
    choose: Choose = "llm",
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
    send_real_text_to_public_host: PublicHost = False,
    no_journal: NoJournal = False,
    dry_run: options.DryRun = False,
) -> None:
    """Split your notes into sentences and label each, by the pack's rules or by a language model beside them.

    With the rules nothing leaves this machine; with a model, the notes go to the server you name and nowhere else.
    Rows that cannot be labelled are kept aside in bad_rows.jsonl, by number. No note text is ever printed.
    A run that was killed goes on where it stopped: give the same command again.
    """

    from dualalign.cli.label_display import LabelProgress, show_counts, show_estimate
    from dualalign.labels.asking import Asking
    from dualalign.labels.label_estimate import estimate_labels
    from dualalign.labels.model_source import model_source
    from dualalign.labels.silver import label_file
    from dualalign.packs import load_pack

    console = screen(stderr=True, quiet=quiet, soft_wrap=True)
    loaded = load_pack(pack)
    values = options.given(locals())
    started = time.perf_counter()
    with LabelProgress(console) as progress:
        source = None
        if annotator == RULES:
            more = {"scheme": scheme, "extra_body": extra_body, "second_pass": second_pass}
            refuse_unused(
                {**values, **more, "votes": None if votes == 1 else votes, "dry_run": dry_run},
                "the rules",
                "choose --annotator llm, llama-cpp, transformers or replay",
            )
        else:
            choice = options.model_choice(annotator, extra_body, **values)
            asking = Asking(
                votes,
                second_pass,
                temperature,
                seed,
                sentences=sentences_per_request,
                max_tokens=max_tokens,
            )
            if dry_run:
                show_estimate(
                    screen(soft_wrap=True),
                    estimate_labels(notes, text_column, loaded, scheme, asking),
                    choice.prices,
                )
                return
            source = model_source(
                choice,
                loaded,
                scheme,
                asking,
                choose,
                not no_journal,
                send_real_text_to_public_host,
                progress.of_model,
            )
        manifest = label_file(
            notes,
            text_column,
            out,
            loaded,
            id_column=id_column,
            file_format=file_format,  # type: ignore[arg-type]  # checked there, with one clear line
            overwrite=overwrite,
            on_progress=progress.of_rows,
            model=source,
            near_duplicates=near_duplicates,
        )
    show_counts(console, manifest, out, time.perf_counter() - started)
    progress.show_model(not no_journal)
