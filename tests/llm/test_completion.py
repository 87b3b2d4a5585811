"""The forms in which servers answer: one document or a stream, text in parts, odd counts, errors where a reply should be."""

import json
from typing import Any

import pytest

from dualalign.llm.backend import RetryableError, UselessReplyError
from dualalign.llm.completion import document_in, reply_in
from dualalign.llm.refusals import error_in
from dualalign.llm.request import ChatReply, Prices


def read(content: dict[str, Any] | bytes | str) -> ChatReply:
    payload = content.encode() if isinstance(content, str) else content
    if isinstance(payload, dict):
        payload = json.dumps(payload).encode()
    return reply_in(document_in(payload), "here", 0.1, Prices(1.0, 1.0))


def completion(message: Any, finish: Any = "stop", **more: Any) -> dict[str, Any]:
    return {"choices": [{"message": message, "finish_reason": finish}], **more}


@pytest.mark.parametrize(
    "content",
    [
        "an answer",
        [{"type": "text", "text": "an "}, {"type": "text", "text": "answer"}],
        [
            {"type": "thinking", "thinking": [{"type": "text", "text": "no"}]},
            {"type": "text", "text": "an answer"},
        ],
        [{"type": "reasoning", "text": "no"}, {"type": "output_text", "text": "an answer"}],
        {"type": "text", "text": "an answer"},
        ["an ", "answer"],
    ],
)
def test_content_in_any_form_is_text(content: Any) -> None:
    assert read(completion({"content": content, "reasoning_content": "no"})).text == "an answer"


def test_content_that_was_read_as_json_already_is_json_again() -> None:
    assert json.loads(read(completion({"content": {"s1": ["cognitive"]}})).text) == {"s1": ["cognitive"]}


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ({"content": None, "reasoning_content": "hm"}, "thinking only"),
        ({"content": "", "reasoning": "hm"}, "thinking only"),
        ({"content": [{"type": "thinking", "thinking": "hm"}]}, "thinking only"),
        ({"content": None, "refusal": "I would rather not."}, "refused"),
        ({"content": None, "tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]}, "tool call"),
        ({"content": None, "function_call": {"name": "f"}}, "tool call"),
    ],
)
def test_what_answers_nothing_is_said_for_what_it_is_and_counted_as_paid(message: Any, kind: str) -> None:
    usage = {"prompt_tokens": 10, "completion_tokens": 5}
    with pytest.raises(UselessReplyError) as raised:
        read(completion(message, usage=usage))
    assert raised.value.kind == kind
    assert raised.value.remedy
    assert raised.value.paid is not None
    assert raised.value.paid.reply_tokens == 5


@pytest.mark.parametrize(
    "finish",
    ["length", "max_tokens", "MAX_TOKENS", "max_output_tokens", "model_length", "truncated", "incomplete"],
)
def test_cut_off_by_any_name(finish: str) -> None:
    assert read(completion({"content": "an ans"}, finish)).finish_reason == "length"
    assert (
        read({"choices": [{"message": {"content": "an ans"}, "stop_reason": finish}]}).finish_reason
        == "length"
    )
    with pytest.raises(UselessReplyError, match="used up its tokens"):
        read(completion({"content": None}, finish))


@pytest.mark.parametrize(
    "finish", ["content_filter", "SAFETY", "RECITATION", "refusal", "guardrail_intervened"]
)
def test_withheld_by_any_name(finish: str) -> None:
    with pytest.raises(UselessReplyError, match="content filter"):
        read(completion({"content": ""}, finish))
    assert read(completion({"content": "an ans"}, finish)).finish_reason == "length"


