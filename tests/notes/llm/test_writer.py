import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dualalign.errors import BudgetExceeded, ModelError
from dualalign.llm import Budget, ChatRequest, Journal, LanguageModel, UnusableBackendError
from dualalign.notes.llm import LlmWriter, Unwritten
from dualalign.notes.note import Note
from dualalign.notes.prompts import Alignment
from dualalign.packs import Pack
from dualalign.trajectories import Trajectory
from dualalign.trajectories.plan import NotePlan

from .conftest import EVIDENCE, GOOD, Scripted, agenda_of, mention, scripted

Answer = Callable[[ChatRequest], str | Exception]


@pytest.fixture
def write(pack: Pack, trajectory: Trajectory, plan: NotePlan) -> Callable[..., list[Note | Unwritten]]:
    def run(
        answer: Answer,
        plans: Sequence[NotePlan] = (plan,),
        model: LanguageModel | None = None,
        **options: Any,
    ) -> list[Note | Unwritten]:
        writer = LlmWriter(
            pack, model or scripted(answer), lambda longest: {"max_tokens": longest}, "scripted", **options
        )
        return asyncio.run(writer.write_patient(replace(trajectory, plans=tuple(plans)), 1))

    return run


def attempt(request: ChatRequest) -> int:
    return int(request.key.rpartition("/")[2])


def test_a_note_that_passes_is_asked_for_once(write: Callable[..., Any]) -> None:
    (note,) = write(lambda request: GOOD)
    assert note.attempts == 1
    assert not any(note.checks.values())
    assert note.tokens == (100, 20)
    assert note.cost_usd is None
    assert note.text == GOOD.strip()


def test_spans_and_labels_are_those_of_the_words_given(write: Callable[..., Any]) -> None:
    (note,) = write(lambda request: GOOD + EVIDENCE)
    assert note.text == GOOD.strip()
    said = {span.mention: note.text[span.start : span.end] for span in note.mentions}
    assert said == {0: "He has memory loss", 1: "Denies trouble hearing"}
    labelled = {note.text[s.start : s.end]: s.labels for s in note.sentences if s.labels}
    assert labelled == {"He has memory loss since last year.": ("cognitive",)}


def test_without_evidence_words_of_the_lexicon_are_found(write: Callable[..., Any]) -> None:
    (note,) = write(lambda request: GOOD)
    said = {span.mention: note.text[span.start : span.end] for span in note.mentions}
    assert said == {0: "memory loss", 1: "trouble hearing"}


def test_the_finder_of_stems_sends_no_note_back_alone(write: Callable[..., Any]) -> None:
    silent = GOOD.replace("Denies trouble hearing.", "")
    (note,) = write(lambda request: silent)
    assert note.attempts == 1
    assert note.checks["mention_missing"]
    model = scripted(lambda request: GOOD + EVIDENCE if attempt(request) else silent + EVIDENCE)
    (note,) = write(None, model=model)
    assert note.attempts == 2
    assert "item 2 is not said" in model.backend.asked[1].messages[-1]["content"]
    assert "EVIDENCE" in model.backend.asked[1].messages[-2]["content"]


def test_words_that_say_something_else_place_no_mention(write: Callable[..., Any]) -> None:
    turned = GOOD.replace("He has memory loss", "He denies memory loss")
    (note,) = write(lambda request: turned + EVIDENCE.replace("He has", "He denies"), repairs=0)
    assert note.checks["mention_polarity"]
    assert [span.mention for span in note.mentions] == [1]
    assert not any(sentence.labels for sentence in note.sentences)


def test_headings_are_marked_and_earn_nothing(write: Callable[..., Any]) -> None:
    under = GOOD.replace("SUBJECTIVE: Seen", "MEMORY:\nSeen")
    (note,) = write(lambda request: under + '\nEVIDENCE\n1: "Memory"\n2: "Denies trouble hearing"', repairs=0)
    assert [note.text[note.sentences[i].start : note.sentences[i].end] for i in note.headings] == ["MEMORY:"]
    assert note.text[note.mentions[0].start : note.mentions[0].end] != "MEMORY"


def test_the_informants_label_needs_the_informant(write: Callable[..., Any], plan: NotePlan) -> None:
    mentions = (mention("memory", reporter="informant", labels=("cognitive", "concern")),)
    told = replace(plan, mentions=mentions, agenda=agenda_of(mentions))
    (alone,) = write(lambda request: GOOD, [told])
    (by_wife,) = write(lambda request: GOOD.replace("He has", "His wife says he has"), [told])
    goes_on = GOOD.replace("He has", "Edna worries. She says he has")
    (after,) = write(lambda request: goes_on, [told])
    both = ("cognitive", "concern")
    assert [both in {s.labels for s in note.sentences} for note in (alone, by_wife, after)] == [
        False,
        True,
        True,
    ]


