from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from dualalign.progression import training  # noqa: E402
from dualalign.progression.network import Batch, DualPathNetwork, NetworkOptions  # noqa: E402
from dualalign.progression.scaling import Scales, fit_scales  # noqa: E402
from dualalign.progression.training import shape_of  # noqa: E402
from dualalign.progression.visits import Visits, to_visits  # noqa: E402
from tests.progression.planted import planted  # noqa: E402


def make_batch(visits: Visits, scales: Scales) -> Batch:
    return training.make_batch(visits, scales, torch.device("cpu"))


def make(visits: Visits, **options: object) -> DualPathNetwork:
    torch.manual_seed(0)
    return DualPathNetwork(shape_of(visits.schema, fit_scales(visits)), NetworkOptions(**options)).eval()  # type: ignore[arg-type]


def hidden(network: DualPathNetwork, batch: Batch) -> np.ndarray:
    with torch.no_grad():
        return network(batch)[0].numpy()


@pytest.mark.parametrize("mixer", ["attention", "recurrent"])
@pytest.mark.parametrize("window", [3, 64])
def test_what_comes_later_changes_nothing_before(mixer: str, window: int) -> None:
    visits = to_visits(planted(3, 11))
    scales = fit_scales(visits)
    network = make(visits, mixer=mixer, window=window)
    changed = visits.values.copy()
    changed[visits.times > 5] = 1.0
    before = hidden(network, make_batch(visits, scales))
    after = hidden(network, make_batch(replace(visits, values=changed), scales))
    early = visits.times <= 5
    np.testing.assert_allclose(before[early], after[early], atol=1e-6)
    assert np.abs(before[~early] - after[~early]).max() > 1e-3


def test_a_subject_is_the_same_alone_and_among_longer_ones() -> None:
    visits = to_visits(planted(4, 5)).keep_rows(np.arange(20) != 4)
    scales = fit_scales(visits)
    network = make(visits, window=2)
    together = hidden(network, make_batch(visits, scales))
    alone = hidden(network, make_batch(visits.take([0]), scales))
    np.testing.assert_allclose(together[:4], alone, atol=1e-6)


def test_the_window_reaches_back_as_far_as_it_says_and_no_further() -> None:
    visits = to_visits(planted(1, 9))
    scales = fit_scales(visits)
    network = make(visits, window=3, layers=1)
    batch = make_batch(visits, scales)
    start = hidden(network, batch)
    for touched in range(9):
        seen = batch.values.clone()
        seen[touched] += 1.0
        moved = np.abs(hidden(network, replace(batch, values=seen)) - start).max(axis=1) > 1e-6
        assert np.flatnonzero(moved).tolist() == list(range(touched, min(touched + 3, 9)))


def test_modalities_that_are_missing_weigh_nothing() -> None:
    visits = to_visits(planted(3))
    network = make(visits)
    gone = visits.without(["noise"])
    weights = network(make_batch(gone, fit_scales(visits)))[1].detach().numpy()
    assert weights[..., 1].max() < 1e-6
    np.testing.assert_allclose(weights.sum(axis=-1), 1, atol=1e-5)


def test_time_matters_and_not_only_order() -> None:
    visits = to_visits(planted(3))
    scales = fit_scales(visits)
    network = make(visits)
    batch = make_batch(visits, scales)
    slower = replace(batch, times=batch.times * 3)
    assert np.abs(hidden(network, batch) - hidden(network, slower)).max() > 1e-3