@pytest.mark.parametrize("finish", ["stop", "eos", "end_turn", None, 7, {"type": "eos"}])
def test_an_end_by_any_name_is_no_cut(finish: Any) -> None:
    assert read(completion({"content": "an answer"}, finish)).finish_reason != "length"


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"prompt_tokens": "10", "completion_tokens": "5"}, (10, 5)),
        ({"prompt_tokens": 10.0, "completion_tokens": 5}, (10, 5)),
        ({"input_tokens": 10, "output_tokens": 5}, (10, 5)),
        ({"prompt_tokens": 10, "total_tokens": 15}, (10, 5)),
        ({"prompt_tokens": "ten", "completion_tokens": [5]}, (None, None)),
        ({"prompt_tokens": -1, "completion_tokens": 10**30}, (None, None)),
        ({"prompt_tokens": True, "completion_tokens": "9" * 5000}, (None, None)),
        ([10, 5], (None, None)),
        ("15 tokens", (None, None)),
        (None, (None, None)),
    ],
)
def test_usage_in_any_form_is_a_number_or_unknown(usage: Any, tokens: tuple[int | None, int | None]) -> None:
    reply = read(completion({"content": "an answer"}, usage=usage))
    assert (reply.prompt_tokens, reply.reply_tokens) == tokens
    assert (reply.cost_usd is None) == (None in tokens)


def event(**delta: Any) -> str:
    return "data: " + json.dumps({"choices": [{"delta": delta}]})


END = 'data: {"choices": [{"delta": {}, "finish_reason": "stop"}]}'
LINES = [
    event(role="assistant"),
    event(reasoning_content="hm"),
    event(content="an "),
    event(content="answer"),
    END,
]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "between", ["{0}{0}", "{0}", "{0}{0}data:{0}{0}", "{0}{0}: ping{0}{0}", "{0}{0}retry: 3000{0}{0}"]
)
def test_a_stream_in_any_form_is_one_reply(line_end: str, between: str) -> None:
    stream = between.format(line_end).join([*LINES, "data: [DONE]", ""])
    assert read(stream).text == "an answer"
    assert read("\ufeff" + stream).finish_reason == "stop"


def test_a_document_split_over_data_lines_is_one_event() -> None:
    assert read(
        'data: {"choices":\ndata: [{"delta": {"content": "an answer"}, "finish_reason": "stop"}]}\n\n'
    ).text == ("an answer")


def test_one_event_a_line_without_names() -> None:
    lines = [{"message": {"content": "an "}, "done": False}, {"message": {"content": "answer"}, "done": True}]
    assert read("\n".join(map(json.dumps, lines))).text == "an answer"


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"<html>log in</html>",
        b'{"choices": [',
        b"[]",
        b"null",
        b'{"choices": ' + b"[" * 100_000,
        b'{"n": ' + b"9" * 5000 + b"}",
        b"\xff\xfe{",
        b"data: {\n\n",
        "\n\n".join(LINES[:4]).encode(),
    ],
)
def test_what_is_no_completion_is_refused_as_such(payload: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        document_in(payload)


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"choices": []},
        {"choices": [None]},
        {"choices": [{"message": 5}]},
        {"choices": 7},
        completion({"content": 5}),
    ],
)
def test_another_shape_is_asked_again(content: dict[str, Any]) -> None:
    with pytest.raises(RetryableError, match="no chat completion"):
        read(content)


@pytest.mark.parametrize(
    ("content", "status"),
    [
        ({"error": {"message": "Insufficient credits", "code": 402}}, 402),
        ({"error": {"message": "slow down", "code": "429"}}, 429),
        ({"error": {"message": "x", "type": "rate_limit_exceeded"}}, 429),
        ({"error": {"message": "x", "type": "overloaded_error"}}, 503),
        ({"error": {"message": "x", "code": "insufficient_quota"}}, 402),
        ({"error": {"message": "x", "code": "invalid_api_key"}}, 401),
        ({"error": "model 'm' not found"}, 404),
        ({"object": "error", "message": "x", "code": 404}, 404),
        ({"detail": "x"}, 500),
        ({"code": 503, "message": "x"}, 503),
        ({"choices": [{"error": {"code": 502, "message": "x"}, "message": {"content": ""}}]}, 502),
        (completion({"content": "an answer"}), None),
        (completion({"content": "an answer"}, error=None), None),
        ({"output": []}, None),
    ],
)
def test_an_error_inside_a_reply_has_its_status(content: dict[str, Any], status: int | None) -> None:
    assert error_in(content) == status


def test_an_error_inside_a_stream_is_one() -> None:
    stream = f'{LINES[2]}\n\nevent: error\ndata: {{"message": "Insufficient credits", "code": 402}}\n\n'
    assert error_in(document_in(stream.encode())) == 402
