"""Each sentence marks what it affirms by label, and by <none> what must earn no label."""

import re
import time
from dataclasses import replace

import pytest

from dualalign.errors import LabelError
from dualalign.labels import RulesAnnotator
from dualalign.packs import load_pack
from dualalign.reading import split_sentences

MARK = re.compile(r"<(/?)(\w+)>")
IDS = {
    "cog": "cognitive",
    "con": "concern",
    "ass": "assistance",
    "phy": "physiological",
    "neu": "neuropsychiatric",
}

AFFIRMED = [
    "She has had <cog>short-term memory loss</cog> for a year.",
    "<cog>Forgets names</cog> and <cog>repeats questions</cog>.",
    "Seems somewhat <cog>confused</cog> today.",
    "He has trouble with <phy>walking and balance</phy>, with <phy>bladder control</phy>, and with <cog>memory</cog>.",
    "<cog>Memory</cog>, attention and language were all severely impaired.",
    "Alert and <cog>oriented to person and place, but not date</cog>.",
    "<cog>A&O x2</cog>.",
    "<cog>Recalled 1 of 3 words</cog> at five minutes.",
    "Possible <neu>depression</neu>.",
    "Zoloft for her <neu>depression</neu>.",
    "History of <neu>anxiety</neu> and hypertension.",
    "Affect <neu>flat</neu>; <neu>insight and judgment are poor</neu>.",
    "Became <neu>agitated</neu> and <neu>combative</neu> overnight.",
    "<phy>Gait is unsteady and wide-based</phy>.",
    "Walks with <phy>a walker</phy>.",
    "Has <phy>obstructive sleep apnea</phy>, on CPAP.",
    "<phy>Dysphagia</phy> to solids since May.",
    "<phy>Urinary incontinence</phy>, wears pads.",
    "She is <phy>hard of hearing</phy>.",
    "He <ass>requires assistance with bathing</ass> and dressing.",
    "Lives in <ass>assisted living</ass>.",
    "She <ass>no longer drives</ass>.",
    "Her <ass>power of attorney</ass> signed.",
    "His <con>wife reports</con> that he has been <cog>getting lost</cog> while driving.",
    "According to her <con>daughter</con>, she has been <neu>tearful</neu> and withdrawn.",
    "Her <con>neighbor is worried</con> about her.",
    "The <con>family states</con> that she has declined over six months.",
    "Her <con>husband, who is present, notes</con> <phy>two falls</phy> this month.",
]

NOT_AFFIRMED = [
    "Denies <none>memory loss</none>.",
    "No <none>hallucinations</none>, no <none>delusions</none>.",
    "Denies <none>depression</none>, <none>anxiety</none>, <none>insomnia</none> or <none>suicidal ideation</none>.",
    "Review of systems is negative for <none>incontinence</none>, <none>dysphagia</none> and <none>tremor</none>.",
    "<none>Memory</none> and <none>concentration</none> are intact.",
    "<none>Gait</none> normal. <none>Speech fluent</none>.",
    "She is alert and <none>oriented x3</none>.",
    "There is no evidence of <none>psychosis</none>.",
    "Eyes: (-) <none>blurred vision</none> (-) <none>double vision</none>.",
    "<none>Judgment and insight</none> are good.",
    "Her mother had <none>Alzheimer's disease</none>.",
    "FAMILY HISTORY: Father with <none>dementia</none>, sister with <none>depression</none>.",
    "Brother: <none>schizophrenia</none>.",
    "Family history of <none>dementia</none>.",
    "Call if <none>confusion</none> occurs.",
    "Risks include <none>loss of vision</none>, <none>confusion</none> and death.",
    "Rule out <none>dementia</none>.",
    "Referred to evaluate for <none>sleep apnea</none>.",
    "She should <none>not drive</none> for two days.",
    "Serous otitis can cause <none>hearing loss</none> in children.",
    "<none>Attention was turned</none> to the left knee.",
    "A sterile <none>dressing</none> was applied with <none>assistance</none>.",
    "He was the <none>driver</none> of the car.",
    "Irrigated with <none>balanced</none> salt solution.",
    "ST segment <none>depression</none> in lead II.",
    "<none>Aggressive</none> hydration was continued.",
    "<none>Bipolar</none> cautery was used.",
    "Works at a <none>nursing home</none>.",
    "Ambulates without <none>assistance</none> or <none>difficulty</none>.",
    "Mr. <none>Walker</none> returns for his knee.",
    "She <none>fell</none> asleep in the chair.",
    "Accompanied by her <none>daughter</none>.",
    "Her <none>husband states</none> that she took her pills.",
    "Her <none>son denies</none> any wandering.",
    "MMSE was <none>30/30</none>.",
    "Weight <none>loss</none> of ten pounds.",
]

