import json
from collections import Counter
from pathlib import Path

import pytest

pytest.importorskip("json_repair", reason="the llm extra is not installed")

from dualalign.errors import LabelError, ModelError
from dualalign.labels.compose_estimate import estimate_composing
from dualalign.labels.composed_checks import ComposedChecks, cleaned
from dualalign.labels.composing import Composing
from dualalign.labels.llm_composer import NEAR_DUPLICATE, OTHER_LABEL, LlmComposer, sentences_in
from dualalign.llm import ChatRequest
from dualalign.packs import load_pack

from .novel_sentences import novel
from .scripted_model import scripted

PACK = load_pack("alzheimers")
LABELS = {label.id: label for label in PACK.labels.scheme().labels}
CHECKS = ComposedChecks(PACK)


def label_of(request: ChatRequest) -> str:
    return request.key.split("/")[1]


def compose(answer, per_label: int = 20, **more):
    model, backend = scripted(answer)
    return LlmComposer(model, PACK, Composing(per_label, **more)).compose(), backend


def test_every_label_gets_its_share_and_no_more() -> None:
    result, backend = compose(novel)
    assert Counter(each.written_for for each in result.sentences) == dict.fromkeys(LABELS, 20)
    assert list(dict.fromkeys(each.written_for for each in result.sentences)) == list(LABELS)
    assert result.shortfalls == {}
    assert all(each.labels == (each.written_for,) for each in result.sentences)
    assert Counter(map(label_of, backend.asked)) == dict.fromkeys(LABELS, 3)
    assert backend.closed


def test_the_same_replies_give_the_same_sentences_in_whatever_order_they_come() -> None:
    first, one = compose(novel, seed=3)
    again, other = compose(novel, seed=3)
    assert first.sentences == again.sentences
    assert {each.digest("m") for each in one.asked} == {each.digest("m") for each in other.asked}
    assert len({each.digest("m") for each in one.asked}) == len(one.asked)
    assert compose(novel, seed=4)[0].sentences != first.sentences


def test_requests_vary_in_form_only() -> None:
    _, backend = compose(novel, per_label=80)
    of_one = [each.messages[1]["content"] for each in backend.asked if label_of(each) == "concern"]
    assert len(set(of_one)) == len(PACK.composer.variations)
    assert len({each.partition("Form:")[0] for each in of_one}) == 1
    assert len({each.messages[0]["content"] for each in backend.asked}) == 1


def test_a_quota_that_cannot_be_met_is_said_with_its_reasons() -> None:
    def same(request: ChatRequest) -> str:
        if label_of(request) == "concern":
            return json.dumps({"sentences": ["The amber river was keen.", "Here are more sentences:"]})
        return novel(request)

    result, backend = compose(same, per_label=8, most_requests=4)
    assert Counter(each.written_for for each in result.sentences)["concern"] == 1
    assert result.shortfalls == {
        "concern": "1 of 8 after 4 requests, the most allowed: 8 sentences came, refused 4 talks about the task, "
        "3 near-duplicate"
    }
    assert result.counts()["asked"]["concern"]["refused"] == {"talks about the task": 4, NEAR_DUPLICATE: 3}
    assert Counter(map(label_of, backend.asked))["concern"] == 4


def test_near_duplicates_count_across_labels() -> None:
    result, _ = compose(
        lambda request: '{"sentences": ["The amber river was keen on me."]}', 1, most_requests=1
    )
    assert [each.written_for for each in result.sentences] == [next(iter(LABELS))]
    assert {each.reason for each in result.refused} == {NEAR_DUPLICATE}


