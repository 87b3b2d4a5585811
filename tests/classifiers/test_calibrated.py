from pathlib import Path

import numpy as np
import pytest

from dualalign.classifiers import (
    DecisionOptions,
    LinearClassifier,
    calibrate,
    load_classifier,
    make_classifier,
)
from dualalign.errors import ClassifierError
from tests.classifiers.test_linear import HEADS, MARKS, SMALL, TEXTS


def test_saved_and_loaded_says_the_same(tmp_path: Path) -> None:
    fitted = LinearClassifier(SMALL).fit(TEXTS[:7], MARKS[:7], HEADS)
    made = calibrate(fitted, TEXTS, MARKS, DecisionOptions(threshold="best_f1"))
    loaded = load_classifier(made.save(tmp_path / "saved"))
    np.testing.assert_allclose(loaded.predict_proba(TEXTS), made.predict_proba(TEXTS), atol=1e-4)
    np.testing.assert_array_equal(loaded.predict(TEXTS), made.predict(TEXTS))  # type: ignore[attr-defined]
    np.testing.assert_allclose(1 / (1 + np.exp(-made.logits(TEXTS))), made.predict_proba(TEXTS))
    assert loaded.heads == HEADS
    assert "10 validation sentences" in loaded.card()


def test_it_is_made_of_a_fitted_one_and_stays_so() -> None:
    made = calibrate(LinearClassifier(SMALL).fit(TEXTS, MARKS, HEADS), TEXTS, MARKS)
    with pytest.raises(ClassifierError, match="cannot be fitted again"):
        made.fit(TEXTS, MARKS, HEADS)
    with pytest.raises(ClassifierError, match="no classifier 'calibrated'"):
        make_classifier("calibrated", HEADS)