def test_a_failed_note_goes_back_with_the_reasons(write: Callable[..., Any]) -> None:
    model = scripted(lambda request: GOOD if attempt(request) else GOOD.replace("MMSE 25/30.", ""))
    (note,) = write(None, model=model)
    second = model.backend.asked[1]
    first = model.backend.asked[0]
    assert second.messages[: len(first.messages)] == first.messages
    assert [message["role"] for message in second.messages[len(first.messages) :]] == ["assistant", "user"]
    assert "MMSE 25/30 is missing" in second.messages[-1]["content"]
    assert note.attempts == 2
    assert note.failed_at_first == ("score_missing",)
    assert note.tokens == (200, 40)
    assert not any(note.checks.values())


def test_the_best_reply_is_kept_and_marked(write: Callable[..., Any]) -> None:
    replies = [
        GOOD.replace("MMSE 25/30.", "").replace("wife Edna", "neighbour"),
        GOOD.replace("MMSE 25/30.", ""),
        "S: Fine.\nP: None.",
    ]
    model = scripted(lambda request: replies[attempt(request)])
    (note,) = write(None, model=model)
    assert len(model.backend.asked) == 3
    assert note.text == replies[1].strip()
    assert [name for name, reason in note.checks.items() if reason] == ["score_missing"]


@pytest.mark.parametrize("repairs", [0, 1])
def test_no_more_repairs_than_allowed(write: Callable[..., Any], repairs: int) -> None:
    model = scripted(lambda request: "S: Fine.\nP: None.")
    write(None, model=model, repairs=repairs)
    assert len(model.backend.asked) == repairs + 1


def test_one_refused_note_does_not_lose_the_rest(write: Callable[..., Any], plan: NotePlan) -> None:
    plans = [replace(plan, visit=visit) for visit in range(3)]
    too_long = ModelError("context too long", "use another model")
    notes = write(lambda request: too_long if "-0001/" in request.key else GOOD, plans)
    assert [type(note) for note in notes] == [Note, Unwritten, Note]
    assert "context too long" in notes[1].reason


def test_a_refused_repair_keeps_what_was_paid_for(write: Callable[..., Any]) -> None:
    (note,) = write(lambda request: ModelError("too long") if attempt(request) else "S: Fine.\nP: None.")
    assert note.text == "S: Fine.\nP: None."
    assert note.checks["score_missing"]


def test_what_stops_a_run_stops_it(write: Callable[..., Any]) -> None:
    with pytest.raises(UnusableBackendError):
        write(lambda request: UnusableBackendError("no such model", "name another"))
    spent = LanguageModel(Scripted(lambda request: "S: Fine.\nP: None."), budget=Budget(tokens=150))
    with pytest.raises(BudgetExceeded):
        write(None, model=spent)


def test_equal_prompts_of_two_visits_are_two_requests(write: Callable[..., Any], plan: NotePlan) -> None:
    model = scripted(lambda request: GOOD)
    write(None, [plan, replace(plan, visit=4)], model=model, alignment=Alignment.NONE)
    asked = {request.digest("m") for request in model.backend.asked}
    assert len(asked) == len(model.backend.asked)


def test_a_copy_of_the_last_note_goes_back(write: Callable[..., Any], plan: NotePlan) -> None:
    notes = write(lambda request: GOOD, [plan, replace(plan, visit=4)], repairs=0)
    assert [note.checks["copies_earlier"] is None for note in notes] == [True, False]


def test_thinking_is_no_part_of_a_note(write: Callable[..., Any]) -> None:
    (note,) = write(lambda request: f"<think>\nLet me plan.\n</think>\n{GOOD}")
    assert note.text == GOOD.strip()


def test_a_refusal_is_no_note_and_is_asked_anew(write: Callable[..., Any], tmp_path: Path) -> None:
    refusal = "I'm sorry, but I can't help with writing about patients."
    with Journal(tmp_path / "j.sqlite") as journal:

        def model(answer: Answer) -> LanguageModel:
            return LanguageModel(Scripted(answer), journal)

        (note,) = write(GOOD, model=model(lambda request: refusal))
        assert isinstance(note, Unwritten)
        assert "declined" in note.reason
        (note,) = write(GOOD, model=model(lambda request: refusal if attempt(request) < 1 else GOOD))
        assert note.text == GOOD.strip()
        assert note.attempts == 2
        (note,) = write(GOOD, model=model(lambda request: GOOD))
        assert note.attempts == 1
