"""A GGUF file in this process, by xllamacpp or llama-cpp-python, whichever is installed."""

from __future__ import annotations

import asyncio
import importlib.util
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from dualalign.errors import ModelError
from dualalign.llm.completion import reply_in
from dualalign.llm.refusals import error_text
from dualalign.llm.request import ChatReply, ChatRequest
from dualalign.llm.scrub import scrubbed
from dualalign.llm.structured import with_schema_in_words

_ERRORS_ONLY = 1


class LlamaCppBackend:
    """Runs a GGUF model on this machine; nothing leaves it.

    Schemas are asked for in words: sampling that keeps to one costs llama.cpp most of its speed on a processor, and
    replies are checked against it either way.

    Args:
        model_path: the GGUF file.
        context: tokens of prompt and reply together.
        threads: CPU threads; all cores if None.
        parallel: replies generated at once.

    Raises:
        ModelError: no such file, or neither library is installed.
    """

    def __init__(
        self, model_path: str | Path, context: int = 4096, threads: int | None = None, parallel: int = 1
    ) -> None:
        path = Path(model_path)
        if not path.is_file():
            raise ModelError(f"{path}: no such file", "give the path of a .gguf file with --model")
        self.model = path.name
        self.most_in_flight = parallel
        if importlib.util.find_spec("xllamacpp") is not None:
            self._generate = _with_xllamacpp(path, context, threads, parallel)
        elif importlib.util.find_spec("llama_cpp") is not None:
            self.most_in_flight = 1
            self._generate = _with_llama_cpp_python(path, context, threads)
        else:
            raise ModelError(
                "no llama.cpp library is installed",
                "pip install 'dualalign[llama-cpp]' (or llama-cpp-python)",
            )

    async def complete(self, request: ChatRequest) -> ChatReply:
        """Answer one request in a thread."""
        messages = request.messages
        if request.json_schema is not None:
            messages = with_schema_in_words(messages, request.json_schema)
        body: dict[str, Any] = {"messages": list(messages), **request.parameters}
        started = time.perf_counter()
        content = await asyncio.to_thread(self._generate, body)
        if "error" in content:
            said = scrubbed(error_text(content), (each["content"] for each in messages))
            raise ModelError(f"{self.model}: {said[:300]}", "shorten the prompt, or raise -M context")
        return replace(reply_in(content, self.model, time.perf_counter() - started, None), cost_usd=0.0)

    async def close(self) -> None:
        """Free the model."""
        del self._generate


def _with_xllamacpp(path: Path, context: int, threads: int | None, parallel: int) -> Any:
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.n_ctx = context * parallel
    parameters.n_parallel = parallel
    # The library logs each request to the terminal, through the line that shows how far a run is.
    parameters.verbosity = _ERRORS_ONLY
    if threads is not None:
        parameters.cpuparams.n_threads = threads
    server = xllamacpp.Server(parameters)
    return server.handle_chat_completions


def _with_llama_cpp_python(path: Path, context: int, threads: int | None) -> Any:
    from llama_cpp import Llama

    model = Llama(str(path), n_ctx=context, n_threads=threads, verbose=False)
    return lambda body: model.create_chat_completion(**body)
