from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

from dualalign.errors import ProgressionError
from dualalign.progression.calibration import fit_calibration
from dualalign.progression.federated import FederatedOptions, fit_federated, pooled_scales
from dualalign.progression.federated.site import Site
from dualalign.progression.questions import conversion_questions, decline_questions, state_questions
from dualalign.progression.scaling import fit_scales
from dualalign.progression.scores import auc
from dualalign.progression.training import TrainingOptions
from dualalign.progression.visits import to_visits
from tests.progression.planted import planted

VISITS = to_visits(planted(40))
# The first site has mostly those who decline, the second mostly those who do not.
FIRST = [number for number in range(40) if (number % 2 == 0 and number < 32) or number in (1, 3)]
SITES = {"one": VISITS.take(FIRST), "two": VISITS.take([each for each in range(40) if each not in FIRST])}
SHORT = FederatedOptions(TrainingOptions(batch_subjects=16), rounds=1)


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
    again = fit_federated(dict(reversed(SITES.items())), options)
    np.testing.assert_array_equal(predicted, again.predict(others, asked))


def test_sites_calibrate_as_one_fit_on_all_they_held_out_would(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("flwr", reason="Flower is not installed (dualalign[federated])")
    made: list[Site] = []
    start = Site.__init__

    def spied(self: Site, *arguments: Any) -> None:
        start(self, *arguments)
        made.append(self)

    monkeypatch.setattr(Site, "__init__", spied)
    model = fit_federated(SITES, replace(SHORT, rounds=4, calibration_share=0.5))
    held_out = [site.held_out for site in made]
    assert [len(each) for each in held_out] == [len(SITES[name]) // 2 for name in ("one", "two")]
    assert [site.weight for site in made] == [len(SITES[name]) // 2 for name in ("one", "two")]
    asked = {
        "decline": [(each, decline_questions(each)) for each in held_out],
        "conversion": [
            (each, conversion_questions(each, years)) for each in held_out for years in (1, 2, 3, 5)
        ],
    }
    for kind, parts in asked.items():
        one_fit = fit_calibration(
            np.concatenate([model.logits(each, questions) for each, questions in parts]),
            np.concatenate([questions.answers for _, questions in parts]),
        )
        found = model.calibration[kind]
        assert found.slope != 1.0
        assert (found.slope, found.shift) == pytest.approx((one_fit.slope, one_fit.shift), rel=1e-3, abs=1e-3)
    bare = fit_federated(SITES, replace(SHORT, calibration_share=0.0))
    assert not bare.calibration


def test_under_noise_nobody_is_held_out() -> None:
    pytest.importorskip("flwr", reason="Flower is not installed (dualalign[federated])")
    assert not fit_federated(SITES, replace(SHORT, noise_multiplier=0.1)).calibration


def test_what_cannot_be_federated_is_refused_by_name() -> None:
    strategy = pytest.importorskip("flwr.server.strategy", reason="Flower is not installed")
    with pytest.raises(ProgressionError, match="at least two"):
        fit_federated({"one": VISITS})
    schema = VISITS.schema.model_copy(update={"name": "other"})
    with pytest.raises(ProgressionError, match="'two' has another schema than 'one'"):
        fit_federated({**SITES, "two": replace(VISITS, schema=schema)})
    with pytest.raises(ProgressionError, match="waits for 5 sites and there are 2"):
        fit_federated(SITES, SHORT, strategy=strategy.FedAvg(min_fit_clients=5, min_available_clients=5))
    with pytest.raises(ProgressionError, match="rounds is 0"):
        FederatedOptions(rounds=0)


def test_a_round_without_result_is_named() -> None:
    strategy = pytest.importorskip("flwr.server.strategy", reason="Flower is not installed")

    class Second(strategy.FedAvg):  # type: ignore[misc, name-defined]
        def aggregate_fit(self, server_round: int, results: object, failures: object) -> object:
            return super().aggregate_fit(server_round, results, failures) if server_round == 1 else (None, {})

    with pytest.raises(ProgressionError, match="round 2: no weights came back"):
        fit_federated(SITES, FederatedOptions(SHORT.training, rounds=3), strategy=Second())


def test_a_site_without_outcomes_is_named() -> None:
    pytest.importorskip("flwr", reason="Flower is not installed (dualalign[federated])")
    bare = to_visits(planted(6, visits=1)).without(["rating", "marker"])
    bare = replace(bare, event_times=np.full(len(bare), np.nan))
    with pytest.raises(ProgressionError, match="'bare': no visit of its subjects"):
        fit_federated({**SITES, "bare": bare}, SHORT)


def test_flower_is_quiet_and_leaves_the_generators_alone(caplog: pytest.LogCaptureFixture) -> None:
    pytest.importorskip("flwr", reason="Flower is not installed (dualalign[federated])")
    np.random.seed(5)
    expected = np.random.RandomState(5).rand(3)
    fit_federated(SITES, SHORT)
    np.testing.assert_array_equal(np.random.rand(3), expected)
    assert not [record for record in caplog.records if record.name.startswith("flwr")]


def test_without_flower_the_remedy_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "flwr", None)
    with pytest.raises(ProgressionError, match=r"dualalign\[federated\]"):
        fit_federated(SITES)
