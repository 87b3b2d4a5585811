"""What a chart contradicts, sentence by sentence, in records written by hand."""

from datetime import date

import pytest

from dualalign.measures.contradictions import KINDS, UNLIKELY, ContradictionFinder
from dualalign.measures.contradictions.patients import Chart, Patient, Told, Visit
from dualalign.packs import load_pack

BORN = date(1940, 3, 1)
INDEX = date(2020, 6, 1)


@pytest.fixture(scope="module")
def finder() -> ContradictionFinder:
    return ContradictionFinder(load_pack("alzheimers"), "clinical")


def note(number: int, *said: tuple[str, str], setting: str = "primary_care", **given) -> Visit:
    """A visit whose note holds (section, sentence) pairs."""
    day = date(2015 + number, 5, 20)
    return Visit(
        note_id=f"P1-{number:04d}",
        date=day,
        years_before=(INDEX - day).days / 365.25,
        age=day.year - BORN.year,
        stage="mild",
        relation="husband",
        name="Frank",
        diagnosis_made=False,
        scores=given.get("scores", []),
        medicines=[],
        head=f"NOTE\nDate: {day.isoformat()}\n",
        sentences=[sentence for _, sentence in said],
        told=given.get("told", []),
        note_type=setting,
        starts=[100 * place for place in range(len(said))],
        sections=[section for section, _ in said],
    )


def kinds(
    finder, *visits: Visit, chart: Chart | None = None, sex: str = "female", work: str = ""
) -> set[str]:
    person = Patient(
        "P1", True, sex, BORN, INDEX, (("husband", "Frank"),), {}, list(visits), work, chart or Chart()
    )
    return {each.kind for each in finder.find(person)}


COURSE = {
    "course": 0,
    "drug": "lisinopril",
    "action": "start",
    "dose": "10 mg daily",
    "date": date(2014, 1, 1),
}
LISTED = Chart(medications=[COURSE], conditions=[], events=[], family=[], measurements=[])


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("Lisinopril 10 mg daily.", None),
        ("Lisinopril 20 mg daily.", "dose_off_list"),
        ("Lisinopril 90 mg daily.", "dose_off_table"),
        ("Metformin 500 mg twice daily.", "drug_not_listed"),
        ("Tamsulosin 0.4 mg daily.", "wrong_sex"),
    ],
)
def test_medicines_are_held_against_table_list_and_sex(finder, sentence, kind) -> None:
    found = kinds(finder, note(0, ("medications", sentence)), chart=LISTED)
    assert (kind in found) if kind else not found


def test_a_dose_that_changed_before_is_the_new_one(finder) -> None:
    raised = {**COURSE, "action": "increase", "dose": "20 mg daily", "date": date(2015, 5, 19)}
    chart = Chart(medications=[COURSE, raised])
    assert not kinds(finder, note(0, ("medications", "Lisinopril 20 mg daily.")), chart=chart)
    assert "dose_off_list" in kinds(finder, note(1, ("medications", "Lisinopril 10 mg daily.")), chart=chart)


def test_a_drug_is_not_given_against_an_allergy(finder) -> None:
    visit = note(0, ("allergies", "Lisinopril (cough)."), ("plan", "Start enalapril 5 mg twice daily."))
    assert "drug_despite_allergy" in kinds(finder, visit)


