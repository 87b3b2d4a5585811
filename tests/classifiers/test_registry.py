import json
from pathlib import Path

import numpy as np
import pytest

from dualalign.classifiers import LinearClassifier, classifier_names, load_classifier, make_classifier
from dualalign.errors import ClassifierError
from tests.classifiers.test_linear import HEADS, MARKS, TEXTS


def test_settings_given_as_plain_values_reach_the_classifier() -> None:
    made = make_classifier("linear", HEADS, 0, strength=3, ngrams={"bits": 12}, use={"offset": 0.5})
    assert isinstance(made, LinearClassifier)
    options = made.options
    assert (options.strength, options.ngrams.bits, options.use.offset) == (3.0, 12, 0.5)


def test_loading_needs_no_kind(tmp_path: Path) -> None:
    prior = make_classifier("linear", HEADS, ngrams={"bits": 12}).fit(TEXTS, MARKS)
    made = make_classifier("linear", HEADS, prior=prior, ngrams={"bits": 12}).fit(TEXTS, MARKS)
    loaded = load_classifier(made.save(tmp_path / "saved"))
    np.testing.assert_allclose(loaded.predict_proba(TEXTS), made.predict_proba(TEXTS), atol=1e-4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"strenght": 3}, "no setting 'strenght'"),
        ({"strength": "much"}, r"linear.strength is 'much': .*valid number"),
        ({"steps": True}, "linear.steps"),
        ({"ngrams": {"bit": 3}}, r"linear.ngrams: no setting 'bit'"),
        ({"use": 3}, "linear.use"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(options: dict[str, object], message: str) -> None:
    with pytest.raises(ClassifierError, match=message):
        make_classifier("linear", HEADS, **options)


def test_refusals_say_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(ClassifierError, match="no classifier 'forest'") as caught:
        make_classifier("forest", HEADS)
    assert all(name in caught.value.remedy for name in classifier_names())
    with pytest.raises(ClassifierError, match="memory, memory"):
        make_classifier("linear", ("memory", "memory"))
    prior = make_classifier("linear", HEADS, ngrams={"bits": 12}).fit(TEXTS, MARKS)
    with pytest.raises(ClassifierError, match="prior's heads"):
        make_classifier("linear", ("memory", "sleep"), prior=prior)
    with pytest.raises(ClassifierError, match="missing"):
        load_classifier(tmp_path)
    (tmp_path / "classifier.json").write_text(json.dumps({"kind": "forest"}))
    with pytest.raises(ClassifierError, match="no classifier 'forest'"):
        load_classifier(tmp_path)
