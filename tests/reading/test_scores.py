import pytest

from dualalign.packs import load_pack
from dualalign.reading.pattern import normalise
from dualalign.reading.scores import ScoreReader


@pytest.fixture(scope="module")
def reader() -> ScoreReader:
    return ScoreReader(load_pack("alzheimers").instruments.instruments)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("MMSE 21/30.", [("mmse", 21)]),
        ("MoCA score was 17 today.", [("moca", 17)]),
        ("He scored 26/30 on the MMSE.", [("mmse", 26)]),
        ("The Mini-Mental State Exam score was 17/30.", [("mmse", 17)]),
        ("CDR-SB: 4.5.", [("cdr_sb", 4.5)]),
        ("MMSE was not done.", []),
        ("MMSE in 2019.", []),
        ("MMSE 45/30.", []),
        ("Weight 21/30.", []),
    ],
)
def test_scores_in_sentences(reader: ScoreReader, sentence: str, expected: list[tuple[str, float]]) -> None:
    found = {(score.instrument.id, score.value) for score in reader.read(normalise(sentence))}
    assert found == set(expected)
