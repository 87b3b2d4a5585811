from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dualalign.classifiers import LinearClassifier, load_classifier, make_classifier
from dualalign.errors import ClassifierError
from tests.classifiers.test_linear import HEADS, MARKS, SMALL, TEXTS, leaning

MEMBERS: list[dict[str, Any]] = [
    {"name": "linear", "options": {"ngrams": {"bits": 12}, "strength": strength}} for strength in (0.5, 50)
]


def test_says_the_mean_of_its_members(tmp_path: Path) -> None:
    alone = [make_classifier(each["name"], HEADS, **each["options"]).fit(TEXTS, MARKS) for each in MEMBERS]
    blend = make_classifier("blend", HEADS, members=MEMBERS).fit(TEXTS, MARKS)
    mean = sum(each.logits(TEXTS) for each in alone) / 2
    np.testing.assert_allclose(blend.logits(TEXTS), mean, atol=1e-6)
    loaded = load_classifier(blend.save(tmp_path / "saved"))
    np.testing.assert_allclose(loaded.logits(TEXTS), mean, atol=1e-4)
    assert loaded.heads == HEADS
    assert loaded.card().count("## Symptom classifier (linear)") == 2


def test_can_be_leaned_on_and_lean() -> None:
    prior = make_classifier("blend", HEADS, members=MEMBERS).fit(TEXTS, MARKS)
    few, marks = [TEXTS[0], TEXTS[8]], MARKS[[0, 8]]
    one = LinearClassifier(HEADS, leaning(1.0, 0.0), prior=prior).fit(few, marks)
    both = make_classifier("blend", HEADS, prior=prior, members=MEMBERS).fit(few, marks)
    alone = make_classifier("blend", HEADS, members=MEMBERS).fit(few, marks)
    unseen = ["Tearful and low."]
    assert min(one.logits(unseen)[0, 1], both.logits(unseen)[0, 1]) > alone.logits(unseen)[0, 1]


def test_refusals_say_what_is_wrong() -> None:
    fitted = LinearClassifier(HEADS, SMALL).fit(TEXTS, MARKS)
    for options, message in (
        ({}, "blend.members"),
        ({"members": []}, "at least 1 item"),
        ({"members": ["linear"]}, r"blend.members.0 is 'linear'"),
        ({"members": MEMBERS, "mean": True}, "no setting 'mean'"),
    ):
        with pytest.raises(ClassifierError, match=message):
            make_classifier("blend", HEADS, **options)
    with pytest.raises(ClassifierError, match="cannot lean on a LinearClassifier"):
        make_classifier("blend", HEADS, prior=fitted, members=MEMBERS)
    with pytest.raises(ClassifierError, match="never fitted"):
        make_classifier("blend", HEADS, members=MEMBERS).logits(TEXTS)
