import json
import time
from collections import Counter
from pathlib import Path

import pytest

pytest.importorskip("json_repair", reason="the llm extra is not installed")

from dualalign.errors import BudgetExceeded, LabelError, ModelError
from dualalign.labels import Asking, LlmAnnotator
from dualalign.labels.asking import batches
from dualalign.llm import Budget, ChatRequest, UnusableBackendError
from dualalign.packs import load_pack

from .scripted_model import by_words, scripted, sentences_of

PACK = load_pack("alzheimers")
NOTES = [["Forgets names.", "Gait is steady.", "Falls often."], [], ["His wife worries.", "Forgets keys."]]
ANSWER = by_words(cognitive="orget", physiological="Falls", concern="wife")
EXPECTED = [[("cognitive",), (), ("physiological",)], [], [("concern",), ("cognitive",)]]


def labels(found):
    return [[each.labels for each in note] for note in found]


def annotator(answer=ANSWER, asking: Asking | None = None, **more):
    model, backend = scripted(answer, **more)
    return LlmAnnotator(model, PACK, asking=asking), backend


@pytest.mark.parametrize("size", [1, 2, 8])
@pytest.mark.parametrize("votes", [1, 3])
def test_every_sentence_is_labelled_in_its_place(size: int, votes: int) -> None:
    found, backend = annotator(asking=Asking(votes=votes, sentences=size))
    result = found.annotate_notes(NOTES)
    assert labels(result) == EXPECTED
    assert {each.source for note in result for each in note} == {"llm"}
    assert len(backend.asked) == votes * sum(-(-len(note) // size) for note in NOTES)
    found.close()
    assert backend.closed


def test_votes_differ_by_seed_and_temperature_and_one_vote_is_greedy() -> None:
    found, backend = annotator(asking=Asking(votes=3, seed=5))
    found.annotate(["Forgets names."])
    assert [each.parameters["seed"] for each in backend.asked] == [5, 6, 7]
    assert {each.parameters["temperature"] for each in backend.asked} == {0.7}
    found, backend = annotator()
    found.annotate(["Forgets names."])
    assert backend.asked[0].parameters["temperature"] == 0.0


def test_disagreeing_votes_lower_confidence() -> None:
    def wavering(request: ChatRequest) -> str:
        return json.dumps({"s1": ["cognitive"] if request.parameters["seed"] < 2 else []})

    found, _ = annotator(wavering, Asking(votes=3))
    (one,) = found.annotate(["Perhaps forgets."])
    assert one.labels == ("cognitive",)
    assert one.confidence == pytest.approx(2 / 3)
    assert dict(one.shares) == pytest.approx({"cognitive": 2 / 3})


def test_a_batch_is_bounded_and_shows_what_stands_before_it() -> None:
    sentences = [f"Sentence {i} {'x' * 10 * i}." for i in range(9)]
    asking = Asking(sentences=4, characters=100, before=2)
    found = list(batches(sentences, asking))
    assert [text for _, asked in found for text in asked.sentences.values()] == sentences
    for start, asked in found:
        assert len(asked.sentences) <= 4
        assert len(asked.sentences) == 1 or sum(map(len, asked.sentences.values())) <= 100
        assert asked.before == tuple(sentences[max(0, start - 2) : start])


def test_sentences_left_out_are_asked_for_once_more() -> None:
    def forgetful(request: ChatRequest) -> str:
        told = json.loads(ANSWER(request))
        if len(told) > 1:
            del told["s2"]
            told["s7"] = ["cognitive"]
        return json.dumps(told)

    found, backend = annotator(forgetful)
    assert labels(found.annotate_notes(NOTES)) == EXPECTED
    assert len(backend.asked) == 4
    again = [each for each in backend.asked if each.key.endswith("/again")]
    assert sorted(text for each in again for text in sentences_of(each).values()) == [
        "Forgets keys.",
        "Gait is steady.",
    ]
    assert found.counts.asked_again == 2
    assert found.counts.faults == {"unknown id": 2}
    assert found.counts.unanswered == found.counts.abstained == 0


def test_what_is_never_answered_is_abstained_from_and_counted() -> None:
    found, backend = annotator(lambda request: "I would rather talk about the weather.")
    (one,) = found.annotate(["Forgets names."])
    assert one.abstained
    assert one.labels == ()
    assert (found.counts.abstained, found.counts.unanswered, len(backend.asked)) == (1, 1, 2)
    assert found.counts.faults == {"unreadable": 2}
    assert backend.asked[0].digest("m") != backend.asked[1].digest("m"), "the same request would be replayed"


def test_the_second_pass_shows_the_answer_and_its_word_counts() -> None:
    def second_thoughts(request: ChatRequest) -> str:
        if request.messages[-2]["role"] == "assistant":
            assert json.loads(request.messages[-2]["content"]) == {"s1": ["cognitive"], "s2": ["none"]}
            return '{"s1": [], "s2": []}'
        return '{"s1": ["cognitive"], "s2": []}'

    found, backend = annotator(second_thoughts, Asking(second_pass=True))
    first, second = found.annotate(["Memory is fine.", "Gait is steady."])
    assert (first.labels, first.confidence) == ((), 0.5)
    assert (second.labels, second.confidence) == ((), 1.0)
    assert found.counts.changed == 1
    assert len(backend.asked) == 2


def test_one_refused_request_does_not_end_the_run() -> None:
    def filtered(request: ChatRequest):
        if "wife" in str(request.messages[1]):
            return ModelError("content filter", "none")
        return ANSWER(request)

    found, _ = annotator(filtered, Asking(sentences=1, before=0))
    result = found.annotate_notes(NOTES)
    assert result[2][0].abstained
    assert labels(result)[0] == EXPECTED[0]
    assert found.counts.failed == {"content filter - none": 2}


@pytest.mark.parametrize("error", [ModelError("bad options"), UnusableBackendError("no such model")])
def test_a_model_that_answers_nothing_ends_the_run(error: ModelError) -> None:
    found, backend = annotator(lambda request: error, Asking(sentences=1), most_in_flight=1)
    with pytest.raises(type(error)):
        found.annotate_notes([[f"Sentence {i}." for i in range(50)]])
    assert len(backend.asked) <= 4


def test_a_spent_budget_loses_no_reply_and_a_second_run_asks_only_the_rest(tmp_path: Path) -> None:
    journal = tmp_path / "j.sqlite"
    notes = [[f"Forgets {i}."] for i in range(20)]
    found, first = annotator(journal=journal, budget=Budget(tokens=900), most_in_flight=2)
    with pytest.raises(BudgetExceeded):
        found.annotate_notes(notes)
    assert 0 < len(first.asked) < 20
    found.close()
    again, second = annotator(journal=journal)
    assert labels(again.annotate_notes(notes)) == [[("cognitive",)]] * 20
    assert len(first.asked) + len(second.asked) == 20
    asked = Counter(sentences_of(each)["s1"] for each in (*first.asked, *second.asked))
    assert set(asked.values()) == {1}


def test_nonsense_is_refused() -> None:
    with pytest.raises(LabelError, match="votes is 0"):
        Asking(votes=0)
    model, _ = scripted(ANSWER)
    with pytest.raises(LabelError, match="no label scheme 'ten' - use one of five, nine"):
        LlmAnnotator(model, PACK, "ten")


@pytest.mark.parametrize(
    "bad",
    [
        "[" * 400 + '{"id": 1}',
        "[[[[" * 40_000,
        '{"' * 60_000,
        "no labels here",
        "I'm sorry, but I can't assist.",
    ],
)
def test_a_reply_that_cannot_be_used_is_asked_anew_by_the_next_run(bad: str, tmp_path: Path) -> None:
    journal = tmp_path / "journal.sqlite"
    found, backend = annotator(lambda request: bad, journal=journal)
    started = time.perf_counter()
    (one,) = found.annotate(["Forgets names."])
    assert time.perf_counter() - started < 5
    assert one.abstained
    assert found.counts.faults == {"refused" if "sorry" in bad else "unreadable": 2}
    assert len(backend.asked) == 2
    found, backend = annotator(journal=journal)
    assert found.annotate(["Forgets names."])[0].labels == ("cognitive",)
    assert len(backend.asked) == 1
    found, backend = annotator(journal=journal)
    assert found.annotate(["Forgets names."])[0].labels == ("cognitive",)
    assert not backend.asked


def test_a_model_that_only_thinks_ends_the_run_and_says_why() -> None:
    found, backend = annotator(lambda request: "<think>Names are memory.")
    with pytest.raises(ModelError, match="thought and said nothing") as raised:
        found.annotate(["Forgets names."])
    assert "thinking off" in str(raised.value)
    assert len(backend.asked) == 2


def test_the_last_answer_of_a_reply_cut_off_is_asked_again() -> None:
    found, _ = annotator(lambda request: '{"s1": ["cognitive"', finish_reason="length")
    assert found.annotate(["Forgets names."])[0].abstained
    assert found.counts.faults["cut off"] == 2
