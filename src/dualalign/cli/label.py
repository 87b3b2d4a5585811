"""`dualalign label`: label the sentences of your own notes."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from dualalign.cli import model_options as options
from dualalign.cli.console import new_console

DEFAULT_FOLDER = Path("silver")
RULES = "rules"
ASKING = "How a model is asked"

Scheme = Annotated[
    str | None,
    typer.Option(
        help="Label scheme of the pack, for a model; the pack's default if not given.", rich_help_panel=ASKING
    ),
]
Votes = Annotated[
    int, typer.Option(help="Answers per sentence; the majority decides.", rich_help_panel=ASKING)
]
SecondPass = Annotated[
    bool,
    typer.Option("--second-pass", help="Have the model check each answer once.", rich_help_panel=ASKING),
]
PerRequest = Annotated[
    int, typer.Option(help="Most sentences of one note per request.", rich_help_panel=ASKING)
]
Seed = Annotated[int, typer.Option(help="Seed of the first vote.", rich_help_panel=ASKING)]
Choose = Annotated[
    str,
    typer.Option(
        help="Whose labels to use if a model labels too: llm, rules or adjudicated; all are written.",
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
        "--no-journal", help="Keep no replies; an interrupted run asks again.", rich_help_panel=options.PANEL
    ),
]
EXAMPLE = "Example: dualalign label notes.csv --text-column text --id-column note_id -o silver"


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("label", epilog=EXAMPLE)(options.takes_model(label))


def label(
    notes: Annotated[
        Path, typer.Argument(help="CSV, JSONL (also .gz) or Parquet file with one note per row.")
    ],
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
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the labels in the folder.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no summary.")] = False,
    scheme: Scheme = None,
    votes: Votes = 1,
    second_pass: SecondPass = False,
    sentences_per_request: PerRequest = 8,
    seed: Seed = 0,
    choose: Choose = "llm",
    send_real_text_to_public_host: PublicHost = False,
    no_journal: NoJournal = False,
    *,
    asked: options.ModelOptions,
) -> None:
    """Split your notes into sentences and label each, by the pack's rules or by a language model beside them.

    With the rules nothing leaves this machine; with a model, the notes go to the server you name and nowhere else.
    Rows that cannot be labelled are listed in bad_rows.jsonl by number. No note text is ever printed.
    An interrupted run resumes: give the same command again.
    """
    from dualalign.cli.label_display import LabelProgress, show_counts, show_estimate
    from dualalign.labels.asking import Asking
    from dualalign.labels.label_estimate import estimate_labels
    from dualalign.labels.model_source import model_source
    from dualalign.labels.silver import label_file
    from dualalign.packs import load_pack

    console = new_console(stderr=True, quiet=quiet, soft_wrap=True)
    loaded = load_pack(pack)
    started = time.perf_counter()
    with LabelProgress(console) as progress:
        source = None
        if annotator == RULES:
            asked.refuse(
                "the rules",
                "choose --annotator llm, llama-cpp, transformers or replay",
                scheme=scheme,
                second_pass=second_pass,
                votes=None if votes == 1 else votes,
            )
        else:
            choice = asked.choice(annotator)
            asking = Asking(
                votes,
                second_pass,
                choice.temperature,
                seed,
                sentences=sentences_per_request,
                max_tokens=choice.max_tokens,
            )
            if asked.dry_run:
                show_estimate(
                    new_console(soft_wrap=True),
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
