"""What a GGUF backend asks of the library and makes of its answers, with the library stood in for."""

import asyncio
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from dualalign.errors import ModelError
from dualalign.llm.backend import RetryableError
from dualalign.llm.llama_cpp import LlamaCppBackend
from dualalign.llm.request import ChatReply, ChatRequest

ASKED = ChatRequest("n1", ({"role": "user", "content": "Write."},), {"max_tokens": 9, "seed": 3})


class Library(ModuleType):
    """Stands in for xllamacpp: keeps what it is asked, answers what it is told to."""

    def __init__(self) -> None:
        super().__init__("xllamacpp")
        self.__spec__ = ModuleSpec("xllamacpp", None)
        self.parameters: Any = None
        self.bodies: list[dict[str, Any]] = []
        self.answer: dict[str, Any] = {}

    def CommonParams(self) -> Any:
        return SimpleNamespace(model=SimpleNamespace(path=""), cpuparams=SimpleNamespace(n_threads=-1))

    def Server(self, parameters: Any) -> Any:
        self.parameters = parameters
        return SimpleNamespace(handle_chat_completions=self._complete)

    def _complete(self, body: dict[str, Any]) -> dict[str, Any]:
        self.bodies.append(body)
        return self.answer

    def says(self, text: str) -> None:
        choice = {"message": {"content": text}, "finish_reason": "stop"}
        self.answer = {"choices": [choice], "usage": {"prompt_tokens": 5, "completion_tokens": 2}}


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Library:
    found = Library()
    monkeypatch.setitem(sys.modules, "xllamacpp", found)
    return found


@pytest.fixture
def model_path(tmp_path: Path) -> Path:
    path = tmp_path / "small.gguf"
    path.write_bytes(b"GGUF")
    return path


def answer(backend: LlamaCppBackend, request: ChatRequest) -> ChatReply:
    return asyncio.run(backend.complete(request))


def test_each_reply_has_the_whole_context(library: Library, model_path: Path) -> None:
    backend = LlamaCppBackend(model_path, context=1000, parallel=3)
    assert (library.parameters.n_ctx, library.parameters.n_parallel) == (3000, 3)
    assert (backend.model, backend.most_in_flight) == ("small.gguf", 3)


def test_a_reply_comes_with_its_tokens(library: Library, model_path: Path) -> None:
    library.says("A note.")
    reply = answer(LlamaCppBackend(model_path), ASKED)
    assert (reply.text, reply.prompt_tokens, reply.reply_tokens) == ("A note.", 5, 2)
    assert library.bodies == [{"messages": list(ASKED.messages), "max_tokens": 9, "seed": 3}]


def test_a_schema_is_asked_for_in_words(library: Library, model_path: Path) -> None:
    library.says("[]")
    answer(LlamaCppBackend(model_path), ChatRequest("n1", ASKED.messages, {}, {"type": "array"}))
    (body,) = library.bodies
    assert set(body) == {"messages"}
    assert '{"type": "array"}' in body["messages"][-1]["content"]


def test_the_library_does_not_write_into_the_progress_line(library: Library, model_path: Path) -> None:
    LlamaCppBackend(model_path)
    assert library.parameters.verbosity < 2


def test_an_empty_reply_is_asked_for_again(library: Library, model_path: Path) -> None:
    library.says(" \n")
    with pytest.raises(RetryableError, match="empty"):
        answer(LlamaCppBackend(model_path), ASKED)


def test_a_refusal_says_what_to_change(library: Library, model_path: Path) -> None:
    library.answer = {"error": {"message": "the request exceeds the available context size"}}
    with pytest.raises(ModelError, match="context size") as caught:
        answer(LlamaCppBackend(model_path), ASKED)
    assert "-M context" in str(caught.value)
