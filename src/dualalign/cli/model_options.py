"""The options that say which language model to use: one object, the same for every command that takes one."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dualalign.errors import ModelError
from dualalign.files import parse_json

if TYPE_CHECKING:
    from dualalign.llm.choice import ModelChoice

PANEL = "Language model"
_REST = "model_option"


def _option(*names: str, shown: bool = True, **more: Any) -> Any:
    return typer.Option(*names, rich_help_panel=PANEL, hidden=not shown, **more)


_OPTIONS: dict[str, Any] = {
    "model": Annotated[
        str | None,
        _option(
            help="Name that the server knows; a folder or hub id for transformers, a GGUF file for llama-cpp."
        ),
    ],
    "base_url": Annotated[
        str | None,
        _option(
            "--model-base-url",
            "--base-url",
            help="Server of the chat-completions protocol, up to /v1: vLLM, Ollama, llama.cpp, Azure, OpenAI, a proxy.",
        ),
    ],
    _REST: Annotated[
        list[str] | None,
        _option(
            "-M",
            metavar="KEY=VALUE",
            help="Anything else, once or more: temperature, max_tokens, in_flight (the most requests at once), timeout "
            "(seconds for one reply), context (tokens, for models in this process), api_key_env (variable that holds "
            "the key), price_prompt and price_reply (US dollars per million tokens). Any other key goes into each "
            "request as it is, for example -M top_p=0.9; null leaves a key out.",
        ),
    ],
    "budget_usd": Annotated[
        float | None, _option(help="Stop cleanly when this many dollars are spent in this run.")
    ],
    "budget_tokens": Annotated[
        int | None, _option(help="Stop cleanly when this many tokens are used in this run.")
    ],
    "replay": Annotated[
        Path | None, _option(help="Recorded replies: a journal (.sqlite) or a table (.jsonl), for replay.")
    ],
    "dry_run": Annotated[
        bool, _option("--dry-run", help="Estimate calls and tokens, show three prompts, send nothing.")
    ],
    # What -M says too, under the earlier names.
    "model_path": Annotated[Path | None, _option(shown=False)],
    "api_key_env": Annotated[str | None, _option(shown=False)],
    "extra_body": Annotated[str | None, _option(shown=False)],
    "temperature": Annotated[float | None, _option(shown=False)],
    "max_tokens": Annotated[int | None, _option(shown=False)],
    "context": Annotated[int | None, _option(shown=False)],
    "in_flight": Annotated[int | None, _option(shown=False)],
    "timeout": Annotated[float | None, _option(shown=False)],
    "price_prompt": Annotated[float | None, _option(shown=False)],
    "price_reply": Annotated[float | None, _option(shown=False)],
}

_KINDS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("temperature", "timeout", "price_prompt", "price_reply", "budget_usd"), (int, float)),
    **dict.fromkeys(("max_tokens", "context", "in_flight", "budget_tokens"), (int,)),
    **dict.fromkeys(("model", "base_url", "model_path", "api_key_env", "replay"), (str,)),
}
_LEFT_OUT = ("temperature", "max_tokens")
"""Fields of a request that a null leaves out, as some models ask for."""


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """What a command was given about a language model.

    Args:
        values: fields of `ModelChoice` -> what was given for them; nothing else.
        dry_run: whether only to estimate.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    dry_run: bool = False

    def choice(self, backend: str) -> ModelChoice:
        """Return the choice that the options make.

        Args:
            backend: `llm`, `llama-cpp`, `transformers` or `replay`.

        Raises:
            ModelError: naming the option to change.
        """
        from dualalign.llm.choice import ModelChoice

        values = dict(self.values)
        if backend == "llama-cpp" and "model_path" not in values and "model" in values:
            values["model_path"] = Path(values.pop("model"))
        return ModelChoice(backend, **values)

    def refuse(self, used_instead: str, remedy: str, **more: object) -> None:
        """Refuse what was given where no model is asked.

        Args:
            used_instead: what does the work, in words.
            remedy: how to choose a model.
            more: options of the command that only a model heeds; None and False count as not given.

        Raises:
            ModelError: naming the first such option.
        """
        from dualalign.llm.choice import option_of

        asked = {"dry_run": self.dry_run, **more}
        # 0 equals False, and is given.
        given = [
            *self.values,
            *(name for name, value in asked.items() if value is not None and value is not False),
        ]
        if given:
            raise ModelError(
                f"{option_of(given[0])} has no effect with {used_instead}", f"leave it out, or {remedy}"
            )


def takes_model(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of a language model, which it receives as one `asked: ModelOptions`."""
    signature = inspect.signature(command, eval_str=True)
    own = [each for each in signature.parameters.values() if each.name != "asked"]
    added = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=False if name == "dry_run" else None,
            annotation=kind,
        )
        for name, kind in _OPTIONS.items()
    ]

    @wraps(command)
    def run(**values: Any) -> None:
        given = {name: values.pop(name) for name in _OPTIONS}
        command(**values, asked=read_options(**given))

    parameters = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own] + added
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    del run.__wrapped__
    return run


def read_options(
    model_option: Sequence[str] | None = None,
    extra_body: str | None = None,
    dry_run: bool = False,
    **flags: Any,
) -> ModelOptions:
    """Return what was given as one object.

    Args:
        model_option: `key=value` each; says more than a flag of the same name.
        extra_body: JSON as given.
        dry_run: whether only to estimate.
        flags: fields of `ModelChoice`, None where not given.

    Raises:
        ModelError: naming the option to change.
    """
    values = {name: value for name, value in flags.items() if value is not None}
    body = _json_object(extra_body)
    for each in model_option or ():
        key, separator, text = each.partition("=")
        name = key.strip().replace("-", "_")
        if not separator or not name:
            raise ModelError(f"-M {each} is not KEY=VALUE", "give one such as -M temperature=0.2")
        value = _json_or_text(text)
        if name not in _KINDS or (value is None and name in _LEFT_OUT):
            body[key.strip()] = value
            continue
        if _KINDS[name] == (str,):
            values[name] = Path(text) if name in ("model_path", "replay") else text
        elif isinstance(value, _KINDS[name]) and not isinstance(value, bool):
            values[name] = value
        else:
            kind = "a whole number" if _KINDS[name] == (int,) else "a number"
            raise ModelError(f"-M {name} is not {kind}", f"give one, such as -M {name}=1")
    return ModelOptions(values | ({"extra_body": body} if body else {}), dry_run)


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _json_object(text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    try:
        content = parse_json(text)
    except ValueError:
        raise ModelError("--extra-body is not JSON", "give an object such as '{\"top_p\": 0.9}'") from None
    if not isinstance(content, dict):
        raise ModelError("--extra-body is no JSON object", "give one such as '{\"top_p\": 0.9}'")
    return content
