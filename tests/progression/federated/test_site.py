"""What a site does, and what the server makes of sums; without Flower."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

from dualalign.errors import ProgressionError
from dualalign.progression import Kind, conversion_questions, state_questions, to_visits
from dualalign.progression.calibration import fit_calibration
from dualalign.progression.dualpath import FittedDualPath, Member
from dualalign.progression.federated import FederatedSettings, epsilon
from dualalign.progression.federated.site import (
    Arrays,
    SharedCalibration,
    Site,
    kinds_of,
    network_of,
    pooled_scales,
    scale_arrays,
    scales_from,
    site_answer,
    weights_of,
)
from dualalign.progression.scaling import fit_scales
from dualalign.stats.ranking import roc_auc
from tests.progression.planted import SCHEMA, planted

VISITS = to_visits(planted(40)).without(["rating"])
KNOWN = to_visits(planted(40))
# The first site has mostly those who decline, the second mostly those who do not.
FIRST = [number for number in range(40) if (number % 2 == 0 and number < 32) or number in (1, 3)]
PARTS = {
    "one": KNOWN.take(FIRST),
    "two": KNOWN.take([each for each in range(40) if each not in FIRST]),
}


def settings(**changes: Any) -> FederatedSettings:
    return FederatedSettings.of({"schema": "oasis2", "batch-subjects": 16} | changes)


def sites(**changes: Any) -> list[Site]:
    return [Site(name, visits, settings(**changes)) for name, visits in PARTS.items()]


def averaged(members: list[Site], rounds: int, chosen: FederatedSettings) -> tuple[Arrays, Any]:
    """Average weights over rounds, as Flower does."""
    scales = pooled_scales([each.sums() for each in members])
    weights = weights_of(network_of(SCHEMA, scales, chosen))
    for number in range(1, rounds + 1):
        learned = [each.learn(weights, scales, number) for each in members]
        shares = np.array([each.weight for each in members]) / sum(each.weight for each in members)
        weights = [
            sum(share * each for share, each in zip(shares, parts, strict=True)).astype(np.float32)
            for parts in zip(*learned, strict=True)
        ]
    return weights, scales


def test_pooled_scales_are_those_of_all_data_together() -> None:
    pooled, whole = pooled_scales([each.sums() for each in sites()]), fit_scales(KNOWN)
    for name in ("values", "person", "wide"):
        np.testing.assert_allclose(getattr(pooled, name).mean, getattr(whole, name).mean, atol=1e-9)
        np.testing.assert_allclose(getattr(pooled, name).spread, getattr(whole, name).spread, atol=1e-6)
    again = scales_from(scale_arrays(pooled))
    np.testing.assert_array_equal(again.wide.spread, pooled.wide.spread)


def test_sites_learn_together_what_was_planted() -> None:
    weights, scales = averaged(sites(), 6, settings())
    model = FittedDualPath((Member(network_of(SCHEMA, scales, settings(), weights).eval(), scales),), {})
    others = to_visits(planted(40, seed=1))
    asked = state_questions(others)
    assert roc_auc(asked.answers, model.predict(others, asked)) > 0.85


def test_a_site_draws_for_itself_and_holds_out_its_share() -> None:
    one = sites(**{"calibration-share": 0.5})[0]
    again = sites(**{"calibration-share": 0.5})[0]
    assert one.held_out.subjects == again.held_out.subjects
    assert len(one.held_out) == one.weight == len(FIRST) // 2
    assert not set(one.held_out.subjects) & set(one.learning.subjects)
    noisy = sites(**{"noise-multiplier": 1.0})[0]
    assert (len(noisy.held_out), noisy.weight) == (0, 1)
    scales = fit_scales(KNOWN)
    first = weights_of(network_of(SCHEMA, scales, settings()))
    for mine, theirs in zip(one.learn(first, scales, 1), again.learn(first, scales, 1), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_sites_calibrate_as_one_fit_on_all_they_held_out_would() -> None:
    members = sites(**{"calibration-share": 0.5})
    weights, scales = averaged(members, 4, settings())
    kept = [each.held_out_logits(weights, scales) for each in members]
    shared = SharedCalibration(kinds_of(SCHEMA))
    while shared.asks():
        shared.take(
            {kind: [site_answer(pair, *each[kind]) for each in kept] for kind, pair in shared.pairs.items()}
        )
    found = shared.result()
    assert set(found) == {"state", "conversion", "decline"}
    for kind, calibration in found.items():
        logits, answers = (np.concatenate([each[kind][place] for each in kept]) for place in (0, 1))
        whole = fit_calibration(logits, answers > 0)
        assert calibration.slope == pytest.approx(whole.slope, rel=1e-3)
        assert calibration.shift == pytest.approx(whole.shift, abs=1e-3)
    assert found["conversion"].slope != 1.0
    asked = conversion_questions(members[0].held_out, 1.0)
    assert asked.kind is Kind.CONVERSION
    assert len(kept[0]["conversion"][0]) >= len(asked)


def test_few_answers_leave_predictions_as_they_are() -> None:
    shared = SharedCalibration(["state"])
    shared.take({"state": [[1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 9.0, 100.0]]})
    assert not shared.asks()
    assert (shared.result()["state"].slope, shared.result()["state"].shift) == (1.0, 0.0)


def test_what_cannot_be_sent_is_refused() -> None:
    scales = fit_scales(KNOWN)
    chosen = settings(**{"secure-aggregation": True, "sites": 3})
    site = Site("one", PARTS["one"], chosen)
    weights = weights_of(network_of(SCHEMA, scales, chosen))
    large = [each + 9.0 for each in weights]
    with pytest.raises(ProgressionError, match="lies outside the 8 that secure aggregation rounds in"):
        site.learn(large, scales, 1)
    with pytest.raises(ProgressionError, match="no numbers"):
        site.learn([each * np.inf for each in weights], scales, 1)
    silent = replace(PARTS["one"].take([0]), values=np.full((5, 3), np.nan), event_times=np.array([0.0]))
    with pytest.raises(ProgressionError, match="no visit of its subjects has an outcome"):
        Site("none", silent, settings()).learn(weights, scales, 1)


@pytest.mark.parametrize(
    ("run_config", "words"),
    [
        ({}, "schema: Field required"),
        ({"schema": "a", "hat": 1}, "hat: Extra inputs"),
        ({"schema": "a", "rounds": 0}, "rounds: Input should be greater than or equal to 1"),
        ({"schema": "a", "sites": 1}, "sites: Input should be greater than or equal to 2"),
        ({"schema": "a", "calibration-share": 1.0}, "calibration-share: Input should be less than 1"),
        ({"schema": "a", "noise-multiplier": -1.0}, "noise-multiplier: "),
        ({"schema": "a", "clipping-norm": 0.0}, "clipping-norm: "),
        ({"schema": "a", "secure-aggregation": True}, "would hide nothing from them"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(run_config: dict[str, Any], words: str) -> None:
    with pytest.raises(ProgressionError, match=words):
        FederatedSettings.of(run_config)


def test_epsilon_falls_with_noise_and_grows_with_rounds() -> None:
    pytest.importorskip("dp_accounting", reason="dp-accounting is not installed (dualalign[federated])")
    assert epsilon(settings()) == math.inf
    one, ten = (epsilon(settings(**{"noise-multiplier": 1.0, "rounds": rounds})) for rounds in (1, 10))
    assert epsilon(settings(**{"noise-multiplier": 2.0, "rounds": 10})) < ten
    # One Gaussian mechanism of noise 1 at delta 1e-5: 4.37 exactly, Renyi accounting is looser.
    assert 4.3 < one < 5.0
    assert one < ten
    with pytest.raises(ProgressionError, match="delta is 0"):
        epsilon(settings(), 0.0)
