from dataclasses import replace
from datetime import date

import pytest

from dualalign.notes.llm.checks import CHECKS
from dualalign.notes.prompts import Alignment
from dualalign.packs import Pack
from dualalign.trajectories.plan import Medicine, NotePlan, Style

from .conftest import ASKED, EVIDENCE, GOOD, Judge, mention


def test_a_good_note_passes_every_check(judge: Judge) -> None:
    assert judge(GOOD) == {}


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("mention_missing", "Denies trouble hearing.", ""),
        ("mention_polarity", "Denies trouble hearing.", "He is hard of hearing."),
        ("mention_polarity", "He has memory loss", "He denies memory loss"),
        ("symptom_unplanned", "Denies trouble hearing.", "Denies trouble hearing. He has hallucinations."),
        ("symptom_unplanned", "Denies trouble hearing.", "Denies trouble hearing. Has to be fed at meals."),
        ("score_missing", "MMSE 25/30.", ""),
        ("score_foreign", "MMSE 25/30.", "MMSE 25/30. MoCA 19/30."),
        ("score_foreign", "MMSE 25/30.", "MMSE 25/30. SLUMS 21/30."),
        ("score_foreign", "MMSE 25/30.", "MMSE 25/30. He scored 11 on the depression screen."),
        ("medicine_missing", "Start donepezil 5 mg nightly.", ""),
        ("drug_foreign", "5 mg nightly.", "5 mg nightly and memantine 5 mg daily."),
        ("drug_foreign", "5 mg nightly.", "5 mg nightly. Continue warfarin."),
        ("drug_foreign", "5 mg nightly.", "10 mg nightly."),
        ("diagnosis_early", "He has memory loss", "He has memory loss from Alzheimer's disease"),
        ("diagnosis_early", "Return", "AD suspected. Return"),
        ("diagnosis_early", "Return", "Early dementia. Return"),
        ("diagnosis_early", "Return", "Major NCD. Return"),
        ("too_early", "MMSE 25/30.", "MMSE 25/30. Meets DSM-5 criteria."),
        ("informant", "with his wife Edna", "today"),
        ("informant_name", "wife Edna", "wife Carol"),
        ("informant_name", "wife Edna", "wife Edna, daughter-in-law Edna,"),
        ("name_foreign", "Return in", "Dr. Patel agrees. Return in"),
        ("name_foreign", "Return in", "Walter called. Return in"),
        ("age", "He has", "This is a 71-year-old man. He has"),
        ("age", "Seen with", "71M. Seen with"),
        ("age", "He has", "He is 71. He has"),
        ("age", "He has", "Man in his fifties. He has"),
        ("sex", "Blood pressure 130/80.", "Blood pressure 130/80. Pulse 70. Lungs clear. She is well."),
        ("sex", "Seen with", "77F. Seen with"),
        ("life", "He has memory", "He is divorced. He has memory"),
        ("life", "He has memory", "Retired pharmacist. He has memory"),
        ("life", "He has memory", "College graduate. He has memory"),
        ("date_foreign", "Return in three months.", "Return on 08/11/2012."),
        ("date_foreign", "Return in three months.", "Return on August 11."),
        ("date_foreign", "Return in three months.", "Return on 8/11."),
        ("identifying", "Return in", "Call 555-867-5309. Return in"),
        ("identifying", "SUBJECTIVE:", "MRN: 123456\nSUBJECTIVE:"),
        ("headings", "OBJECTIVE: MMSE 25/30. Blood pressure 130/80.\n\nPLAN: ", "MMSE 25/30. "),
        ("cut_off", "Return in three months.", "Return in three months, and"),
        ("remarks", "He has", "As an AI I cannot be sure. He has"),
        ("remarks", "Return in", "Seen by [Doctor's name]. Return in"),
        ("thinking", "Return in", "Let me make sure that all is said. Return in"),
        ("thinking", "Return in", "The prompt says 40 words. Return in"),
        ("echo", "He has memory loss", "PLAN OF THE DAY. He has memory loss"),
        ("echo", "Return in", "Group the denied symptoms in a review of systems. Return in"),
    ],
)  # fmt: skip
def test_each_fault_is_found_and_no_other(judge: Judge, name: str, old: str, new: str) -> None:
    text = GOOD.replace(old, new)
    assert text != GOOD
    if name == "cut_off":
        text = text.rstrip().removesuffix("and").rstrip()
    found = judge(text)
    assert name in found
    assert len(found) <= 2, found
    assert all(reason.strip() and "\n" not in reason for reasons in found.values() for reason in reasons)


def test_lengths(judge: Judge) -> None:
    assert "length" in judge("S: He has memory loss.\nP: Return.")
    assert "length" in judge(GOOD + " ".join(f"Item {number} seen." for number in range(ASKED * 2)))
    assert "cut_off" in judge(GOOD, finish="length")


def test_a_note_that_repeats_itself(judge: Judge) -> None:
    assert "repeats_itself" in judge(GOOD + "He walks to the shop every day and back. " * 12)


