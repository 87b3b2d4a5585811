import pytest

from dualalign.packs import load_pack
from dualalign.reading.pattern import normalise, unfold
from dualalign.reading.scores import FoundScore, ScoreReader


@pytest.fixture(scope="module")
def reader() -> ScoreReader:
    return ScoreReader(load_pack("alzheimers").instruments.instruments)


def read(reader: ScoreReader, sentence: str) -> list[FoundScore]:
    return reader.read(normalise(unfold(sentence)))


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("MMSE 21/30.", [("mmse", 21)]),
        ("MoCA score was 17 today.", [("moca", 17)]),
        ("He scored 26/30 on the MMSE.", [("mmse", 26)]),
        ("The Mini-Mental State Exam score was 17/30.", [("mmse", 17)]),
        ("Mini-Mental State Exam (MMSE) was 19.", [("mmse", 19)]),
        ("CDR-SB: 4.5.", [("cdr_sb", 4.5)]),
        ("MMSE 28/30 () and MoCA 23/30, w/ 9/15 on the GDS-15.", [("mmse", 28), ("moca", 23), ("gds15", 9)]),
        ("CDR-SB 4.5/18 (global CDR 1).", [("cdr_sb", 4.5)]),
        ("Global CDR 1 on the CDR-SB in a side room: 5.5.", [("cdr_sb", 5.5)]),
        ("MMSE was not done.", []),
        ("MMSE 45/30.", []),
        ("Weight 21/30.", []),
        ("MMSE 27 of 30 and MoCA 19 of 30", [("mmse", 27), ("moca", 19)]),
        ("21/30 on the MMSE, 13/30 on the MoCA.", [("mmse", 21), ("moca", 13)]),
        ("MMSE 23/30 and 20/30 on the MoCA, GDS-15 8 of 15.", [("mmse", 23), ("moca", 20), ("gds15", 8)]),
        ("Achieved 3.5 of 18 on the CDR-SB, which is global CDR 0.5.", [("cdr_sb", 3.5)]),
        ("MMSE and MoCA were 24 and 19.", [("mmse", 24), ("moca", 19)]),
        ("MoCA 21/30 (visuospatial 2/5, recall 1/5).", [("moca", 21)]),
        ("Scored 11 on the MoCA.", [("moca", 11)]),
        ("MMSE twenty-two out of thirty.", [("mmse", 22)]),
        ("MMSE score of 21 points.", [("mmse", 21)]),
        ("GDS 9/15.", [("gds15", 9)]),
        ("GDS stage 6.", []),
        ("GDS 6.", []),
        ("Pain 3/10, blood pressure 120/80.", []),
    ],
)
def test_each_number_belongs_to_one_test(
    reader: ScoreReader, sentence: str, expected: list[tuple[str, float]]
) -> None:
    assert [(score.instrument.id, score.value) for score in read(reader, sentence)] == expected


@pytest.mark.parametrize(
    ("sentence", "value"),
    [
        ("MMSE on 4 April 2017: 28/30", 28),
        ("MMSE 2/9/2017: 28/30", 28),
        ("MMSE 3 weeks ago: 28", 28),
        ("On 12/30 the MMSE was 28.", 28),
        ("10/30 MMSE 28", 28),
        ("MMSE, 2 items missed, 28/30", 28),
        ("MMSE 28 (normal above 24)", 28),
        ("MMSE dropped 2 points to 28", 28),
        ("Geriatric Depression Scale (15 items): 3", 3),
        ("MMSE in 2019.", None),
        ("Repeat MMSE in 6 mo", None),
        ("Repeat MMSE in 3-6 months", None),
        ("MMSE booked for 3 pm", None),
        ("Will review MMSE at follow-up in 10 to 14 days.", None),
        ("An MMSE below 24 is abnormal.", None),
        ("Inclusion: MMSE 10-26", None),
        ("Must have MMSE of 20", None),
    ],
)
def test_dates_spans_counts_and_cut_offs_are_no_scores(
    reader: ScoreReader, sentence: str, value: float | None
) -> None:
    assert [score.value for score in read(reader, sentence)] == [value] * (value is not None)


@pytest.mark.parametrize(
    "sentence", ["MMSE 29 -> 21", "MMSE 29→21", "MMSE fell from 29 to 21.", "MMSE 29/30, now 21/30"]
)
def test_of_a_change_the_first_score_is_an_earlier_one(reader: ScoreReader, sentence: str) -> None:
    assert [(score.value, score.earlier) for score in read(reader, sentence)] == [(29, True), (21, False)]


def test_places_are_those_of_the_number(reader: ScoreReader) -> None:
    (score,) = read(reader, "Her MMSE was 21/30.")
    assert "Her MMSE was 21/30."[score.start : score.end] == "21/30"
