"""Which language model a run uses and how, checked before anything is loaded or sent."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dualalign.errors import ModelError
from dualalign.llm.budget import Budget
from dualalign.llm.client import LanguageModel
from dualalign.llm.hosts import checked_url
from dualalign.llm.journal import Journal
from dualalign.llm.request import Prices

if TYPE_CHECKING:
    from dualalign.llm.backend import Backend

BACKENDS = ("llm", "llama-cpp", "transformers", "replay")
"""`llm` is any server of the chat-completions protocol; the next two run in this process; `replay` asks nobody."""

_USED_BY = {
    "base_url": ("llm",),
    "extra_body": ("llm",),
    "price_prompt": ("llm",),
    "price_reply": ("llm",),
    "model_path": ("llama-cpp",),
    "replay": ("replay",),
}
_BY_KEY = (
    "temperature",
    "max_tokens",
    "context",
    "in_flight",
    "timeout",
    "price_prompt",
    "price_reply",
    "api_key_env",
)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MOST_IN_FLIGHT = 2048
_IN_FLIGHT = 256
_BATCH = 8


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A language model and what may be spent on it.

    Args:
        backend: one of `BACKENDS`.
        base_url: of the server, up to and including `/v1`; for `llm`.
        model: name the server knows, or a folder or hub id for `transformers`; for `replay`, the name that the
            replies were recorded under, where a journal holds those of several.
        model_path: a GGUF file; for `llama-cpp`.
        api_key_env: name of the environment variable that holds the key; never the key.
        extra_body: merged into every request's body; for `llm`.
        temperature: 0 to 2; None takes the caller's.
        max_tokens: longest reply; None takes the caller's.
        context: tokens of prompt and reply together, for models in this process.
        in_flight: most requests at once; None takes the backend's.
        timeout: seconds for one reply.
        price_prompt: US dollars per million prompt tokens; None leaves costs unknown.
        price_reply: the same for replies.
        budget_usd: dollars that may be spent in this run, None for no limit.
        budget_tokens: tokens, the same.
        replay: a journal (`.sqlite`) or a table of replies (`.jsonl`); for `replay`.

    Raises:
        ModelError: something is missing, out of range or without effect for this backend; names the option to change.
    """

    backend: str
    base_url: str | None = None
    model: str | None = None
    model_path: Path | None = None
    api_key_env: str = "OPENAI_API_KEY"
    extra_body: dict[str, Any] = field(default_factory=dict)
    temperature: float | None = None
    max_tokens: int | None = None
    context: int = 8192
    in_flight: int | None = None
    timeout: float = 600.0
    price_prompt: float | None = None
    price_reply: float | None = None
    budget_usd: float | None = None
    budget_tokens: int | None = None
    replay: Path | None = None

    def __post_init__(self) -> None:
        if self.backend not in BACKENDS:
            raise ModelError(f"'{self.backend}' is no language model", f"choose {', '.join(BACKENDS)}")
        self._check_given()
        self._check_unused()
        self._check_numbers()

    def _check_given(self) -> None:
        wanted = {
            "llm": (
                ("base_url", "give --base-url, for example http://localhost:8000/v1"),
                ("model", "give --model, the name that the server knows it by"),
            ),
            "llama-cpp": (("model_path", "give --model FILE.gguf"),),
            "transformers": (("model", "give --model, a folder or a hub id"),),
            "replay": (("replay", "give --replay, a journal (.sqlite) or a table of replies (.jsonl)"),),
        }
        for name, remedy in wanted[self.backend]:
            if not getattr(self, name):
                raise ModelError(f"{self.backend} needs {name.replace('_', ' ')}", remedy)
        if self.base_url is not None:
            checked_url(self.base_url)
        for name in ("model_path", "replay"):
            path = getattr(self, name)
            if path is not None and not path.is_file():
                raise ModelError(f"{path}: no such file", f"give the path of one with {option_of(name)}")
        if not _VARIABLE.fullmatch(self.api_key_env):
            # What was given may be the key itself, so it is not repeated here.
            raise ModelError(
                "-M api_key_env holds no name of an environment variable",
                "put the key into a variable, and give that variable's name",
            )

    def _check_unused(self) -> None:
        for name, backends in _USED_BY.items():
            if self.backend not in backends and getattr(self, name) not in (None, {}):
                raise ModelError(
                    f"{option_of(name)} has no effect with {self.backend}",
                    f"leave it out, or choose {' or '.join(backends)}",
                )

    def _check_numbers(self) -> None:
        limits = (
            ("temperature", 0.0, 2.0),
            ("max_tokens", 1, 1_000_000),
            ("context", 256, 10_000_000),
            ("in_flight", 1, _MOST_IN_FLIGHT),
            ("timeout", 0.001, 86_400),
            ("price_prompt", 0.0, 1e6),
            ("price_reply", 0.0, 1e6),
            ("budget_usd", 0.0, 1e9),
            ("budget_tokens", 1, 10**15),
        )
        for name, least, most in limits:
            value = getattr(self, name)
            if value is not None and not least <= value <= most:
                raise ModelError(
                    f"{option_of(name)} is {value:g}", f"give a number from {least:g} to {most:g}"
                )
        if (self.price_prompt is None) != (self.price_reply is None):
            raise ModelError(
                "one price is given", "give both -M price_prompt=... and -M price_reply=..., or neither"
            )
        if self.budget_usd is not None and self.backend == "llm" and self.prices is None:
            raise ModelError(
                "--budget-usd needs prices",
                "give -M price_prompt=... and -M price_reply=... (US dollars per million tokens), or use --budget-tokens",
            )

    @property
    def prices(self) -> Prices | None:
        """Prices of the model, None if they are not known."""
        if self.price_prompt is None or self.price_reply is None:
            return None
        return Prices(self.price_prompt, self.price_reply)

    @property
    def name(self) -> str:
        """What the model is called in tables: never a path of this machine."""
        if self.backend == "llama-cpp":
            assert self.model_path is not None
            return self.model_path.name
        if self.backend == "transformers":
            return Path(str(self.model)).name if Path(str(self.model)).exists() else str(self.model)
        if self.backend == "replay" and self.model is None:
            assert self.replay is not None
            return recorded_model(self.replay)
        return str(self.model)

    def parameters(self, temperature: float, max_tokens: int) -> dict[str, Any]:
        """Return the sampling parameters of a request, with the caller's values where none were given."""
        return {
            "temperature": temperature if self.temperature is None else self.temperature,
            "max_tokens": self.max_tokens or max_tokens,
        }


