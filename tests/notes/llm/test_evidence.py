import pytest

from dualalign.notes.llm.evidence import split_evidence

NOTE = 'HISTORY: Forgets names, "all of them".\nPLAN: Return in May.'


@pytest.mark.parametrize(
    "block",
    [
        'EVIDENCE\n1: "Forgets names"\n2: "Return in May"',
        "Evidence:\n1. Forgets names\n2. Return in May.",
        '**EVIDENCE**\n- 1: "Forgets names"\n- 2: "Return in May"',
        "--- EVIDENCE ---\n1 - “Forgets names”\n2 - “Return in May”",
        '```evidence\n1: "Forgets names"\n2: "Return in May"\n```',
        'EVIDENCE\n```json\n[{"item": 1, "words": "Forgets names"}, {"item": 2, "words": "Return in May"}]\n```',
        '[{"item": 1, "words": "Forgets names"}, {"number": "2", "quote": ["Return in May"]}]',
        '```json\n{"1": "Forgets names", "2": "Return in May"}\n```',
        'EVIDENCE\n[[1, "Forgets names"], [2, "Return in May"]]',
        'EVIDENCE\n1: "Forgets\nnames"\n2: "Return in May"'.replace("\nnames", " names"),
    ],
)
def test_evidence_is_read_in_the_forms_that_models_give(block: str) -> None:
    note, evidence = split_evidence(f"{NOTE}\n\n{block}\n")
    assert note.strip() == NOTE
    assert evidence is not None
    assert {number: words[0].rstrip(".") for number, words in evidence.items()} == {
        1: "Forgets names",
        2: "Return in May",
    }


def test_a_note_without_a_block_has_no_evidence() -> None:
    for text in (NOTE, f"{NOTE}\n1. Forgets names", "PLAN:\nEvidence of a fall was sought.\n1. X-ray hip"):
        assert split_evidence(text) == (text, None)


def test_an_item_without_words_is_told_from_one_left_out() -> None:
    _, evidence = split_evidence(f'{NOTE}\nEVIDENCE\n1: "Forgets names"\n2: none\n')
    assert evidence == {1: ("Forgets names",), 2: ()}


def test_several_quotes_of_one_item_are_kept() -> None:
    _, evidence = split_evidence(f'{NOTE}\nEVIDENCE\n1: "Forgets names"; "Return in May"\n')
    assert evidence == {1: ("Forgets names", "Return in May")}