def test_a_copy_of_an_earlier_note(judge: Judge) -> None:
    other = "S: Here for his knee, which hurts on stairs and wakes him at night; takes ibuprofen for it twice a day."
    assert "copies_earlier" in judge(GOOD, earlier_texts=[other, GOOD.replace("130/80", "128/76")])
    assert "copies_earlier" not in judge(GOOD, earlier_texts=[other])


def test_the_prompt_given_back(judge: Judge) -> None:
    assert "echo" in judge(GOOD, prompt=GOOD)


def test_the_example_given_back(judge: Judge, pack: Pack, plan: NotePlan) -> None:
    example = pack.prompts.examples[plan.style.author].note
    copied = " ".join(example.splitlines()[2].split()[:10])
    assert judge(GOOD.replace("Return in", f"{' '.join(copied.split()[:6])}. Return in")) == {}
    assert set(judge(GOOD.replace("Return in", f"{copied}. Return in"))) == {"copies_example"}
    # What an author of another style was shown was not shown here.
    other = Style("telegraphic", ASKED)
    assert "copies_example" not in judge(GOOD.replace("Return in", f"{copied}. Return in"), style=other)


def test_what_the_chart_holds_may_be_named_and_not_denied(judge: Judge, plan: NotePlan) -> None:
    before = replace(
        plan,
        visit=2,
        date=date(2011, 2, 3),
        mentions=(mention("gait"), mention("memory")),
        medicines=(Medicine("rivastigmine", "3 mg twice daily", "stop"),),
    )
    named = GOOD.replace("Return", "Takes rivastigmine since 2011-02-03. Return")
    assert judge(named, earlier=[before]) == {}
    assert set(judge(named)) == {"drug_foreign", "date_foreign"}
    denied = GOOD.replace("Denies trouble hearing.", "Denies trouble hearing. No gait disturbance.")
    assert "symptom_denied" in judge(denied, earlier=[before])
    assert judge(denied) == {}


@pytest.mark.parametrize(
    "said",
    [
        "No AD suspected, dementia ruled out.",
        "Father died at 71.",
        "Married at 21, worked as a machinist.",
        "Lisinopril 10 mg daily goes on.",
        "Warfarin was stopped last year.",
        "Lost 1 point on recall, 2 on the clock.",
        "Plan SLUMS at the next visit.",
        "PHQ-9 again in 4 weeks.",
        "He says he hears only shouting, deaf to the rest.",
        "Strength 5/5, visual acuity 20/40.",
        "Last seen on 2/3.",
        "His mother had hallucinations.",
        "No hallucinations, never wandered off.",
        "Edna is a widow's daughter; her sister is divorced.",
    ],
)
def test_what_is_no_fault_is_not_found(judge: Judge, said: str) -> None:
    assert judge(GOOD.replace("Denies", f"{said} Denies")) == {}


def test_evidence_is_held_against_the_note(judge: Judge) -> None:
    assert judge(GOOD + EVIDENCE) == {}
    assert set(judge(GOOD + EVIDENCE.replace("He has memory loss", "He forgets"))) == set()
    unsaid = GOOD.replace("He has memory loss since last year.", "He came on foot.")
    assert set(judge(unsaid + EVIDENCE)) == {"mention_missing"}
    assert set(judge(GOOD + EVIDENCE.replace("He has memory loss", "PLAN"))) == set()


def test_a_relatives_illness_is_the_relatives(judge: Judge) -> None:
    planned = (mention("memory", "family"),)
    assert set(judge(GOOD, mentions=planned)) == {"relative_as_patient"}
    assert judge(GOOD.replace("He has memory loss", "His mother had memory loss"), mentions=planned) == {}


def test_a_past_episode_is_past(judge: Judge) -> None:
    planned = (mention("memory", "historical"),)
    now = GOOD.replace(" since last year", "")
    assert set(judge(now, mentions=planned)) == {"past_as_present"}
    assert judge(now.replace("He has memory loss", "He used to have memory loss"), mentions=planned) == {}


def test_a_plan_of_recommendations_denies_nothing(judge: Judge) -> None:
    advice = GOOD.replace("Return in", "Hearing loss: see audiology. Return in")
    assert judge(advice) == {}


def test_nobody_is_blamed_for_what_the_prompt_did_not_tell(judge: Judge) -> None:
    text = (
        "S: A 90-year-old woman, hard of hearing. The wife is there. MoCA 10/30.\n"
        "P: Memantine 5 mg daily, return in May with a list of what is taken at home and when."
    )
    assert not judge(text, alignment=Alignment.NONE)
    assert set(judge(text, alignment=Alignment.PERSONA)) == {"age", "sex"}
    assert {"mention_missing", "score_foreign"} <= set(judge(text, alignment=Alignment.TRAJECTORY))


def test_names_are_stable_and_unique() -> None:
    names = [check.name for check in CHECKS]
    assert len(names) == len(set(names))
    assert all(name.replace("_", "").isalpha() for name in names)
