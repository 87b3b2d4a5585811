"""Classifiers in scikit-learn's shape."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import cross_val_predict

from dualalign.classifiers import LinearClassifier
from dualalign.errors import ClassifierError
from tests.classifiers.test_linear import HEADS, MARKS, SMALL, TEXTS, leaning


def test_parameters_are_what_it_was_made_with() -> None:
    prior = LinearClassifier(HEADS, SMALL).fit(TEXTS, MARKS)
    made = LinearClassifier(list(HEADS), leaning(0.5, 0.1), 3, prior)
    found = made.get_params(deep=False)
    assert found == {"heads": HEADS, "options": leaning(0.5, 0.1), "seed": 3, "prior": prior}


def test_a_clone_is_not_fitted_but_its_prior_stays_so() -> None:
    prior = LinearClassifier(HEADS, SMALL).fit(TEXTS, MARKS)
    fitted = LinearClassifier(HEADS, leaning(0.5, 0.1), 3, prior).fit(TEXTS, MARKS)
    again = clone(fitted)
    with pytest.raises(ClassifierError, match="never fitted"):
        again.logits(TEXTS)
    assert again.prior is prior
    np.testing.assert_array_equal(again.fit(TEXTS, MARKS).logits(TEXTS), fitted.logits(TEXTS))


def test_scikit_learn_can_cross_validate_it() -> None:
    made = LinearClassifier(HEADS, SMALL)
    found = cross_val_predict(made, np.array(TEXTS * 3), np.vstack([MARKS] * 3), cv=3, method="predict")
    assert (found == np.vstack([MARKS] * 3)).mean() > 0.9


def test_yes_is_what_is_likelier_than_not() -> None:
    fitted = LinearClassifier(HEADS, SMALL).fit(TEXTS, MARKS)
    np.testing.assert_array_equal(fitted.predict(TEXTS), fitted.predict_proba(TEXTS) > 0.5)


def test_heads_must_be_there_once_each() -> None:
    for heads in ((), ("memory", "memory")):
        with pytest.raises(ClassifierError, match="labels"):
            LinearClassifier(heads)