def test_the_rules_refuse_another_label_and_add_the_second_one() -> None:
    def told(request: ChatRequest) -> str:
        return json.dumps({"sentences": ["His wife reports that he is depressed."]})

    result, _ = compose(told, 1, most_requests=1)
    assert [(each.written_for, each.labels) for each in result.sentences] == [
        ("concern", ("concern", "neuropsychiatric"))
    ]
    reasons = {each.written_for: each.reason for each in result.refused}
    assert reasons["cognitive"] == reasons["physiological"] == OTHER_LABEL
    unchecked, _ = compose(told, 1, most_requests=1, check_labels=False)
    assert [each.written_for for each in unchecked.sentences] == ["cognitive"]
    assert unchecked.sentences[0].labels == ("cognitive",)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Here are eight sentences about memory loss.", "talks about the task"),
        ("Sure, she forgets names often.", "talks about the task"),
        ("I cannot help with this request.", "talks about the task"),
        ("Symptoms of the patient:", "not a sentence"),
        ('{"sentences": ["She forgets', "not a sentence"),
        ("12/30, 14/30, 15/30 - 2.", "not a sentence"),
        ("Forgets names.", "too short"),
        (" ".join(["she forgets"] * 40), "too long"),
        ("Mrs. Miller forgets her keys every day.", "identifying: title and name"),
        ("She forgets names. Her mood is low.", "more than one sentence"),
        ("The patient describes their memory as", "breaks off"),
        ("Carmen forgets her keys every day.", "identifying: first name"),
        ("She was lost at the mall on 03/12/2014 again.", "identifying: date"),
        ("Call her son at 555-123-4567 when she is lost.", "identifying: telephone"),
        ("Lives at 12 Maple Street and gets lost there.", "identifying: address"),
        ("Shows cognitive impairment in daily life.", "names the label"),
        (
            "Has trouble with memory, learning, attention, orientation, language and more.",
            "copies the description",
        ),
        ("She forgets the names of her grandchildren.", ""),
        ("Pt w/ STM loss x 2 yrs, repeats questions q visit.", ""),
        ("May lose her way home; her keys turn up in the refrigerator.", ""),
    ],
)
def test_each_check_says_why(text: str, reason: str) -> None:
    assert CHECKS.reason(text, LABELS["cognitive"]) == reason


@pytest.mark.parametrize(
    "text",
    ["1. She forgets names.", "- She forgets names.", '"She forgets\nnames."', "(3) She forgets names."],
)
def test_markers_and_quotes_are_taken_off(text: str) -> None:
    assert cleaned(text) == "She forgets names."


@pytest.mark.parametrize(
    "reply",
    [
        '{"sentences": ["One.", "Two."]}',
        '["One.", "Two."]',
        '```json\n{"items": ["One.", "Two."]}\n```',
        "One.\n\nTwo.",
    ],
)
def test_sentences_are_found_in_json_or_lines(reply: str) -> None:
    assert sentences_in(reply) == ["One.", "Two."]


def test_the_last_sentence_of_a_reply_cut_off_is_not_taken() -> None:
    assert sentences_in('{"sentences": ["One is whole.", "Two breaks', cut_off=True) == ["One is whole."]
    model, _ = scripted(lambda request: '{"sentences": ["The amber river', finish_reason="length")
    result = LlmComposer(model, PACK, Composing(1, most_requests=1)).compose()
    assert not result.sentences
    assert not result.refused


def test_a_request_that_fails_is_counted_and_others_go_on() -> None:
    def filtered(request: ChatRequest):
        return (
            ModelError("filtered")
            if request.key.endswith("/0") and label_of(request) == "concern"
            else novel(request)
        )

    result, _ = compose(filtered, 8)
    assert result.failed == {"filtered": 1}
    assert len(result.sentences) == 40
    with pytest.raises(ModelError, match="down"):
        compose(lambda request: ModelError("down"))


def test_an_estimate_sends_nothing_and_shows_whole_prompts() -> None:
    found = estimate_composing(PACK, Composing(20))
    assert (found.requests, found.most_requests) == (15, 5 * (4 * 3 + 8))
    assert len(found.prompts) == 3
    assert LABELS["cognitive"].definition in found.prompts[0]


def test_nonsense_is_refused() -> None:
    with pytest.raises(LabelError, match="per_label is 0"):
        Composing(0)
    with pytest.raises(LabelError, match="seed is -1"):
        Composing(1, seed=-1)
    with pytest.raises(LabelError, match="no label scheme 'ten'"):
        LlmComposer(None, PACK, Composing(1), "ten")
    toy = load_pack(Path(__file__).parents[1] / "packs" / "toy")
    assert estimate_composing(toy, Composing(1)).requests == 3


@pytest.mark.parametrize(
    ("reply", "sentences"),
    [
        ("<think>\nShe might call the dog by a wrong name.\nThat covers", []),
        ("<think>\nConcrete.\n</think>\nShe cannot recall the morning.", ["She cannot recall the morning."]),
        (
            '<think>Maybe {"sentences": ["A poor idea."]}.</think>\n{"sentences": ["A good one."]}',
            ["A good one."],
        ),
        ("I'm sorry, but I can't help with writing about patients.", []),
        (
            '{"sentences": ["I cannot assist with that request.", "I can\'t find my keys."]}',
            ["I can't find my keys."],
        ),
    ],
)
def test_thinking_and_refusals_are_no_sentences(reply: str, sentences: list[str]) -> None:
    assert sentences_in(reply) == sentences
