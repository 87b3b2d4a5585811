"""Each case is a note in which ` | ` stands where a sentence ends; removing the mark gives the input."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualalign.reading import split_sentences
from dualalign.reading.splitter import LONGEST

CASES = {
    "plain": "He is here. | She is not. | Why? | No answer!",
    "titles": "Seen by Dr. Smith and Mrs. Jones. | He was sent by Dr. X. | The patient agreed.",
    "initials": "John Q. Public has hepatitis C. | He is well.",
    "dosing": "Takes Aricept 10 mg p.o. q.h.s. | Also takes aspirin 81 mg q.d. and Namenda 10 mg b.i.d. | Stable.",
    "every six hours": "Started on Decadron 10 mg IV q.6h. | She is better.",
    "decimals": "TSH 2.5, B12 310. | Weight 72.4 kg. | Temp. 98.6.",
    "orientation": "A & O x 3. | Mood is euthymic.",
    "scores": "MMSE 21/30. | MoCA 17. | CDR 0.5.",
    "examples": "Does chores, e.g. dishes and i.e. little else. | See vs. before.",
    "numbered lines": "1. Memory loss.\n | 2. Depression. | Stable.\n",
    "numbered in a row": "ASSESSMENT: 1. Memory loss. | 2. Depression. | 3. Falls.",
    "numbered without stops": "PLAN: 1. Continue donepezil | 2. Recheck in 6 months | 3. Call with questions",
    "bullets": "- forgets names\n | - repeats questions\n | * lost keys",
    "header on its line": "HISTORY OF PRESENT ILLNESS: She forgets names. | She gets lost.",
    "header above": "HISTORY OF PRESENT ILLNESS:\n | She forgets names.",
    "headings without stops": "SUBJECTIVE\n\n | Forgetful.\n\n | PLAN\n | Return in May.",
    "quotation": 'He said "I forget." | She said "no." | Then he left.',
    "list of drugs": "Lisinopril 10 mg\n | Metformin 500 mg\n | Donepezil 5 mg",
    "no space after the stop": "Patient has memory loss.She lives alone with help.",
    "question marks in text": "Had ?stroke in the past. | Etiology unclear.",
    "ellipsis": "He was... confused. | Then fine.",
    "brackets": "She is confused (since May.) | Her son worries.",
}


@pytest.mark.parametrize("marked", CASES.values(), ids=CASES.keys())
def test_boundaries(marked: str) -> None:
    if "loss.She" in marked:
        marked = marked.replace("loss.She", "loss.|She")
        text = marked.replace("|", "")
    else:
        text = marked.replace(" | ", " ").replace("\n ", "\n")
    expected = [piece.strip() for piece in marked.split("|")]
    assert [text[start:end] for start, end in split_sentences(text)] == expected


def test_lines_wrapped_to_a_page_are_joined() -> None:
    text = (
        "She has trouble finding words and her husband says that she has asked the same\n"
        "question many times a day since about last winter. She was seen at the clinic of Dr.\n"
        "Smith in May, where a cognitive screen was abnormal, and was then referred to our\n"
        "memory service. Her mother had dementia and lived in a nursing home for ten years or\n"
        "Even longer.\n\nPLAN\nReturn in May"
    )
    sentences = [text[start:end] for start, end in split_sentences(text)]
    assert [re.sub(r"\s+", " ", sentence)[:20] for sentence in sentences] == [
        "She has trouble find",
        "She was seen at the ",
        "Her mother had demen",
        "PLAN",
        "Return in May",
    ]


@pytest.mark.parametrize(
    "marked",
    [
        "Patient denies any\nfalls or\ntremor today.\n | She is tired.",
        "She reports no memory\nloss and no confusion\nor falls at home.\n | Sleeps well.",
        "There is no history of\nAlzheimer disease.\n | Sleeps well.",
        "Denied by patient:\n | memory loss\n | tremor",
        "memory loss\n | confusion\n | falls",
        "Memory loss\n | confusion\n | falls",
        "- denies any\n  falls.\n | - tremor",
        "Falls? N\n | Memory problems? N\n | Tremor? Y",
        "Any falls? No. | Any tremor? Yes, since May. | Why? | No answer!",
        "FALLS AND\n | Tremor is seen.",
        "Falls?\nNo\n | Tremor?\nYes\n | Why?\n | No answer is known.",
    ],
)
def test_short_lines_and_answers(marked: str) -> None:
    text = marked.replace("\n | ", "\n").replace(" | ", " ")
    expected = [piece.strip() for piece in marked.split(" | ")]
    assert [text[start:end] for start, end in split_sentences(text)] == expected


def test_a_sentence_has_an_end() -> None:
    text = "word " * 1_000 + "x" * 5_000
    spans = split_sentences(text)
    assert max(end - start for start, end in spans) <= LONGEST
    assert "".join(text[start:end] for start, end in spans).replace(" ", "") == text.replace(" ", "")


def test_windows_line_ends_and_blank_text() -> None:
    text = "Forgetful.\r\n\r\n- falls\r\n- tremor\r\n"
    assert [text[start:end] for start, end in split_sentences(text)] == ["Forgetful.", "- falls", "- tremor"]
    assert split_sentences("") == []
    assert split_sentences(" \n\t \n") == []


@given(st.text(alphabet="aB1. ,?!\n\r-:()\"'&é\u2028", max_size=200))
def test_every_visible_character_is_in_exactly_one_sentence(text: str) -> None:
    covered = [0] * len(text)
    previous = 0
    for start, end in split_sentences(text):
        assert previous <= start < end
        assert text[start:end] == text[start:end].strip()
        previous = end
        for position in range(start, end):
            covered[position] += 1
    for character, times in zip(text, covered, strict=True):
        assert times == 1 or (times == 0 and character.isspace())


def test_long_text_takes_linear_time() -> None:
    started = time.perf_counter()
    split_sentences("word " * 200_000)
    split_sentences("3. " * 100_000)
    split_sentences("a" * 500_000 + "\n" * 100_000)
    for unit in (" ", ".", "!", "-", "memory", "A. ", "x\r\n", "denies any\n"):
        split_sentences("She said" + unit * (400_000 // len(unit)) + "so.")
    assert time.perf_counter() - started < 5
