"""Train over sites that never show their data: only weights, and sums for scaling, leave a site.

The strategy (how weights are averaged, clipped and made noisy) is Flower's; sites run in this process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from dualalign.errors import ProgressionError
from dualalign.progression.batches import training_batches
from dualalign.progression.dualpath import FittedDualPath, Member, scaled_targets
from dualalign.progression.history import history_at_visits
from dualalign.progression.network import DualPathNetwork
from dualalign.progression.scaling import WIDE, Scale, Scales
from dualalign.progression.targets import make_targets
from dualalign.progression.training import TrainingOptions, one_pass, shape_of
from dualalign.progression.visits import Floats, Visits
from dualalign.randomness import Stream, generator

Arrays = list[Any]


@dataclass(frozen=True)
class FederatedOptions:
    """How sites learn together.

    Args:
        training: size of the network and how each site fits it; epochs and patience are not used.
        rounds: times that weights go out and come back.
        local_epochs: passes over its subjects that a site makes in a round.
        noise_multiplier: noise of Flower's server-side differential privacy over the clipping norm; 0 for none.
        clipping_norm: longest update a site may send, where noise is added.
    """

    training: TrainingOptions = field(default_factory=TrainingOptions)
    rounds: int = 20
    local_epochs: int = 2
    noise_multiplier: float = 0.0
    clipping_norm: float = 1.0


def fit_federated(
    sites: Mapping[str, Visits], options: FederatedOptions | None = None, seed: int = 0, strategy: Any = None
) -> FittedDualPath:
    """Fit one network over sites by federated averaging (McMahan et al., AISTATS 2017) as Flower implements it.

    The result is not calibrated: sites would have to agree on who is held out.

    Args:
        sites: visits of each site's subjects, all of one schema.
        options: how.
        seed: draws first weights and batches; noise for privacy is the library's and is not seeded.
        strategy: a Flower strategy to use instead of averaging weighted by subjects.

    Raises:
        ProgressionError: Flower is not installed, fewer than two sites, or sites of different schemas.
    """
    chosen = options or FederatedOptions()
    flower = _Flower()
    names = list(sites)
    if len(names) < 2:
        raise ProgressionError(f"{len(names)} sites", "give at least two")
    for name in names[1:]:
        if sites[name].schema.fingerprint() != sites[names[0]].schema.fingerprint():
            raise ProgressionError(
                f"site '{name}' has another schema than '{names[0]}'", "agree on one schema"
            )
    scales = pooled_scales([sites[name] for name in names])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        shape = shape_of(sites[names[0]], scales)
        network = DualPathNetwork(shape, chosen.training.network)
        clients = [_Site(name, sites[name], scales, network, chosen, seed) for name in names]
        weights = flower.run(clients, strategy, _arrays(network), chosen)
    _load(network, weights)
    return FittedDualPath((Member(network.eval(), scales),), {})


def pooled_scales(sites: Sequence[Visits]) -> Scales:
    """Return the scales of all sites together, from each site's counts, sums and sums of squares alone."""
    return Scales(
        _pooled([visits.values for visits in sites]),
        _pooled([visits.person_at_rows() for visits in sites]),
        _pooled([history_at_visits(visits).columns(WIDE) for visits in sites]),
    )


def _pooled(tables: Sequence[Floats]) -> Scale:
    count = sum((~np.isnan(table)).sum(axis=0) for table in tables)
    total = sum(np.nansum(table, axis=0) for table in tables)
    squares = sum(np.nansum(table**2, axis=0) for table in tables)
    safe = np.maximum(count, 1)
    mean = total / safe
    spread = np.sqrt(np.maximum(squares / safe - mean**2, 0.0))
    return Scale(np.asarray(mean), np.where(spread > 1e-6, spread, 1.0))


