"""The options that say which language model to use, the same for every command that takes one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dualalign.errors import ModelError
from dualalign.files import parse_json

if TYPE_CHECKING:
    from dualalign.llm.choice import ModelChoice

PANEL = "Language model"

BaseUrl = Annotated[
    str | None,
    typer.Option(
        help="Server of the chat-completions protocol, up to /v1: vLLM, Ollama, llama.cpp, Azure, OpenAI, a proxy.",
        rich_help_panel=PANEL,
    ),
]
Model = Annotated[
    str | None,
    typer.Option(
        help="Name that the server knows; for transformers, a folder or a hub id.", rich_help_panel=PANEL
    ),
]
ModelPath = Annotated[Path | None, typer.Option(help="A GGUF file, for llama-cpp.", rich_help_panel=PANEL)]
ApiKeyEnv = Annotated[
    str,
    typer.Option(
        help="Environment variable that holds the key; none is sent if it is not set.", rich_help_panel=PANEL
    ),
]
ExtraBody = Annotated[
    str | None,
    typer.Option(
        help="JSON merged into each request, for example '{\"top_p\": 0.9}'; null leaves a key out.",
        rich_help_panel=PANEL,
    ),
]
Temperature = Annotated[float | None, typer.Option(help="0 to 2.", rich_help_panel=PANEL)]
MaxTokens = Annotated[int | None, typer.Option(help="Longest reply, in tokens.", rich_help_panel=PANEL)]
Context = Annotated[
    int,
    typer.Option(
        help="Tokens of prompt and reply together, for models in this process.", rich_help_panel=PANEL
    ),
]
InFlight = Annotated[
    int | None,
    typer.Option(help="Most requests at once; fewer are sent where more do not pay.", rich_help_panel=PANEL),
]
Timeout = Annotated[float, typer.Option(help="Seconds for one reply.", rich_help_panel=PANEL)]
PricePrompt = Annotated[
    float | None,
    typer.Option(
        help="US dollars per million prompt tokens; cost stays unknown without.", rich_help_panel=PANEL
    ),
]
PriceReply = Annotated[
    float | None, typer.Option(help="US dollars per million reply tokens.", rich_help_panel=PANEL)
]
BudgetUsd = Annotated[
    float | None,
    typer.Option(help="Stop cleanly when so many dollars are spent in this run.", rich_help_panel=PANEL),
]
BudgetTokens = Annotated[
    int | None,
    typer.Option(help="Stop cleanly when so many tokens are used in this run.", rich_help_panel=PANEL),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        help="Estimate calls and tokens, show three prompts, send nothing.",
        rich_help_panel=PANEL,
    ),
]
Replay = Annotated[
    Path | None,
    typer.Option(
        help="Recorded replies: a journal (.sqlite) or a table (.jsonl), for replay.", rich_help_panel=PANEL
    ),
]


def given(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a command was given for the fields of `ModelChoice`, as `model_choice` takes it.

    Args:
        arguments: the command's `locals()`. The context of Typer does not do: its paths are plain text.
    """
    from dualalign.llm.choice import ModelChoice

    apart = ("backend", "extra_body")
    return {each.name: arguments[each.name] for each in fields(ModelChoice) if each.name not in apart}


def model_choice(backend: str, extra_body: str | None = None, **values: Any) -> ModelChoice:
    """Return the choice that a command's options make.

    Args:
        backend: `llm`, `llama-cpp`, `transformers` or `replay`.
        extra_body: JSON as given.
        values: the other options, by the names of `ModelChoice`'s fields.

    Raises:
        ModelError: naming the option to change.
    """
    from dualalign.llm.choice import ModelChoice

    return ModelChoice(backend, extra_body=_json_object(extra_body), **values)


def _json_object(text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    try:
        content = parse_json(text)
    except ValueError as error:
        raise ModelError(
            f"--extra-body is not JSON ({error})", "give an object such as '{\"top_p\": 0.9}'"
        ) from None
    if not isinstance(content, dict):
        raise ModelError("--extra-body is no JSON object", "give one such as '{\"top_p\": 0.9}'")
    return content
