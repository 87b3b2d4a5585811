"""What a server says of an error is shown without the prompt and without keys."""

import json

import pytest

from dualalign.llm.refusals import error_text
from dualalign.llm.scrub import scrubbed

NOTE = "SENTENCES\ns1: Mrs Zwicky forgets names at home.\ns2: Lives at 221 Baker Street since 1931; the model does not exist."
KEY = "sk-proj-Abcd1234EfghIjkl"


@pytest.mark.parametrize(
    "body",
    [
        {
            "detail": [
                {"loc": ["body", "messages", 1, "content"], "msg": "Input should be valid", "input": NOTE}
            ]
        },
        {"error": {"message": f"Input should be valid: {NOTE}"}},
        {"error": {"message": f"Input should be valid: {NOTE!r}"}},
        {"error": {"message": "Input should be valid: " + json.dumps(NOTE)}},
        {"error": {"message": f"Input should be valid: {NOTE.upper()}"}},
        {"error": {"message": f"Input should be valid: '{NOTE[15:41]}... {NOTE[70:84]}'"}},
        {"error": "Input should be valid, unexpected token 'Zwicky' at 221"},
        {"error": {"error": {"detail": [f"Input should be valid: {NOTE}"]}}},
        f"<html><body><h1>Input should be valid</h1><pre>{NOTE}</pre></body></html>",
        f"Input should be valid: {NOTE}",
    ],
)
def test_no_word_of_the_prompt_is_shown(body: object) -> None:
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    said = scrubbed(error_text(raw), ["You label sentences.", NOTE])
    assert "Input should be valid" in said
    for word in ("zwicky", "forget", "names", "home", "baker", "street", "221", "1931", "lives"):
        assert word not in said.casefold()


def test_a_run_of_common_words_is_hidden_too() -> None:
    assert "the model does not" not in scrubbed("bad: the model does not exist.", [NOTE])
    assert scrubbed("The model does not exist.", ["other words"]) == "The model does not exist."


@pytest.mark.parametrize(
    "said",
    [
        f"Incorrect API key provided: {KEY}. You can find your key at the site.",
        "Incorrect API key provided: sk-proj-********Ijkl.",
        f"Authorization: Bearer {KEY} is invalid",
        "token 0123456789abcdef0123456789abcdef is unknown",
        "http://user:hunter2@host/v1?api_key=hunter2 refused",
    ],
)
def test_no_part_of_a_key_is_shown(said: str) -> None:
    shown = scrubbed(said, ["a prompt"], KEY)
    for part in ("Abcd", "Ijkl", "sk-", "hunter2", "abcdef"):
        assert part not in shown


def test_the_model_s_name_stays() -> None:
    assert "'qwen2.5-7b-instruct-q4'" in scrubbed(
        "no model 'qwen2.5-7b-instruct-q4'", ["qwen"], keep="qwen2.5-7b-instruct-q4"
    )