class _Site:
    """One site: takes weights, learns on its own subjects, gives weights back."""

    def __init__(
        self,
        name: str,
        visits: Visits,
        scales: Scales,
        network: DualPathNetwork,
        options: FederatedOptions,
        seed: int,
    ) -> None:
        self.name, self.subjects = name, len(visits)
        self._network, self._options = network, options
        state = visits.schema.state
        is_input = state is not None and not np.isnan(visits.column(state.feature)).all()
        targets = scaled_targets(make_targets(visits, visits, is_input), scales, visits)
        # Every site draws its own batches, whatever the order in which sites are asked.
        self._random = generator(seed, Stream.PROGRESSION, 4000 + sum(name.encode()))
        size = options.training.batch_subjects
        order = self._random.permutation(len(visits)).tolist()
        groups = [order[at : at + size] for at in range(0, len(order), size)]
        self._batches = list(training_batches(visits, targets, scales, groups))

    def learn(self, weights: Arrays) -> Arrays:
        """Return the weights after some passes over the site's subjects."""
        _load(self._network, weights)
        training = self._options.training
        optimiser = torch.optim.AdamW(
            self._network.parameters(), lr=training.rate, weight_decay=training.decay
        )
        for _ in range(self._options.local_epochs):
            one_pass(self._network, optimiser, self._batches, training.weights, self._random)
        return _arrays(self._network)


class _Flower:
    """Drives a Flower strategy in this process, through its own interface and without its servers."""

    def __init__(self) -> None:
        try:
            from flwr import common, server
        except ImportError:
            raise ProgressionError(
                "flwr (Flower) is not installed", "pip install 'dualalign[federated]'"
            ) from None
        self._common, self._server = common, server

    def run(
        self, sites: Sequence[_Site], strategy: Any, weights: Arrays, options: FederatedOptions
    ) -> Arrays:
        """Return the weights after all rounds."""
        common = self._common
        manager = self._server.SimpleClientManager()
        for site in sites:
            manager.register(self._client(site))
        chosen = strategy or self._strategy(len(sites), options)
        parameters = common.ndarrays_to_parameters(weights)
        for number in range(1, options.rounds + 1):
            asked = sorted(chosen.configure_fit(number, parameters, manager), key=lambda pair: pair[0].cid)
            results = [(client, client.fit(instruction, None, None)) for client, instruction in asked]
            new, _ = chosen.aggregate_fit(number, results, [])
            if new is None:
                raise ProgressionError(
                    f"round {number}: the strategy gave no weights back", "ask for fewer sites per round"
                )
            parameters = new
        found: Arrays = common.parameters_to_ndarrays(parameters)
        return found

    def _strategy(self, sites: int, options: FederatedOptions) -> Any:
        from flwr.server import strategy

        average = strategy.FedAvg(
            fraction_fit=1.0,
            min_fit_clients=sites,
            min_available_clients=sites,
            fit_metrics_aggregation_fn=lambda metrics: {},
        )
        if not options.noise_multiplier:
            return average
        return strategy.DifferentialPrivacyServerSideFixedClipping(
            average, options.noise_multiplier, options.clipping_norm, sites
        )

    def _client(self, site: _Site) -> Any:
        from flwr.server.client_proxy import ClientProxy

        common = self._common

        class InProcess(ClientProxy):  # type: ignore[misc]
            def fit(self, ins: Any, timeout: Any, group_id: Any) -> Any:
                weights = site.learn(common.parameters_to_ndarrays(ins.parameters))
                status = common.Status(common.Code.OK, "")
                return common.FitRes(status, common.ndarrays_to_parameters(weights), site.subjects, {})

            def get_properties(self, ins: Any, timeout: Any, group_id: Any) -> Any:
                raise NotImplementedError

            get_parameters = evaluate = reconnect = get_properties

        return InProcess(site.name)


def _arrays(network: DualPathNetwork) -> Arrays:
    return [tensor.detach().numpy().copy() for tensor in network.state_dict().values()]


def _load(network: DualPathNetwork, weights: Arrays) -> None:
    names = network.state_dict().keys()
    tensors = {name: torch.from_numpy(np.array(array)) for name, array in zip(names, weights, strict=True)}
    network.load_state_dict(tensors)