def option_of(name: str) -> str:
    """Return how a user gives a field of `ModelChoice`, or another option of a command."""
    if name == "extra_body":
        return "-M KEY=VALUE"
    if name == "model_path":
        return "--model"
    return f"-M {name}" if name in _BY_KEY else f"--{name.replace('_', '-')}"


def open_model(
    choice: ModelChoice, journal_path: str | Path | None, keep_requests: bool = False
) -> LanguageModel:
    """Return the model chosen, with its journal and budget; the caller closes it, and then `model.journal`.

    Args:
        choice: which model.
        journal_path: where replies are kept; None keeps none.
        keep_requests: also store the prompts. Leave False when prompts hold real patient text.

    Raises:
        ModelError: a library is not installed, or a file cannot be read.
    """
    backend = _backend(choice)
    journal = Journal(journal_path, keep_requests) if journal_path is not None else None
    start = min(8, backend.most_in_flight)
    return LanguageModel(backend, journal, Budget(choice.budget_usd, choice.budget_tokens), start=start)


def recorded_model(path: Path) -> str:
    """Return the one model whose replies a journal holds; `replay` for a table of replies.

    Raises:
        ModelError: no such file, an empty journal, or one of several models.
    """
    if not path.is_file():
        raise ModelError(f"{path}: no such file", "give a journal (.sqlite) or a table of replies (.jsonl)")
    if path.suffix == ".jsonl":
        return "replay"
    with Journal(path, read_only=True) as journal:
        models = journal.models()
    if not models:
        raise ModelError(f"{path}: holds no replies", "name a journal that a run with a model wrote")
    if len(models) > 1:
        raise ModelError(
            f"{path}: holds replies of several models", f"choose one with --model: {', '.join(models)}"
        )
    return models[0]


def _backend(choice: ModelChoice) -> Backend:
    if choice.backend == "replay":
        from dualalign.llm.replay import ReplayBackend

        assert choice.replay is not None
        return ReplayBackend.open(choice.replay, choice.name)
    if choice.backend == "llama-cpp":
        from dualalign.llm.llama_cpp import LlamaCppBackend

        assert choice.model_path is not None
        return LlamaCppBackend(choice.model_path, choice.context, parallel=choice.in_flight or 1)
    assert choice.model is not None
    if choice.backend == "transformers":
        from dualalign.llm.transformers import TransformersBackend

        return TransformersBackend(choice.model, max_batch=choice.in_flight or _BATCH, context=choice.context)
    if importlib.util.find_spec("aiohttp") is None:
        raise ModelError("aiohttp is not installed", "pip install 'dualalign[llm]'")
    from dualalign.llm.http import ChatCompletionsBackend

    assert choice.base_url is not None
    return ChatCompletionsBackend(
        choice.base_url,
        choice.model,
        key_variable=choice.api_key_env,
        extra_body=choice.extra_body,
        timeout=choice.timeout,
        prices=choice.prices,
        most_in_flight=choice.in_flight or _IN_FLIGHT,
    )
