import asyncio
from pathlib import Path

import pytest

from dualalign.errors import ModelError
from dualalign.llm import ChatReply, ChatRequest, Journal
from dualalign.llm.choice import ModelChoice, open_model

URL = "http://127.0.0.1:1/v1"


@pytest.mark.parametrize(
    ("backend", "options", "option"),
    [
        ("gpt", {}, "llama-cpp"),
        ("llm", {"model": "m"}, "--base-url"),
        ("llm", {"base_url": URL}, "--model"),
        ("llama-cpp", {}, "--model FILE.gguf"),
        ("transformers", {}, "--model"),
        ("replay", {}, "--replay"),
        ("llama-cpp", {"model_path": Path(__file__), "base_url": URL}, "--base-url"),
        ("llama-cpp", {"model_path": Path("absent.gguf")}, "one with --model"),
        ("llm", {"base_url": URL, "model": "m", "temperature": 3.0}, "-M temperature"),
        ("llm", {"base_url": URL, "model": "m", "in_flight": 0}, "-M in_flight"),
        ("llm", {"base_url": URL, "model": "m", "price_prompt": 1.0}, "-M price_reply"),
        ("llm", {"base_url": URL, "model": "m", "budget_usd": 1.0}, "-M price_prompt"),
        ("llm", {"base_url": URL, "model": "m", "timeout": float("nan")}, "-M timeout"),
    ],
)
def test_says_which_option_to_change(backend: str, options: dict, option: str) -> None:
    with pytest.raises(ModelError) as error:
        ModelChoice(backend, **options)
    assert option in str(error.value)


def test_a_key_in_place_of_its_name_is_not_repeated() -> None:
    with pytest.raises(ModelError) as error:
        ModelChoice("llm", base_url=URL, model="m", api_key_env="sk-secret-123")
    assert "secret" not in str(error.value)
    assert "variable" in str(error.value)


def test_what_is_not_given_is_the_callers() -> None:
    choice = ModelChoice("llm", base_url=URL, model="m", temperature=0.0)
    assert choice.parameters(0.8, 900) == {"temperature": 0.0, "max_tokens": 900}


def test_a_gguf_is_named_without_its_folder(tmp_path: Path) -> None:
    (tmp_path / "small.gguf").touch()
    assert ModelChoice("llama-cpp", model_path=tmp_path / "small.gguf").name == "small.gguf"


def test_a_journal_answers_under_the_name_it_was_written_with(tmp_path: Path) -> None:
    request = ChatRequest("n", ({"role": "user", "content": "hello"},))

    async def record(path: Path, *models: str) -> None:
        with Journal(path) as journal:
            for model in models:
                await journal.add(request.digest(model), model, request, ChatReply("hi", 3, 1, 0.1))

    async def ask(path: Path) -> str:
        model = open_model(ModelChoice("replay", replay=path), tmp_path / "mine.sqlite")
        try:
            return (await model.complete(request)).text
        finally:
            await model.close()
            assert model.journal is not None
            model.journal.close()

    asyncio.run(record(tmp_path / "one.sqlite", "m"))
    assert asyncio.run(ask(tmp_path / "one.sqlite")) == "hi"
    asyncio.run(record(tmp_path / "two.sqlite", "m", "n"))
    with pytest.raises(ModelError, match="--model: m, n"):
        open_model(ModelChoice("replay", replay=tmp_path / "two.sqlite"), None)
