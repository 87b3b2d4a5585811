from dataclasses import replace

import pytest

from dualalign.notes.llm.draft import DraftReader
from dualalign.notes.llm.placing import Placer
from dualalign.notes.llm.quotes import Placement, Unplaced
from dualalign.packs import Pack
from dualalign.trajectories.plan import Course, NotePlan

from .conftest import agenda_of, mention


class Quoted:
    """Places one mention by the words given for it."""

    def __init__(self, pack: Pack, plan: NotePlan) -> None:
        self.reader, self.placer, self.plan = DraftReader(pack), Placer(pack), plan

    def __call__(self, note: str, words: str, *mentions: object) -> Placement | Unplaced | None:
        plan = replace(self.plan, mentions=mentions, agenda=agenda_of(mentions))  # type: ignore[arg-type]
        draft = self.reader.read(f'{note}\nEVIDENCE\n1: "{words}"')
        return self.placer.placements(draft, plan, self.placer.places(draft, plan))[0]

    def faults(self, note: str, words: str, *mentions: object) -> list[str]:
        placed = self(note, words, *mentions)
        assert isinstance(placed, Placement)
        assert placed.quoted
        return [name for name, _ in placed.faults]


@pytest.fixture(scope="module")
def quoted(pack: Pack, plan: NotePlan) -> Quoted:
    return Quoted(pack, plan)


def test_words_are_found_in_any_white_space_case_and_quotation_marks(quoted: Quoted) -> None:
    note = 'HISTORY:\nHe keeps asking\nfor "the thing" all day.'
    placed = quoted(note, "he keeps asking for “the thing”", mention("word_finding"))
    assert isinstance(placed, Placement)
    assert (placed.sentence, placed.faults) == (1, ())
    assert note[placed.start : placed.end] == 'He keeps asking\nfor "the thing'


@pytest.mark.parametrize("words", ["He is quite another man", "HEARING"])
def test_words_that_do_not_stand_in_the_note_or_are_a_heading_say_nothing(quoted: Quoted, words: str) -> None:
    placed = quoted("HEARING:\nThe telephone rings unheard.", words, mention("hearing"))
    assert isinstance(placed, Unplaced)


@pytest.mark.parametrize(
    ("planned", "sentence", "fault"),
    [
        (mention("naming"), "Calls the watch a thing", None),
        (mention("naming"), "Denies trouble naming things", "mention_polarity"),
        (mention("naming", "negated"), "Denies trouble naming things", None),
        (mention("naming", "negated"), "Names every picture", None),
        (mention("naming", "negated"), "Has trouble naming things", "mention_polarity"),
        (mention("understand"), "Does not understand what he reads", None),
        (mention("confusion", "historical"), "Was confused after his operation, resolved", None),
        (mention("confusion", "historical"), "He is confused in the evening", "past_as_present"),
        (mention("gait", "family"), "His mother could not walk in old age", None),
        (mention("gait", "family"), "He cannot walk alone", "relative_as_patient"),
        (mention("memory", course=Course.WORSE), "Memory worse than in spring", None),
        (mention("memory", course=Course.WORSE), "Memory better than in spring", "course_reversed"),
        (mention("memory", course=Course.WORSE), "Memory lapses less often than last month", "course_reversed"),
        (mention("memory", course=Course.BETTER), "Forgets more than last month", "course_reversed"),
        (mention("memory", course=Course.NEW), "Memory loss for years, unchanged", "course_reversed"),
        (mention("memory", reporter="informant"), "His wife reports memory loss", None),
        (mention("memory", reporter="informant"), "Patient reports memory loss", "mention_speaker"),
        (mention("memory", reporter="patient"), "Per wife, memory loss", "mention_speaker"),
    ],
)  # fmt: skip
def test_words_say_an_item_as_planned_or_not(
    quoted: Quoted, planned: object, sentence: str, fault: str | None
) -> None:
    assert quoted.faults(f"HISTORY: {sentence}.", sentence, planned) == ([fault] if fault else [])


def test_a_denial_before_the_quoted_words_counts(quoted: Quoted) -> None:
    note = "HISTORY: He denies memory loss, trouble naming things, or falls."
    assert quoted.faults(note, "trouble naming things", mention("naming")) == ["mention_polarity"]
    assert quoted.faults(note, "trouble naming things", mention("naming", "negated")) == []


def test_a_line_of_the_plan_tells_no_history(quoted: Quoted) -> None:
    note = "HISTORY: Well.\nASSESSMENT: Memory loss.\nPLAN: Memory loss handout."
    assert quoted.faults(note, "Memory loss handout", mention("memory")) == ["mention_misplaced"]
    assert quoted.faults(note, "Well", mention("memory", role="assessed")) == ["mention_misplaced"]
    assert quoted.faults(note, "Memory loss", mention("memory", role="assessed")) == []


def test_items_without_evidence_are_placed_by_the_lexicons_own_wordings_alone(quoted: Quoted) -> None:
    told = (mention("hearing"), mention("memory"))
    note = "HISTORY: Deaf on the left. He has memory loss."
    draft = quoted.reader.read(f'{note}\nEVIDENCE\n1: "Deaf on the left"')
    plan = replace(quoted.plan, mentions=told, agenda=agenda_of(told))
    placed = quoted.placer.placements(draft, plan, quoted.placer.places(draft, plan))
    assert isinstance(placed[1], Placement)
    assert not placed[1].quoted