MIXED = [
    "Denies <none>hallucinations</none> but is <neu>paranoid</neu>.",
    "No <none>falls</none>; has <phy>trouble sleeping</phy>.",
    "She is not <none>anxious</none>, however she is <neu>depressed</neu>.",
    "<cog>Memory is impaired</cog> but <none>attention</none> is normal.",
    "MMSE <cog>21/30</cog>, <none>gait</none> normal.",
    "He <cog>cannot remember</cog> conversations, with no <none>tremor</none>.",
    "Mother had <none>dementia</none>; the patient has <cog>confusion</cog>.",
]


@pytest.fixture(scope="module")
def annotator() -> RulesAnnotator:
    return RulesAnnotator(load_pack("alzheimers"))


@pytest.mark.parametrize("marked", AFFIRMED + NOT_AFFIRMED + MIXED)
def test_labels_follow_meaning(annotator: RulesAnnotator, marked: str) -> None:
    expected = {IDS[name] for closing, name in MARK.findall(marked) if not closing and name != "none"}
    (annotation,) = annotator.annotate([MARK.sub("", marked)])
    assert set(annotation.labels) == expected


def test_labels_come_in_the_scheme_s_order_with_words_for_people(annotator: RulesAnnotator) -> None:
    (annotation,) = annotator.annotate(["Her son says she is depressed, confused and falls often."])
    assert annotation.labels == ("cognitive", "concern", "physiological", "neuropsychiatric")
    assert annotation.source == "rules"
    assert "confused" in annotation.rationale
    assert 0 < annotation.confidence <= 1


def test_confidence_is_the_measured_reliability(annotator: RulesAnnotator) -> None:
    reliability = load_pack("alzheimers").patterns.reliability
    certain, empty = annotator.annotate(["She has dementia.", "The wound is clean."])
    assert certain.confidence == reliability["cognitive"]
    assert empty.confidence == reliability["none"]


def test_every_label_has_a_reliability() -> None:
    pack = load_pack("alzheimers")
    assert set(pack.patterns.reliability) == {
        "none",
        *(label.id for label in pack.labels.scheme("five").labels),
    }


def test_nothing_in_odd_text(annotator: RulesAnnotator) -> None:
    odd = ["", " ", "1234", "\x00\x00", "?" * 5000, "é" * 100, "(-)", ":" * 50]
    assert all(annotation.labels == () for annotation in annotator.annotate(odd))


def test_an_unknown_scheme_is_refused_with_the_known_ones() -> None:
    with pytest.raises(LabelError, match="no label scheme 'six' - use one of five, nine"):
        RulesAnnotator(load_pack("alzheimers"), scheme="six")
    with pytest.raises(LabelError, match="which scheme 'nine' lacks"):
        RulesAnnotator(load_pack("alzheimers"), scheme="nine")


@pytest.mark.parametrize(
    "unit", [" ", ".", "-", "_", "?", "[ ] ", "no falls ", "MMSE 20 -> ", "x\r\n", "Denies:\n- a\n"]
)
def test_time_is_linear_in_length(annotator: RulesAnnotator, unit: str) -> None:
    def seconds(length: int) -> float:
        note = "She has memory" + unit * (length // len(unit)) + " loss."
        started = time.process_time()
        annotator.annotate([note[start:end] for start, end in split_sentences(note)], note)
        annotator.annotate([note])
        return time.process_time() - started

    seconds(4_000)
    assert seconds(64_000) < 10 * seconds(16_000) + 0.5
    assert seconds(16_000) < 2


def test_no_sentence_takes_long(annotator: RulesAnnotator) -> None:
    long = [
        "no " * 3000,
        "mother has " * 1000,
        "memory, " * 2000,
        "denies " + "depression and anxiety, " * 300,
    ]
    started = time.perf_counter()
    annotator.annotate(long)
    assert time.perf_counter() - started < 20


def test_a_pack_may_say_that_a_purpose_counts() -> None:
    pack = load_pack("alzheimers")
    patterns = pack.patterns.model_copy(update={"purpose_counts": True})
    counting = RulesAnnotator(replace(pack, parts={**pack.parts, "patterns": patterns}))
    sentences = ["Sertraline 50 mg for depression.", "Zoloft for her depression."]
    assert [each.labels for each in counting.annotate(sentences)] == [("neuropsychiatric",)] * 2
    assert [each.labels for each in RulesAnnotator(pack).annotate(sentences)] == [(), ("neuropsychiatric",)]
