"""In each note the lines marked `> ` stand under a heading or lead-in that speaks them away from the patient."""

import pytest

from dualalign.labels import RulesAnnotator
from dualalign.packs import load_pack
from dualalign.reading import split_sentences

NOTES = {
    "family history over lines": "FAMILY HISTORY\n> Father - depression\n> Dementia\n\nSOCIAL HISTORY\nForgetful, lives alone.",
    "family history and a blank line": "Family History\n\n> Aunt demented, uncle well\n> Depression\n\nHPI\nForgetful.",
    "family history on its line": "> Family History: Stroke. Dementia. Depression.\n\nShe is forgetful.",
    "next heading on the line": "> FAMILY HISTORY: Dementia.\nSOCIAL HISTORY: Forgetful.",
    "the patient named": "FAMILY HISTORY\n> Dementia\nPatient is forgetful.",
    "warnings": "Return to the clinic for any of these:\n> - confusion\n> - falls\n\nShe is forgetful.",
    "warnings without a colon": "Call us for\n> - confusion\n> - falls\n\nShe is forgetful.",
    "warnings on the line": "> Return for: confusion. Falls. Agitation.\nShe is forgetful.",
    "warnings over plain lines": "Return for:\n> confusion\n> falls\nShe is forgetful.",
    "family history by a short name": "Fam Hx:\n> dementia\n> depression\n\nROS:\nforgetful",
    "a line that ended": "> Denies: falls. Tremor.\nForgetful today.",
    "denials": "She denies:\n> - memory loss\n> - hallucinations\n\nHPI\nForgetful.",
    "denials numbered": "Denies:\n> 1. memory loss\n> 2. hallucinations\nShe is forgetful.",
    "denials over blank lines": "He denies:\n\n> - memory loss\n\n> - falls\n\nForgetful at home.",
    "denials begun on the line": "> Denies: memory loss\n> hallucinations\nAdmits: forgetful",
    "denials at the end of a line": "Seen today. He denies:\n> * falls\n> * tremor\nHe is forgetful.",
    "negative": "Negative for:\n> - falls\n> - tremor\n\nPositive for:\n- forgetful",
    "goals": "GOALS\n> Fewer falls\n> Less anxiety\n\nASSESSMENT\nForgetful.",
    "risks": "Risks:\n> - falls\n> - confusion\n\nPLAN\nForgetful, to be seen again.",
    "problems are not denied": "Problems:\n- forgetful\n- falls",
}


@pytest.fixture(scope="module")
def rules() -> RulesAnnotator:
    return RulesAnnotator(load_pack("alzheimers"))


@pytest.mark.parametrize("marked", NOTES.values(), ids=NOTES.keys())
def test_what_stands_under_a_lead_is_read_as_its_part(rules: RulesAnnotator, marked: str) -> None:
    note = marked.replace("> ", "")
    away = [line.removeprefix("> ") for line in marked.split("\n") if line.startswith("> ")]
    sentences = [note[start:end] for start, end in split_sentences(note)]
    labelled = [
        text for text, found in zip(sentences, rules.annotate(sentences, note), strict=True) if found.labels
    ]
    assert labelled
    assert [text for text in labelled if any(text in line for line in away)] == []
    assert all("orgetful" in text or "falls" in text for text in labelled)


def test_sentences_that_are_no_note_do_not_touch_each_other(rules: RulesAnnotator) -> None:
    found = rules.annotate(["FAMILY HISTORY", "Dementia.", "She denies:", "- falls"])
    assert [bool(each.labels) for each in found] == [False, True, False, True]


def test_a_sentence_left_out_loses_no_heading(rules: RulesAnnotator) -> None:
    note = "FAMILY HISTORY\nDementia.\n\nHPI\nForgetful."
    found = rules.annotate(["Dementia.", "Forgetful."], note)
    assert [each.labels for each in found] == [(), ("cognitive",)]
