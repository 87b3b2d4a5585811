import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from dualalign.cli.model_options import ModelOptions, read_options, takes_model
from dualalign.errors import ModelError
from dualalign.llm.choice import ModelChoice

SERVER = ("--model-base-url", "http://localhost/v1", "--model", "m")


def chosen(*words: str, backend: str = "llm") -> ModelChoice:
    """Return the choice that a command's words make."""
    seen: list[ModelChoice] = []

    def command(name: str = "x", *, asked: ModelOptions) -> None:
        seen.append(asked.choice(backend))

    app = typer.Typer()
    app.command()(takes_model(command))
    result = CliRunner().invoke(app, list(words))
    if result.exception is not None:
        raise result.exception
    return seen[0]


def test_keys_of_the_model_and_of_the_request_are_told_apart() -> None:
    words = ("-M", "temperature=0.2", "-M", "in-flight=4", "-M", "api_key_env=MY_KEY", "-M", "top_p=0.9")
    choice = chosen(*SERVER, *words, "-M", "stop=[1]", "-M", "reasoning_effort=low", "-M", "max_tokens=null")
    assert (choice.temperature, choice.in_flight, choice.api_key_env) == (0.2, 4, "MY_KEY")
    assert choice.extra_body == {"top_p": 0.9, "stop": [1], "reasoning_effort": "low", "max_tokens": None}
    assert (choice.base_url, choice.model, choice.timeout) == ("http://localhost/v1", "m", 600.0)


def test_the_flags_of_before_say_the_same() -> None:
    before = chosen(
        "--base-url", "http://localhost/v1", "--model", "m", "--max-tokens", "9", "--extra-body", '{"a": 1}'
    )
    assert before == chosen(*SERVER, "-M", "max_tokens=9", "-M", "a=1")


def test_a_gguf_file_is_a_model(tmp_path: Path) -> None:
    (tmp_path / "m.gguf").touch()
    assert chosen("--model", str(tmp_path / "m.gguf"), backend="llama-cpp").name == "m.gguf"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-M", "temperature"), "-M temperature is not KEY=VALUE"),
        (("-M", "=1"), "is not KEY=VALUE"),
        (("-M", "temperature=warm"), "-M temperature is not a number"),
        (("-M", "max_tokens=1.5"), "-M max_tokens is not a whole number"),
        (("-M", "in_flight=true"), "-M in_flight is not a whole number"),
        (("-M", "temperature=3"), "-M temperature is 3"),
        (("--extra-body", "{"), "--extra-body"),
        (("--extra-body", "[1]"), "--extra-body"),
        (("--extra-body", "[" * 100_000), "--extra-body"),
    ],
)
def test_what_is_no_option_is_said(words: tuple[str, ...], said: str) -> None:
    with pytest.raises(ModelError, match=said):
        chosen(*SERVER, *words)


def test_options_of_a_model_are_refused_where_none_is_asked() -> None:
    read_options().refuse("the rules", "choose one", scheme=None, second_pass=False)
    for given in (read_options(model="m"), read_options(dry_run=True), read_options(["top_p=1"])):
        with pytest.raises(
            ModelError, match=r"(--model|--dry-run|-M KEY=VALUE) has no effect with the rules"
        ):
            given.refuse("the rules", "choose one")
    with pytest.raises(ModelError, match="--votes has no effect"):
        read_options().refuse("the rules", "choose one", votes=0)


def test_a_number_without_end_is_text_of_the_request() -> None:
    assert chosen(*SERVER, "-M", "n=" + "9" * 5000).extra_body == {"n": "9" * 5000}
    assert json.loads(json.dumps(chosen(*SERVER, "-M", "n=1").extra_body)) == {"n": 1}
