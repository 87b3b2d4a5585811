"""Noise is what the accountant takes it for."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import norm

pytest.importorskip("torch")

from dualalign.errors import ProgressionError
from dualalign.progression.federated import FederatedOptions, epsilon, fit_federated
from dualalign.progression.federated.site import Site, weights_of
from dualalign.progression.training import TrainingOptions
from dualalign.progression.visits import to_visits
from tests.progression.planted import planted

VISITS = to_visits(planted(40))
SITES = {"small": VISITS.take(list(range(8))), "large": VISITS.take(list(range(8, 40)))}
CLIP = 0.1

Floats = npt.NDArray[np.float64]


def options(noise: float, noise_seed: int | None = 1, rounds: int = 1) -> FederatedOptions:
    training = TrainingOptions(batch_subjects=16)
    return FederatedOptions(
        training, rounds=rounds, noise_multiplier=noise, clipping_norm=CLIP, noise_seed=noise_seed
    )


def flat(arrays: list[Any]) -> Floats:
    return np.concatenate([np.asarray(array, dtype=np.float64).ravel() for array in arrays])


def fitted(noise: float, noise_seed: int | None = 1) -> Floats:
    return flat(weights_of(fit_federated(SITES, options(noise, noise_seed)).members[0].network))


def test_no_site_moves_the_mean_by_more_than_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("flwr", reason="Flower is not installed (dualalign[federated])")
    updates: dict[str, Floats] = {}
    start: list[Floats] = []
    learn = Site.learn

    def spied(self: Site, weights: list[Any]) -> list[Any]:
        arrays = learn(self, weights)
        start.append(flat(weights))
        updates[self.name] = flat(arrays) - flat(weights)
        return arrays

    monkeypatch.setattr(Site, "learn", spied)
    result = fitted(1e-9)
    clipped = {}
    for name, update in updates.items():
        assert np.linalg.norm(update) > 2 * CLIP, "nothing to clip"
        clipped[name] = update * CLIP / np.linalg.norm(update)
    for name in SITES:
        others = sum(clipped[other] for other in SITES if other != name) / len(SITES)
        moved = np.linalg.norm(result - start[0] - others)
        assert moved == pytest.approx(CLIP / len(SITES), rel=1e-3)


def test_the_noise_is_as_large_as_said() -> None:
    pytest.importorskip("flwr", reason="Flower is not installed (dualalign[federated])")
    noise = fitted(2.0) - fitted(1e-9)
    assert noise.std() == pytest.approx(2.0 * CLIP / len(SITES), rel=0.04)
    assert abs(noise.mean()) < 4 * noise.std() / math.sqrt(noise.size)
    np.testing.assert_array_equal(fitted(2.0), fitted(2.0))
    assert (fitted(2.0, None) != fitted(2.0, None)).mean() > 0.99


@pytest.mark.parametrize(("noise", "rounds"), [(1.0, 1), (2.0, 8), (5.0, 20)])
def test_epsilon_holds_and_is_close_to_the_exact_one(noise: float, rounds: int) -> None:
    pytest.importorskip("dp_accounting", reason="dp-accounting is not installed (dualalign[federated])")
    delta = 1e-5

    def exact_delta(at: float) -> float:
        # Balle and Wang (ICML 2018); rounds of one noise are one Gaussian mechanism of less noise.
        size = math.sqrt(rounds) / noise
        return float(norm.cdf(size / 2 - at / size) - math.exp(at + norm.logcdf(-size / 2 - at / size)))

    found = epsilon(options(noise, rounds=rounds), delta)
    assert exact_delta(found) <= delta
    assert exact_delta(0.85 * found) > delta


def test_without_noise_there_is_no_bound() -> None:
    assert epsilon(options(0.0)) == math.inf
    with pytest.raises(ProgressionError, match=r"delta is 1\.0"):
        epsilon(options(1.0), 1.0)


def test_without_the_accountant_the_remedy_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dp_accounting", None)
    with pytest.raises(ProgressionError, match=r"dualalign\[federated\]"):
        epsilon(options(1.0))


def test_noise_that_would_not_be_worth_its_epsilon_is_refused() -> None:
    strategy = pytest.importorskip("flwr.server.strategy", reason="Flower is not installed")
    with pytest.raises(ProgressionError, match="leave out one of the two"):
        fit_federated(SITES, options(1.0), strategy=strategy.FedAvg())
    own = strategy.DifferentialPrivacyServerSideFixedClipping(strategy.FedAvg(), 1.0, 1.0, 2)
    with pytest.raises(ProgressionError, match="set noise_multiplier"):
        fit_federated(SITES, options(0.0), strategy=own)
    with pytest.raises(ProgressionError, match="noise_multiplier is -1"):
        options(-1)
    with pytest.raises(ProgressionError, match="noise_multiplier is nan"):
        options(float("nan"))