PAIRS = [
    ("job_changed", "social", "Retired carpenter.", "Works as plumber."),
    ("job_changed", "social", "Retired in 2001.", "Retired in 2004."),
    ("marriage_changed", "social", "Widowed.", "Married."),
    ("marriage_changed", "social", "Divorced in 1981.", "Divorced in 1986."),
    ("schooling_changed", "social", "12 years of education.", "Completed 8 years of school."),
    ("living_changed", "social", "Lives in a nursing home.", "Lives alone."),
    ("function_regained", "social", "No longer drives.", "Still drives."),
    ("fact_changed", "history", "She is right-handed.", "She is left-handed."),
    ("fact_changed", "social", "Never smoked.", "Smoked one pack a day."),
    ("device_disagrees", "examination", "Gait slow with a walker.", "Walks without assistance."),
    ("device_disagrees", "examination", "In a wheelchair.", "Ambulates with a cane."),
    ("family_changed", "family", "Mother died at 81 of pneumonia.", "Mother died at 74 of pneumonia."),
    ("family_changed", "family", "Father died of a stroke at 70.", "Father died of colon cancer at 70."),
    ("family_changed", "family", "Father died of a stroke at 70.", "Father is living."),
    ("family_changed", "family", "Mother had dementia.", "No family history of dementia."),
    ("operation_changed", "past", "Surgeries: appendectomy 1961.", "Surgeries: appendectomy 1964."),
    ("allergy_changed", "allergies", "Penicillin (rash).", "NKDA."),
    ("allergy_changed", "allergies", "Penicillin (rash).", "Penicillin (hives)."),
]


@pytest.mark.parametrize(("kind", "section", "first", "then"), PAIRS)
def test_what_changes_between_two_notes_is_found_and_what_stays_is_not(
    finder, kind, section, first, then
) -> None:
    assert kind in kinds(finder, note(0, (section, first)), note(1, (section, then)))
    assert kind not in kinds(finder, note(0, (section, first)), note(1, (section, first)))


@pytest.mark.parametrize(
    ("section", "first", "then"),
    [
        ("social", "Works as plumber.", "Retired plumber."),
        ("social", "Lives alone.", "Lives in a nursing home."),
        ("social", "Still drives.", "Has given up driving."),
        ("examination", "Walks without assistance.", "Gait slow with a cane."),
        ("family", "No family history of dementia.", "Mother had dementia."),
    ],
)
def test_a_life_may_go_on(finder, section, first, then) -> None:
    assert not kinds(finder, note(0, (section, first)), note(1, (section, then))) - UNLIKELY


def test_a_slip_is_one_contradiction_however_often_the_fact_is_told(finder) -> None:
    visits = [note(number, ("social", "Retired carpenter.")) for number in range(4)]
    visits[1] = note(1, ("social", "Retired dentist."))
    person = Patient("P1", True, "female", BORN, INDEX, (), {}, visits)
    found = [each for each in finder.find(person) if each.kind == "job_changed"]
    assert [(each.note_id, each.words, each.against) for each in found] == [
        ("P1-0001", "Retired dentist", "P1-0000")
    ]
    assert (found[0].start, found[0].end) == (0, len("Retired dentist"))


IN_ONE_NOTE = [
    ("value_disagrees", [("vitals", "BP 120/70, HR 66."), ("vitals", "BP 151/88.")]),
    ("wrong_setting", [("plan", "Estimated blood loss was 40 mL.")]),
    ("speaker_cannot_know", [("history", "Her husband reports brisk reflexes.")]),
    ("speaker_cannot_know", [("history", "She reports poor insight.")]),
    ("both_said", [("history", "She has a fever."), ("history", "No fever or chills.")]),
    ("danger_unanswered", [("history", "She left the burner on."), ("plan", "Return in a month.")]),
    ("danger_unanswered", [("history", "She wants to die."), ("plan", "Return in a month.")]),
    ("assessment_unsupported", [("history", "Knee pain."), ("assessment", "Dysphagia, stable.")]),
    ("assessment_unsupported", [("history", "Knee pain."), ("assessment", "Epilepsy, stable.")]),
    ("plan_unsupported", [("history", "Knee pain."), ("plan", "Repeat INR next week.")]),
]


@pytest.mark.parametrize(("kind", "said"), IN_ONE_NOTE)
def test_what_one_note_holds_against_itself_is_found(finder, kind, said) -> None:
    assert kind in kinds(finder, note(0, *said))


