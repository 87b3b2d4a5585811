from pathlib import Path

import numpy as np
import pytest

from dualalign.classifiers import LinearClassifier, LinearOptions, NgramOptions, PriorUse
from dualalign.errors import ClassifierError

SMALL = LinearOptions(ngrams=NgramOptions(bits=12), steps=60)


def leaning(offset: float, scale: float) -> LinearOptions:
    """The same settings, leaning on a prior so far."""
    return SMALL.model_copy(update={"use": PriorUse(offset=offset, scale=scale)})


HEADS = ("memory", "mood")
TEXTS = [
    "She forgets appointments and repeats questions.",
    "Forgets names of her grandchildren.",
    "He is forgetful and misplaces his keys.",
    "Denies forgetting anything.",
    "He is tearful and low most days.",
    "Low mood, tearful in clinic.",
    "Mood is sad and she is tearful.",
    "No low mood, not tearful.",
    "Blood pressure is well controlled.",
    "Refill of the water pill was sent.",
]
MARKS = np.array([[1, 0]] * 3 + [[0, 0]] + [[0, 1]] * 3 + [[0, 0]] * 3, dtype=bool)


@pytest.fixture(scope="module")
def fitted() -> LinearClassifier:
    return LinearClassifier(HEADS, SMALL).fit(TEXTS, MARKS)


def test_learns_meaning_and_negation(fitted: LinearClassifier) -> None:
    probabilities = fitted.predict_proba(["Forgets her keys.", "Tearful and sad.", "Denies being tearful."])
    assert probabilities[0, 0] > 0.5 > probabilities[0, 1]
    assert probabilities[1, 1] > 0.5 > probabilities[1, 0]
    assert probabilities[2, 1] < probabilities[1, 1]


def test_saved_and_loaded_says_the_same(fitted: LinearClassifier, tmp_path: Path) -> None:
    leant = LinearClassifier(HEADS, leaning(0.5, 0.2), prior=fitted).fit(TEXTS[:6], MARKS[:6])
    loaded = LinearClassifier.load(leant.save(tmp_path / "classifier"))
    assert loaded.heads == HEADS
    np.testing.assert_allclose(loaded.logits(TEXTS), leant.logits(TEXTS), atol=1e-4)
    assert "prior" in loaded.card()


def test_a_prior_helps_where_sentences_are_few(fitted: LinearClassifier) -> None:
    few = [0, 4, 8, 9]
    texts, marks = [TEXTS[row] for row in few], MARKS[few]
    alone = LinearClassifier(HEADS, SMALL).fit(texts, marks)
    leant = LinearClassifier(HEADS, leaning(1.0, 0.0), prior=fitted).fit(texts, marks)
    unseen = ["Misplaces names and is forgetful."]
    assert leant.predict_proba(unseen)[0, 0] > alone.predict_proba(unseen)[0, 0]


def test_not_leaning_at_all_is_having_no_prior(fitted: LinearClassifier) -> None:
    alone = LinearClassifier(HEADS, SMALL).fit(TEXTS, MARKS)
    leant = LinearClassifier(HEADS, leaning(0.0, 0.0), prior=fitted).fit(TEXTS, MARKS)
    np.testing.assert_allclose(leant.logits(TEXTS), alone.logits(TEXTS), atol=1e-9)


def test_refusals_say_what_is_wrong(fitted: LinearClassifier, tmp_path: Path) -> None:
    with pytest.raises(ClassifierError, match="never fitted"):
        LinearClassifier(HEADS, SMALL).logits(TEXTS)
    with pytest.raises(ClassifierError, match="shape"):
        LinearClassifier(HEADS, SMALL).fit(TEXTS, MARKS[:3])
    with pytest.raises(ClassifierError, match="prior's heads"):
        LinearClassifier(("memory", "sleep"), SMALL, prior=fitted)
    with pytest.raises(ClassifierError, match="missing"):
        LinearClassifier.load(tmp_path)
    folder = fitted.save(tmp_path / "damaged")
    (folder / "arrays.npz").write_bytes(b"PK\x03\x04 cut")
    with pytest.raises(ClassifierError, match="damaged"):
        LinearClassifier.load(folder)
