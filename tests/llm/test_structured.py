import pytest

pytest.importorskip("json_repair", reason="the llm extra is not installed")

from dualalign.llm.structured import parse_json, violations

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
