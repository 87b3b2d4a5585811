from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")

from dualalign.errors import ProgressionError
from dualalign.progression.federated import FederatedOptions, fit_federated, pooled_scales
from dualalign.progression.questions import state_questions
from dualalign.progression.scaling import fit_scales
from dualalign.progression.scores import auc
from dualalign.progression.training import TrainingOptions
from dualalign.progression.visits import to_visits
from tests.progression.planted import planted

VISITS = to_visits(planted(40))
# The first site has mostly those who decline, the second mostly those who do not.
FIRST = [number for number in range(40) if (number % 2 == 0 and number < 32) or number in (1, 3)]
SITES = {"one": VISITS.take(FIRST), "two": VISITS.take([each for each in range(40) if each not in FIRST])}


def test_pooled_scales_are_those_of_all_data_together() -> None:
    pooled, whole = pooled_scales(list(SITES.values())), fit_scales(VISITS)
    for name in ("values", "person", "wide"):
        np.testing.assert_allclose(getattr(pooled, name).mean, getattr(whole, name).mean, atol=1e-9)
        np.testing.assert_allclose(getattr(pooled, name).spread, getattr(whole, name).spread, atol=1e-6)


def test_sites_learn_together_what_was_planted() -> None:
    pytest.importorskip("flwr", reason="Flower is not installed (dualalign[federated])")
    options = FederatedOptions(TrainingOptions(batch_subjects=16), rounds=6)
    model = fit_federated(SITES, options)
    others = to_visits(planted(40, seed=1)).without(["rating"])
    asked = state_questions(to_visits(planted(40, seed=1)))
    predicted = model.predict(others, asked)
    assert auc(asked.answers, predicted, np.ones((1, len(asked))))[0] > 0.85
    np.testing.assert_array_equal(predicted, fit_federated(SITES, options).predict(others, asked))


def test_one_site_is_no_federation() -> None:
    pytest.importorskip("flwr", reason="Flower is not installed (dualalign[federated])")
    with pytest.raises(ProgressionError, match="at least two"):
        fit_federated({"one": VISITS})


def test_without_flower_the_remedy_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "flwr", None)
    with pytest.raises(ProgressionError, match=r"dualalign\[federated\]"):
        fit_federated(SITES)
