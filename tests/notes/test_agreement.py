import pytest

from dualalign.notes.agreement import is_plural, without_determiner


@pytest.mark.parametrize(
    "phrase",
    [
        "fits of rage",
        "mood swings",
        "weakness and deconditioning",
        "temper outbursts at night",
        "people in the yard",
    ],
)
def test_plural(phrase: str) -> None:
    assert is_plural(phrase)


@pytest.mark.parametrize(
    "phrase",
    [
        "loss of zest",
        "trouble with names",
        "asking the same questions",
        "hearing loss",
        "psychosis",
        "a pattern of falls",
        "need for reminders",
        "diabetes",
    ],
)
def test_singular(phrase: str) -> None:
    assert not is_plural(phrase)


@pytest.mark.parametrize(
    ("phrase", "bare"),
    [
        ("a memory problem", "memory problem"),
        ("an odd gait", "odd gait"),
        ("anosmia", "anosmia"),
        ("his gait", "gait"),
    ],
)
def test_without_determiner(phrase: str, bare: str) -> None:
    assert without_determiner(phrase) == bare
