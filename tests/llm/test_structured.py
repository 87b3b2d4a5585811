import asyncio
import json

import pytest

pytest.importorskip("json_repair", reason="the llm extra is not installed")

from dualalign.errors import ModelError
from dualalign.llm import ChatReply, ChatRequest, LanguageModel
from dualalign.llm.structured import complete_json, parse_json, violations, with_schema_in_words

SCHEMA = {
    "type": "object",
    "properties": {
        "sentences": {"type": "array", "items": {"type": "object", "required": ["id"]}, "minItems": 1}
    },
    "required": ["sentences"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    "reply",
    [
        '{"sentences": [{"id": 1}]}',
        'Sure! Here it is:\n```json\n{"sentences": [{"id": 1}]}\n```\nHope that helps.',
        '{"sentences": [{"id": 1},]}',
        '{"sentences": [{"id": 1}',
        "{'sentences': [{'id': 1}]}",
    ],
)
def test_json_is_found_and_mended(reply: str) -> None:
    assert parse_json(reply) == {"sentences": [{"id": 1}]}


@pytest.mark.parametrize("reply", ["I cannot do that.", ""])
def test_what_is_no_json_is_refused_in_words(reply: str) -> None:
    with pytest.raises(ValueError, match="JSON"):
        parse_json(reply)


def test_violations_name_the_place() -> None:
    assert violations({"sentences": [{"id": 1}]}, SCHEMA) == []
    (missing,) = violations({"sentences": [{}]}, SCHEMA)
    assert missing.startswith("sentences[0]: ")
    assert len(violations({"x": 1}, SCHEMA)) == 2


REQUEST = ChatRequest("k", ({"role": "user", "content": "which?"},), {"seed": 1}, SCHEMA)


class Says:
    """A backend that gives the replies it was made with, in order."""

    model = "m"
    most_in_flight = 1

    def __init__(self, *replies: str) -> None:
        self.replies = list(replies)
        self.asked: list[ChatRequest] = []

    async def complete(self, request: ChatRequest) -> ChatReply:
        self.asked.append(request)
        return ChatReply(self.replies.pop(0), 1, 1, 0.0)

    async def close(self) -> None: ...


def test_a_reply_that_breaks_the_schema_goes_back_with_the_reasons() -> None:
    backend = Says("I would say one", '{"sentences": [{}]}', '{"sentences": [{"id": 7}]}')
    value, replies = asyncio.run(complete_json(LanguageModel(backend), REQUEST))
    assert value == {"sentences": [{"id": 7}]}
    assert len(replies) == 3
    first, second, third = backend.asked
    assert first is REQUEST
    assert second.messages[1]["content"] == "I would say one"
    assert "no JSON" in second.messages[-1]["content"]
    assert "sentences[0]: 'id' is a required property" in third.messages[-1]["content"]
    assert third.key == "k/json2"
    assert third.parameters == {"seed": 1}


def test_a_reply_that_stays_broken_is_an_error_that_says_why() -> None:
    backend = Says("no", "no", "no")
    with pytest.raises(ModelError, match="3 replies broke their JSON schema"):
        asyncio.run(complete_json(LanguageModel(backend), REQUEST))


def test_a_schema_in_words_is_in_the_last_message_and_the_rest_stays() -> None:
    messages = ({"role": "system", "content": "constant"}, {"role": "user", "content": "which?"})
    first, last = with_schema_in_words(messages, SCHEMA)
    assert first == messages[0]
    assert last["content"].startswith("which?")
    assert json.dumps(SCHEMA) in last["content"]
