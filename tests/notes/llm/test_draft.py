import pytest

from dualalign.notes.llm.draft import DraftReader
from dualalign.packs import Pack

NOTE = "SUBJECTIVE: Doing well.\n\nPLAN: Return in May."


@pytest.fixture(scope="module")
def reader(pack: Pack) -> DraftReader:
    return DraftReader(pack)


@pytest.mark.parametrize(
    "reply",
    [
        NOTE,
        f"```\n{NOTE}\n```",
        f"```text\n{NOTE}\n```\n",
        f"Here is the clinical note:\n\n{NOTE}",
        f"Sure! Here's the revised note.\n{NOTE}",
        f"{NOTE}\n\nLet me know if you need anything else.",
        f"{NOTE}\n\n(Word count: 42)",
        NOTE.replace("SUBJECTIVE:", "**SUBJECTIVE:**").replace("PLAN:", "## PLAN:"),
        NOTE.replace("\n\n", "\n\n---\n\n").replace("\n", "\r\n").replace("\r\n---", "\n---"),
    ],
)
def test_what_wraps_a_note_is_removed(reader: DraftReader, reply: str) -> None:
    draft = reader.read(reply)
    assert [line for line in draft.text.split("\n") if line] == NOTE.split("\n\n")
    assert draft.headings == ("SUBJECTIVE", "PLAN")


@pytest.mark.parametrize(
    "text", ["Sure of the date, he names the month.", "Note: 2+ oedema.", "Weight 3 * 4 is 12."]
)
def test_what_a_note_says_is_kept(reader: DraftReader, text: str) -> None:
    assert reader.clean(f"EXAM:\n{text}") == f"EXAM:\n{text}"


def test_sentences_have_exact_spans_and_sections(reader: DraftReader) -> None:
    draft = reader.read(
        "Chief Complaint: Falls. Lives alone.\nExamination:\n- Gait slow.\nRecommendations: Physio."
    )
    assert all(draft.text[each.start : each.end] == each.text for each in draft.sentences)
    assert [each.section for each in draft.sentences] == ["chief"] * 2 + ["examination"] * 2 + ["plan"]


def test_a_heading_of_no_layout_is_sorted_by_its_words(reader: DraftReader) -> None:
    draft = reader.read("Bedside findings: Gait slow.\nSteps for the next visit, orders: Physio.")
    assert [each.section for each in draft.sentences] == ["objective", "plan"]


def test_a_list_item_is_read_with_its_lead(reader: DraftReader) -> None:
    items = reader.read("Denies:\n- memory loss\n- wandering\n\nReports memory loss.").sentences
    assert [each.lead for each in items] == ["", "Denies:", "Denies:", ""]
    assert [each.reading.affirmed for each in items] == [(), (), (), ("memory",)]
