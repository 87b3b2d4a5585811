from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from sklearn.linear_model import LogisticRegression

from dualalign.progression import NetworkOptions, to_visits, training
from dualalign.progression.history import history_names, is_wanted
from dualalign.progression.network import DualPathNetwork
from dualalign.progression.scaling import WIDE, fit_scales
from dualalign.progression.targets import make_targets
from dualalign.progression.training import Part, fit_linear_path, shape_of, training_parts
from tests.progression.planted import SCHEMA, planted

VISITS = to_visits(planted(60)).without(("rating",))
ALL = to_visits(planted(60))
SCALES = fit_scales(VISITS)
TARGETS = make_targets(ALL, VISITS, False)


def batches(subjects: range) -> list[Part]:
    return training_parts(VISITS, TARGETS, SCALES, [list(subjects)], torch.device("cpu"))


def fresh(**parts: bool) -> DualPathNetwork:
    torch.manual_seed(0)
    return DualPathNetwork(shape_of(VISITS.schema, SCALES), NetworkOptions(**parts))


def test_a_head_is_the_logistic_regression_of_its_strength(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "STRENGTHS", (0.03,))
    monkeypatch.setattr(training, "WORDS", (WIDE,))
    network, known = fresh(), batches(range(40))
    fit_linear_path(network, known, batches(range(40, 60)), VISITS.schema)
    (part,) = known
    asked = ~torch.isnan(part.decline)
    table, answers = part.batch.wide[asked].numpy(), part.decline[asked].numpy()
    regression = LogisticRegression(C=1 / (0.03 * len(answers)), tol=1e-8, max_iter=5000).fit(table, answers)
    found = network.linear_parts()["decline"].weight.detach().numpy()[0]
    assert found == pytest.approx(regression.coef_[0], abs=0.01)
    with torch.no_grad():
        hidden = network(part.batch)[0]
        logits = network.decline_logits(hidden[asked], part.batch.wide[asked]).numpy()
    assert logits == pytest.approx(regression.decision_function(table), abs=0.05)


def test_means_and_slopes_are_read_only_where_held_out_subjects_like_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = [name for name in history_names(VISITS.schema) if is_wanted(name, WIDE)]
    beside_last = np.array([name.endswith((":mean", ":slope")) for name in names])
    monkeypatch.setattr(training, "WORDS", (("last",),))
    network = fresh()
    fit_linear_path(network, batches(range(40)), batches(range(40, 60)), VISITS.schema)
    for task, part in network.linear_parts().items():
        weight = part.weight.detach().numpy()
        history = weight[:, np.array(part.is_history)].reshape(len(weight), -1, len(names))
        assert not history[..., beside_last].any(), task
        assert history[..., ~beside_last].any(), task


def test_the_strength_is_the_one_that_held_out_subjects_like(monkeypatch: pytest.MonkeyPatch) -> None:
    """Held out are the training subjects themselves, who like the weakest; or others with the answers turned round."""
    known = batches(range(40))
    (part,) = batches(range(40, 60))
    turned = [part._replace(decline=1 - part.decline)]
    sizes = {}
    for name, judge in (("same", known), ("turned", turned)):
        network = fresh()
        fit_linear_path(network, known, judge, VISITS.schema)
        sizes[name] = float(network.linear_parts()["decline"].weight.detach().norm())
    assert sizes["turned"] < 0.7 * sizes["same"]


def test_the_deep_path_adds_nothing_yet_and_a_network_without_a_linear_path_is_left() -> None:
    network, known = fresh(), batches(range(40))
    fit_linear_path(network, known, known, VISITS.schema)
    batch = known[0].batch
    with torch.no_grad():
        hidden, wide = network(batch)[0], batch.wide
        logits = network.decline_logits(hidden, wide)
        assert torch.allclose(
            logits - network.decline_logits(torch.zeros_like(hidden), wide), torch.zeros(())
        )
    deep_only = fresh(wide=False)
    before = {name: value.clone() for name, value in deep_only.state_dict().items()}
    fit_linear_path(deep_only, known, known, SCHEMA)
    assert all(torch.equal(value, before[name]) for name, value in deep_only.state_dict().items())
