import re

import pytest

from dualalign.notes.llm.mention_finder import MentionFinder
from dualalign.packs import Pack

_MARK = re.compile(r"<(\w+)>(.*?)</\1>")


@pytest.fixture(scope="module")
def finder(pack: Pack) -> MentionFinder:
    return MentionFinder(pack)


@pytest.mark.parametrize(
    ("term", "marked"),
    [
        ("memory", "He has <present>memory loss</present> since spring."),
        ("memory", "<absent>Memory</absent>: intact."),
        ("memory", "His mother had <others>memory loss</others>."),
        ("memory", "Here for follow-up; <unclear>memory</unclear> was discussed."),
        ("hearing", "<present>Hearing</present> is impaired on the left."),
        ("wandering", "No falls, no <absent>wandering</absent>."),
        ("managing_medications", "She denies trouble <absent>managing her medications</absent>."),
        ("word_finding", "He reports <present>trouble finding words</present>."),
        ("hyposmia", "<absent>Hyposmia</absent>: absent"),
        ("anosmia", "Reports <present>hyposmia</present>."),
    ],
)
def test_reads_how_a_term_is_said(finder: MentionFinder, term: str, marked: str) -> None:
    match = _MARK.search(marked)
    assert match is not None
    sentence = marked[: match.start()] + match[2] + marked[match.end() :]
    place = finder.find(sentence, "", frozenset({finder.meant(term)}))[0]
    assert sentence[place.start : place.end] == match[2]
    assert place.said.value == match[1]


def test_a_list_is_read_with_the_line_that_introduces_it(finder: MentionFinder) -> None:
    wanted = frozenset({"wandering"})
    alone, listed = (finder.find("- wandering", lead, wanted)[0] for lead in ("", "Denies the following:"))
    assert (alone.said.value, listed.said.value) == ("present", "absent")
    assert listed.start == 2


@pytest.mark.parametrize(
    "sentence", ["Follow-up in three months.", "He mentions the garden.", "Blood pressure fine."]
)
def test_ordinary_words_are_no_symptoms(finder: MentionFinder, sentence: str) -> None:
    wanted = frozenset(map(finder.meant, ("understand", "lapse", "memory", "apathy", "trouble_finding")))
    assert finder.find(sentence, "", wanted) == []


def test_most_wordings_of_the_lexicon_are_found_as_present_and_as_denied(
    finder: MentionFinder, pack: Pack
) -> None:
    present = absent = forms = 0
    for term in pack.lexicon.terms().values():
        wanted = frozenset({finder.meant(term.id)})
        for form in term.surface_forms:
            said = [finder.find(text.format(form), "", wanted) for text in ("Has {}.", "Denies {}.")]
            forms += 1
            present += any(place.said.value in ("present", "unclear") for place in said[0])
            absent += any(place.said.value == "absent" for place in said[1])
    assert present / forms > 0.9
    assert absent / forms > 0.9
