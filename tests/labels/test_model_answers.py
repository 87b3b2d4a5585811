import pytest

pytest.importorskip("json_repair", reason="the llm extra is not installed")

from dualalign.labels.guideline_prompt import Asked, GuidelinePrompt
from dualalign.labels.model_answers import read_answers
from dualalign.packs import load_pack

PROMPT = GuidelinePrompt(load_pack("alzheimers"))
IDS = ["s1", "s2"]


def read(reply: str, **more: bool):
    return read_answers(reply, IDS, PROMPT, **more)


@pytest.mark.parametrize(
    "reply",
    [
        '{"s1": ["concern", "cognitive"], "s2": []}',
        'Here you are:\n```json\n{"s1": ["cognitive", "concern"], "s2": []}\n```',
        '{"s1": ["Cognitive impairment", "Concern by others"], "s2": ["none"]}',
        '{"s1": "cognitive, concern", "s2": ""}',
        '{"labels": {"s1": ["cognitive", "concern"], "s2": []}}',
        '{"labels": [{"id": "s1", "labels": ["cognitive", "concern"]}, {"id": "s2", "labels": []}]}',
        '[{"id": "s1", "labels": ["cognitive", "concern"], "abstain": false}, {"id": "s2", "labels": []}]',
        '{"s1": ["cognitive", "concern",], "s2": [],}',
    ],
)
def test_whatever_its_form_an_answer_is_read(reply: str) -> None:
    found = read(reply)
    assert found.answers == {"s1": ("cognitive", "concern"), "s2": ()}
    assert not found.faults


def test_to_be_unsure_is_to_abstain() -> None:
    assert read('{"s1": ["unsure"], "s2": ["cognitive"]}').answers == {"s1": None, "s2": ("cognitive",)}
    found = read('[{"id": "s1", "labels": [], "abstain": true}, {"id": "s2", "labels": []}]')
    assert found.answers == {"s1": None, "s2": ()}


def test_missing_unknown_and_doubled_ids_are_told_apart() -> None:
    found = read('{"s2": [], "s9": ["cognitive"]}')
    assert found.answers == {"s2": ()}
    assert found.faults == {"unknown id": 1}
    found = read('{"s1": ["cognitive"], "s1": ["cognitive"], "s2": [], "s2": ["concern"]}')
    assert found.answers == {"s1": ("cognitive",)}, "the sentence with two different answers has none"
    assert found.faults == {"doubled id": 2}


def test_an_unknown_label_leaves_its_sentence_unanswered() -> None:
    found = read('{"s1": ["cognitive", "sadness"], "s2": []}')
    assert found.answers == {"s2": ()}
    assert found.faults == {"unknown label": 1}


def test_prose_is_unreadable() -> None:
    found = read("The first sentence is about memory.")
    assert found.answers == {}
    assert found.faults == {"unreadable": 1}


def test_the_last_answer_of_a_reply_cut_off_may_lack_labels() -> None:
    assert read('{"s1": ["cognitive"], "s2": ["concern"', cut_off=True).answers == {"s1": ("cognitive",)}


def test_a_schema_allows_the_ids_asked_for_and_nothing_else() -> None:
    from dualalign.llm.structured import violations

    schema = PROMPT.schema(IDS)
    assert violations({"s1": ["cognitive"], "s2": ["none"]}, schema) == []
    assert violations({"s1": ["unsure"], "s2": ["concern", "cognitive"]}, schema) == []
    none = ["none"]
    for wrong in (
        {"s1": none},
        {"s1": none, "s2": none, "s3": none},
        {"s1": ["sadness"], "s2": none},
        {"s1": [], "s2": none},
    ):
        assert violations(wrong, schema)


def test_the_guideline_stands_in_the_system_message_alone() -> None:
    one, other = (PROMPT.messages(Asked({"s1": text})) for text in ("Forgets names.", "Gait\nis steady."))
    assert one[0] == other[0]
    assert all(label in one[0]["content"] for label in PROMPT.labels)
    assert "Requires two people for transfers" in one[0]["content"], "worked examples"
    assert other[1]["content"] == "SENTENCES\ns1: Gait is steady.", "a line break would end the sentence"


def test_the_nine_categories_have_rules_of_their_own() -> None:
    nine = GuidelinePrompt(load_pack("alzheimers"), "nine")
    assert len(nine.labels) == 9
    assert all(label in nine.system for label in nine.labels)
    assert "A test of cognition or a search for a cause earns its label" in nine.system
    assert "A test merely done or planned earns no label" not in nine.system
