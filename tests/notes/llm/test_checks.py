from dataclasses import replace
from datetime import date

import pytest

from dualalign.notes.llm.checks import CHECKS
from dualalign.notes.prompts import Alignment
from dualalign.packs import Pack
from dualalign.trajectories.plan import Medicine, NotePlan, Style

from .conftest import ASKED, GOOD, Judge, mention


def test_a_good_note_passes_every_check(judge: Judge) -> None:
    assert judge(GOOD) == {}


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("mention_missing", "Denies trouble hearing.", ""),
        ("mention_polarity", "Denies trouble hearing.", "He is hard of hearing."),
        ("mention_polarity", "He has memory loss", "He denies memory loss"),
        ("symptom_early", "memory loss since last year", "memory loss and hallucinations"),
        ("score_missing", "MMSE 25/30.", ""),
        ("score_foreign", "MMSE 25/30.", "MMSE 25/30. MoCA 19/30."),
        ("medicine_missing", "Start donepezil 5 mg nightly.", ""),
        ("drug_foreign", "5 mg nightly.", "5 mg nightly and memantine 5 mg daily."),
        ("diagnosis_early", "He has memory loss", "He has memory loss from Alzheimer's disease"),
        ("diagnosis_early", "He has memory loss", "He has dementia with memory loss"),
        ("too_early", "5 mg nightly.", "5 mg nightly, later lecanemab 10 mg/kg."),
        ("too_early", "MMSE 25/30.", "MMSE 25/30. Meets DSM-5 criteria."),
        ("informant", "with his wife Edna", "today"),
        ("informant_name", "wife Edna", "wife Carol"),
        ("age", "He has", "This is a 71-year-old man. He has"),
        ("sex", "Blood pressure 130/80.", "Blood pressure 130/80. Pulse 70. Lungs clear. She is well."),
        ("date_foreign", "Return in three months.", "Return on 08/11/2012."),
        ("date_foreign", "Return in three months.", "Return on August 11, 2012."),
        ("identifying", "He has", "Mr. Smith has"),
        ("identifying", "Return in", "Call 555-867-5309. Return in"),
        ("identifying", "SUBJECTIVE:", "MRN: 123456\nSUBJECTIVE:"),
        ("headings", "OBJECTIVE: MMSE 25/30. Blood pressure 130/80.\n\nPLAN: ", "MMSE 25/30. "),
        ("cut_off", "Return in three months.", "Return in three months, and"),
        ("remarks", "He has", "As an AI I cannot be sure. He has"),
        ("remarks", "Return in", "Seen by [Doctor's name]. Return in"),
        ("echo", "He has memory loss", "SYMPTOMS TO SAY. He has memory loss"),
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
    copied = " ".join(example.splitlines()[2].split()[:6])
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
    named = GOOD.replace("Return", "Rivastigmine, last taken 2011-02-03, was not borne. Return")
    assert judge(named, earlier=[before]) == {}
    assert set(judge(named)) == {"drug_foreign", "date_foreign"}
    denied = GOOD.replace("Denies trouble hearing.", "Denies trouble hearing. No gait disturbance.")
    assert "symptom_denied" in judge(denied, earlier=[before])
    assert judge(denied) == {}


def test_a_relatives_illness_is_the_relatives(judge: Judge) -> None:
    planned = (mention("memory", "family"),)
    assert "mention_polarity" in judge(GOOD, mentions=planned)
    assert judge(GOOD.replace("He has memory loss", "His mother had memory loss"), mentions=planned) == {}


def test_a_plan_of_recommendations_denies_nothing(judge: Judge) -> None:
    advice = GOOD.replace("Return in", "Hearing loss: see audiology. Return in")
    assert judge(advice) == {}
    assert "mention_polarity" in judge(
        GOOD.replace("Blood pressure", "Hearing loss is plain. Blood pressure")
    )


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
