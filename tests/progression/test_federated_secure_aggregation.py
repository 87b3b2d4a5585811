"""The server reads the mean and no site's weights."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

pytest.importorskip("torch")
pytest.importorskip("flwr", reason="Flower is not installed (dualalign[federated])")

from flwr.common import bytes_to_ndarray
from flwr.common.secure_aggregation.secaggplus_constants import RECORD_KEY_CONFIGS, Key
from flwr.server import strategy

from dualalign.errors import ProgressionError
from dualalign.progression.dualpath import FittedDualPath
from dualalign.progression.federated import FederatedOptions, fit_federated
from dualalign.progression.federated.flower import InProcessGrid
from dualalign.progression.federated.site import Site, weights_of
from dualalign.progression.training import TrainingOptions
from dualalign.progression.visits import to_visits
from tests.progression.planted import planted

VISITS = to_visits(planted(42))
SITES = {
    "a": VISITS.take(list(range(8))),
    "b": VISITS.take(list(range(8, 22))),
    "c": VISITS.take(list(range(22, 42))),
}
TRAINING = TrainingOptions(batch_subjects=16)
PLAIN = FederatedOptions(TRAINING, rounds=1, calibration_share=0.0)
SECURE = replace(PLAIN, secure_aggregation=True)

Floats = npt.NDArray[np.float64]


def flat(model: FittedDualPath) -> Floats:
    return np.concatenate([array.ravel() for array in weights_of(model.members[0].network)])


@pytest.fixture
def learned(monkeypatch: pytest.MonkeyPatch) -> dict[str, Floats]:
    """What each site learned, seen at the site."""
    found: dict[str, Floats] = {}
    learn = Site.learn

    def spied(self: Site, weights: list[Any]) -> list[Any]:
        arrays = learn(self, weights)
        found[self.name] = np.concatenate([array.ravel() for array in arrays]).astype(np.float64)
        return arrays

    monkeypatch.setattr(Site, "learn", spied)
    return found


@pytest.fixture
def replies(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """All that the server is sent."""
    found: list[Any] = []
    send = InProcessGrid.send_and_receive

    def spied(self: InProcessGrid, messages: Any, *, timeout: float | None = None) -> list[Any]:
        answers = send(self, messages, timeout=timeout)
        # Copies: Flower empties what it has read.
        found.extend(copy.deepcopy(answers))
        return answers

    monkeypatch.setattr(InProcessGrid, "send_and_receive", spied)
    return found


def masked_vectors(replies: list[Any]) -> list[npt.NDArray[np.int64]]:
    found = []
    for reply in replies:
        record = reply.content.config_records[RECORD_KEY_CONFIGS]
        if Key.MASKED_PARAMETERS in record:
            arrays = [bytes_to_ndarray(each) for each in record[Key.MASKED_PARAMETERS]]
            found.append(np.concatenate([array.ravel() for array in arrays[1:]]))
    return found


def test_the_mean_is_that_of_plain_averaging() -> None:
    plain, secure = flat(fit_federated(SITES, PLAIN)), flat(fit_federated(SITES, SECURE))
    assert np.abs(secure - plain).max() > 0, "rounding leaves a trace: without one nothing was masked"
    assert np.linalg.norm(secure - plain) / np.linalg.norm(plain) < 2e-5
    np.testing.assert_array_equal(secure, flat(fit_federated(SITES, SECURE)))


def test_the_server_sees_masks_and_the_mean_alone(learned: dict[str, Floats], replies: list[Any]) -> None:
    result = flat(fit_federated(SITES, SECURE))
    masked = masked_vectors(replies)
    assert len(replies) == 4 * 3
    assert len(masked) == 3
    for reply in replies:
        assert not any(record.keys() for record in reply.content.array_records.values())
    sent = dict(zip(sorted(SITES), masked, strict=True))
    for name, vector in sent.items():
        # Uniform over the modulus, and nothing of the weights in it.
        assert abs(vector.mean() / 2**32 - 0.5) < 0.02
        assert abs(np.quantile(vector, 0.25) / 2**32 - 0.25) < 0.03
        assert abs(np.corrcoef(vector, learned[name])[0, 1]) < 0.06
    mean = sum(len(SITES[name]) * learned[name] for name in SITES) / len(VISITS)
    np.testing.assert_allclose(result, mean, atol=2e-5)


def test_without_masks_the_same_look_would_find_the_weights(
    learned: dict[str, Floats], replies: list[Any]
) -> None:
    fit_federated(SITES, PLAIN)
    for name, reply in zip(sorted(SITES), replies, strict=True):
        (record,) = reply.content.array_records.values()
        sent = np.concatenate([array.numpy().ravel() for array in record.values()])
        np.testing.assert_array_equal(sent, learned[name].astype(np.float32))


def test_large_weights_widen_the_range_and_runaways_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    learn = Site.learn
    grown: list[float] = []

    def to(size: float) -> None:
        def large(self: Site, weights: list[Any]) -> list[Any]:
            arrays = learn(self, weights)
            if not grown:
                arrays[0].flat[0] = size
            return arrays

        monkeypatch.setattr(Site, "learn", large)

    to(7.9)
    assert abs(flat(fit_federated(SITES, SECURE))[0] - 7.9) < 1e-5
    to(8.5)
    with pytest.raises(ProgressionError, match=r"'a': a weight of 8\.5 lies outside the 8"):
        fit_federated(SITES, SECURE)

    def growing(self: Site, weights: list[Any]) -> list[Any]:
        arrays = learn(self, weights)
        arrays[0].flat[0] = np.abs(weights[0].flat[0]) + 5.0
        return arrays

    monkeypatch.setattr(Site, "learn", growing)
    options = replace(SECURE, rounds=3)
    assert flat(fit_federated(SITES, options))[0] > 14


def test_what_secure_aggregation_cannot_do_is_refused() -> None:
    with pytest.raises(ProgressionError, match="at least 3 sites"):
        fit_federated({name: SITES[name] for name in "ab"}, SECURE)
    with pytest.raises(ProgressionError, match="FedMedian must see each update"):
        fit_federated(SITES, SECURE, strategy=strategy.FedMedian())
    few = strategy.FedAvg(fraction_fit=0.5, min_fit_clients=2, min_available_clients=3)
    with pytest.raises(ProgressionError, match="over 2 sites would hide nothing"):
        fit_federated(SITES, SECURE, strategy=few)


def test_a_strategy_of_the_mean_goes_with_it() -> None:
    def adaptive(first: Any) -> Any:
        # A small tau would blow rounding up into whole steps.
        return strategy.FedAdam(
            initial_parameters=first, min_fit_clients=3, min_available_clients=3, eta=0.01, tau=0.01
        )

    def run(options: FederatedOptions) -> Floats:
        return flat(fit_federated(SITES, options, strategy=adaptive))

    assert np.linalg.norm(run(PLAIN) - flat(fit_federated(SITES, PLAIN))) > 0.1
    assert np.linalg.norm(run(SECURE) - run(PLAIN)) / np.linalg.norm(run(PLAIN)) < 2e-5


def test_noise_goes_with_it_over_updates_that_sites_clip() -> None:
    plain = replace(PLAIN, noise_multiplier=0.5, clipping_norm=0.2, noise_seed=1)
    secure = replace(plain, secure_aggregation=True)
    # Rounding draws from the same generator, so the noise differs; the mean below it does not.
    quiet_plain, quiet_secure = (
        flat(fit_federated(SITES, replace(each, noise_multiplier=1e-9))) for each in (plain, secure)
    )
    np.testing.assert_allclose(quiet_secure, quiet_plain, atol=2e-5)
    noise = flat(fit_federated(SITES, secure)) - quiet_secure
    assert abs(noise.std() / (0.5 * 0.2 / 3) - 1) < 0.05