@pytest.mark.parametrize(
    "said",
    [
        [("past", "Obesity."), ("vitals", "Weight 100 kg."), ("assessment", "Obesity, weight 220 lb.")],
        [("history", "Her husband reports that she repeats herself.")],
        [("history", "Her husband reports fever."), ("history", "She denies headache.")],
        [("history", "She left the burner on."), ("plan", "Stove shutoff device advised.")],
        [("history", "No falls, wandering or choking."), ("plan", "Return in a month.")],
        [("history", "Trouble swallowing."), ("assessment", "Dysphagia, stable.")],
        [("past", "Seizure disorder, epilepsy."), ("assessment", "Epilepsy, stable.")],
        [("medications", "Warfarin 5 mg daily."), ("plan", "Repeat INR next week.")],
        [("history", "Headaches resolved."), ("history", "She denies headache.")],
    ],
)
def test_what_hangs_together_is_left_alone(finder, said) -> None:
    ours = {kind for kind, _ in IN_ONE_NOTE}
    assert not kinds(finder, note(0, *said)) & ours


def test_results_and_earlier_scores_are_held_against_the_tables(finder) -> None:
    rows = [{"measurement": "tsh", "date": date(2014, 3, 2), "value": 2.13}]
    chart = Chart(measurements=rows)
    assert not kinds(finder, note(0, ("results", "TSH 2.1 (3/2/14).")), chart=chart)
    assert "value_disagrees" in kinds(finder, note(0, ("results", "TSH 4.1 (3/2/14).")), chart=chart)
    mmse = [{"instrument": "mmse", "value": 22.0, "name": "MMSE", "maximum": 30.0}]
    first = note(0, ("testing", "MMSE 22/30."), scores=mmse)
    later = [{**mmse[0], "value": 21.0}]
    right = note(1, ("testing", "MMSE 21/30, was 22 in May 2015."), scores=later)
    wrong = note(1, ("testing", "MMSE 21/30, was 25 in May 2015."), scores=later)
    assert not kinds(finder, first, right)
    assert kinds(finder, first, wrong) == {"score_disagrees"}


def test_an_illness_is_listed_from_its_onset_on(finder) -> None:
    chart = Chart(conditions=[{"condition": "gout", "name": "gout", "onset": date(2016, 1, 1)}])
    listed = ("past", "Gout.")
    assert "condition_not_listed" in kinds(finder, note(0, listed), chart=chart)
    assert "condition_not_listed" not in kinds(finder, note(1, listed), chart=chart)


def test_two_voices_may_disagree_and_tables_may_not(finder) -> None:
    """A symptom told by the table and denied in words is found; one told by an informant is not."""
    told = [Told("insomnia", "affirmed", "ongoing", 0)]
    said = [("history", "Nights are bad."), ("history", "She denies insomnia.")]
    assert "both_said" in kinds(finder, note(0, *said, told=told))
    said[0] = ("history", "Her husband says that nights are bad.")
    assert "both_said" not in kinds(finder, note(0, *said, told=told))


def test_two_tests_of_one_day_are_of_one_patient(finder) -> None:
    def scored(mmse: float, moca: float) -> list[dict]:
        return [{"instrument": "mmse", "value": mmse}, {"instrument": "moca", "value": moca}]

    assert "scores_apart" not in kinds(finder, note(0, scores=scored(22, 16)))
    assert "scores_apart" in kinds(finder, note(0, scores=scored(22, 5)))


def test_an_order_wants_its_result_within_a_year(finder) -> None:
    ordered, later = note(0, ("plan", "Check TSH.")), note(2, ("history", "Doing well."))
    assert "order_without_result" in kinds(finder, ordered, later)
    assert "order_without_result" not in kinds(finder, ordered, note(1, ("results", "TSH normal.")), later)
    assert "order_without_result" not in kinds(finder, ordered)


def test_soft_kinds_are_known() -> None:
    assert set(KINDS) > UNLIKELY
