"""Contradictions in records written by hand: what must be found, and what must not."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualalign.measures.contradictions import KINDS, ContradictionFinder
from dualalign.measures.contradictions.dates import head_dates
from dualalign.measures.contradictions.patients import Patient, Told, Visit
from dualalign.measures.contradictions.people import age_on
from dualalign.packs import load_pack

INDEX = date(2018, 6, 1)
BORN = date(1938, 3, 9)
STAGES = ("early_prodromal", "mci", "mild", "moderate")

CLEAN = (
    (9.0, "early_prodromal", [("mmse", 29.0)], [
        "This 71-year-old right-handed woman is seen for blood pressure.",
        "She reports hearing loss for several years.",
        "Her mother had Alzheimer disease.",
        "MMSE 29/30.",
    ]),
    (4.0, "mci", [("mmse", 25.0), ("moca", 19.0)], [
        "She is a 76-year-old, right-handed woman referred for testing.",
        "Her husband Frank has noticed that she repeats herself.",
        "New onset word-finding difficulty this spring.",
        "25/30 on the MMSE, MoCA 19/30.",
        "She denies hallucinations and insomnia.",
        "Will review MMSE at follow-up in 10 to 14 days.",
    ]),
    (1.5, "moderate", [("mmse", 18.0)], [
        "Frank (husband) says she no longer cooks and needs help with bathing.",
        "He is worried.",
        "MMSE was 18/30; previously 25/30.",
        "Donepezil 10 mg nightly, tolerating well.",
        "No sudden hearing loss.",
        "Dementia, cause under evaluation.",
    ]),
)  # fmt: skip
"""(years before the index date, stage, scores, sentences) of a record in which all can be true."""


@pytest.fixture(scope="module")
def pack():
    return load_pack("alzheimers")


@pytest.fixture(scope="module")
def finder(pack) -> ContradictionFinder:
    return ContradictionFinder(pack, "clinical")


def visit(number, years, stage, sentences, scores=(), medicines=(), told=()) -> Visit:
    day = INDEX - timedelta(days=round(years * 365.25))
    return Visit(
        note_id=f"P1-{number:04d}",
        date=day,
        years_before=years,
        age=age_on(BORN, day),
        stage=stage,
        relation="husband",
        name="Frank",
        diagnosis_made=False,
        scores=[{"instrument": name, "value": value} for name, value in scores],
        medicines=[{"drug": drug, "action": action} for drug, action in medicines],
        head=f"OFFICE VISIT\nDate: {day:%m/%d/%Y}\n",
        sentences=list(sentences),
        told=list(told),
    )


def patient(visits, sex="female", **factors) -> Patient:
    informants = (("husband", "Frank"), ("daughter", "Ann"))
    return Patient("P1", True, sex, BORN, INDEX, informants, {"marital": "married", **factors}, list(visits))


def clean_visits() -> list[Visit]:
    medicines = [(), (), (("donepezil", "continue"),)]
    return [
        visit(number, years, stage, sentences, scores, medicines[number])
        for number, (years, stage, scores, sentences) in enumerate(CLEAN)
    ]


def kinds_after(finder, *sentences, before=(), stage="mild", **given) -> set[str]:
    """Kinds found where some sentences follow a note that holds others."""
    visits = [visit(0, 6.0, "mci", before), visit(1, 3.0, stage, sentences, **given)]
    return {each.kind for each in finder.find(patient(visits))}


def test_a_record_in_which_all_can_be_true_has_none(finder) -> None:
    assert list(finder.find(patient(clean_visits()))) == []


@pytest.mark.parametrize(
    ("kind", "number", "sentence"),
    [
        ("score_disagrees", 2, "MoCA 12/30."),
        ("score_off_stage", 0, "MMSE 17/30."),
        ("score_rise", 2, "MoCA 29/30, normal for education."),
        ("drug_too_early", 0, "We discussed lecanemab."),
        ("drug_off_stage", 0, "Start memantine 5 mg daily."),
        ("drug_not_listed", 1, "Continue donepezil 10 mg nightly."),
        ("name_too_early", 0, "Amyloid PET was negative."),
        ("new_twice", 2, "New onset word-finding difficulty."),
        ("loss_out_of_order", 1, "She needs help with dressing."),
        ("symptom_denied", 2, "She denies hearing loss."),
        ("found_normal", 2, "Hearing intact to whisper."),
        ("outside_horizon", 1, "Personality change compared with 2019 notes."),
        ("diagnosis_early", 1, "She has Alzheimer's disease."),
        ("diagnosis_early", 0, "Impression: dementia."),
        ("diagnosis_early", 0, "Her daughter, who has noticed more slips, says she has dementia."),
        ("informant_changed", 2, "Her husband Walter brought the pill box."),
        ("informant_changed", 2, "Ann (niece) called."),
        ("informant_changed", 2, "Her wife drove."),
        ("sex_disagrees", 0, "Pleasant gentleman in no distress."),
        ("sex_disagrees", 2, "He walks daily."),
        ("age_disagrees", 1, "This is a 75-year-old woman with a healing fracture."),
        ("fact_changed", 1, "She is a left-handed woman."),
        ("wrong_sex", 1, "Prostate cancer, on surveillance."),
        ("marriage_changed", 1, "Widowed, two grown children."),
    ],
)
def test_one_sentence_that_cannot_be_true_is_found(finder, kind, number, sentence) -> None:
    visits = clean_visits()
    visits[number].sentences.append(sentence)
    found = [each for each in finder.find(patient(visits)) if each.where == sentence]
    assert kind in {each.kind for each in found}
    assert {each.note_id for each in found} == {f"P1-{number:04d}"}


@pytest.mark.parametrize(
    ("kind", "number", "change"),
    [
        ("outside_horizon", 0, {"date": INDEX + timedelta(days=3)}),
        ("outside_horizon", 0, {"years_before": 2.0}),
        ("header_date", 1, {"head": "OFFICE VISIT\nDate: 2001-01-31\n"}),
        ("age_disagrees", 1, {"age": 60}),
        ("informant_changed", 1, {"name": "Walter"}),
        ("informant_changed", 1, {"relation": "nephew"}),
        ("score_off_stage", 0, {"scores": [{"instrument": "cdr_sb", "value": 12.0}]}),
        ("drug_off_stage", 0, {"medicines": [{"drug": "memantine", "action": "start"}]}),
        ("drug_too_early", 0, {"medicines": [{"drug": "lecanemab", "action": "start"}]}),
    ],
)
def test_one_row_that_cannot_be_true_is_found(finder, kind, number, change) -> None:
    visits = clean_visits()
    for name, value in change.items():
        setattr(visits[number], name, value)
    found = list(finder.find(patient(visits)))
    assert (kind, f"P1-{number:04d}") in {(each.kind, each.note_id) for each in found}


@pytest.mark.parametrize(
    "sentence",
    [
        "Her aunt was diagnosed with Alzheimer disease in her seventies.",
        "Her brother w/ Alzheimer's is in hospice.",
        "The patient's godfather passed in 1982 of dementia.",
        "Acts as the main caregiver for her aunt, who has dementia.",
        "R/o dementia, EEG planned.",
        "Unlikely to be Alzheimer's.",
        "The patient's first husband died in 1971 of dementia.",
        "She is the caregiver for her friend, who has dementia.",
        "We discussed donepezil, which she declined.",
        "Her daughter Ann is 50 years old.",
        "Her brother came along.",
        "Her brother came along. He drove.",
        "Return to the ER for hallucinations or vomiting.",
        "The lesion is unchanged since 1991.",
        "MMSE to be repeated next visit.",
        "Platelets 2019 K.",
    ],
)
def test_what_could_be_true_is_left_alone(finder, sentence) -> None:
    assert kinds_after(finder, sentence, stage="mci") == set()


@pytest.mark.parametrize(
    ("later", "contradicts"),
    [
        ("She denies memory loss.", True),
        ("No history of memory loss.", True),
        ("She denies fever, memory loss or rash.", True),
        ("There is no memory loss today.", False),
        ("She denies sudden memory loss after the fall.", False),
        ("She does not deny memory loss.", False),
        ("Her sister has no memory loss.", False),
        ("Screen for memory loss.", False),
    ],
)
def test_only_a_denial_of_the_whole_symptom_contradicts(finder, later, contradicts) -> None:
    kinds = kinds_after(finder, later, before=["She reports memory loss."])
    assert ("symptom_denied" in kinds) is contradicts


def test_an_episodic_symptom_may_be_gone(finder) -> None:
    assert kinds_after(finder, "She denies insomnia.", before=["She reports insomnia."]) == set()


def test_one_note_may_hold_two_voices(finder) -> None:
    assert kinds_after(finder, "She denies memory loss.", "Her son reports memory loss.") == set()


def test_the_mentions_table_says_what_other_words_mean(finder) -> None:
    """ "He hands the mail to her" is a loss of finances only by the table."""
    before = visit(0, 6.0, "mild", ["She hands the mail to her son."])
    before.told = [Told("finances", "affirmed", "ongoing", 0)]
    after = visit(1, 3.0, "mild", ["She is able to manage the checkbook unaided."])
    assert [each.kind for each in finder.find(patient([before, after]))] == ["function_regained"]
    before.told = [Told("finances", "negated", "ongoing", 0)]
    assert list(finder.find(patient([before, after]))) == []


def test_a_claim_is_one_contradiction_however_many_symptoms_it_denies(finder) -> None:
    before = ["She needs help with bathing.", "She needs help with dressing.", "She no longer cooks."]
    visits = [visit(0, 6.0, "moderate", before), visit(1, 3.0, "moderate", ["Independent in all ADLs."])]
    assert [each.kind for each in finder.find(patient(visits))] == ["function_regained"]


def test_a_drug_may_be_on_the_list_and_in_the_text(finder) -> None:
    kinds = kinds_after(finder, "Refill donepezil 10 mg nightly.", medicines=[("donepezil", "continue")])
    assert kinds == set()


def test_a_profile_without_a_calendar_knows_no_early_names(pack) -> None:
    visits = [visit(0, 9.0, "mci", ["Amyloid PET was negative.", "We discussed lecanemab."])]
    assert list(ContradictionFinder(pack, "paper").find(patient(visits))) == []


def test_a_nonbinary_patient_is_neither_he_nor_she(finder) -> None:
    visits = [visit(0, 6.0, "mci", ["He walks daily."])]
    assert [each.kind for each in finder.find(patient(visits, sex="nonbinary"))] == ["sex_disagrees"]


def test_every_kind_is_described_and_prints_its_place(finder) -> None:
    visits = clean_visits()
    visits[0].sentences.append("MMSE 17/30.")
    found = list(finder.find(patient(visits)))
    assert {each.kind for each in found} <= set(KINDS)
    assert "P1-0000" in str(found[0])
    assert "MMSE 17/30." in str(found[0])


@given(st.data())
def test_a_score_within_its_noise_is_never_found(pack, finder, data) -> None:
    stage = data.draw(st.sampled_from(STAGES))
    name = data.draw(st.sampled_from(["mmse", "moca", "cdr_sb"]))
    test = pack.instruments.instrument(name)
    low, high = pack.stages.stage(stage).scores[name]
    true = data.draw(st.floats(low, high))
    error = data.draw(st.floats(-1, 1)) * pack.stages.course.noise_limit * test.noise_sd
    value = min(max(round((true + error) / test.step) * test.step, test.minimum), test.maximum)
    assert list(finder.find(patient([visit(0, 3.0, stage, [], [(name, value)])]))) == []


@given(st.dates(date(1990, 1, 1), date(2030, 12, 31)), st.booleans())
def test_a_date_in_the_head_is_read_in_both_forms(day, iso) -> None:
    assert head_dates(f"NOTE\nDate: {day.isoformat() if iso else day.strftime('%m/%d/%Y')}\n") == [day]
