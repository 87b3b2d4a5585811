"""Fit one network over sites."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch

from dualalign.errors import ProgressionError
from dualalign.progression.dualpath import FittedDualPath
from dualalign.progression.federated.calibration import HeldOut, calibrate_together
from dualalign.progression.federated.options import FederatedOptions
from dualalign.progression.federated.scales import pooled_scales
from dualalign.progression.federated.site import Site, put_weights, weights_of
from dualalign.progression.member import Member
from dualalign.progression.network import DualPathNetwork
from dualalign.progression.training import shape_of
from dualalign.progression.visits import Visits


def fit_federated(
    sites: Mapping[str, Visits], options: FederatedOptions | None = None, seed: int = 0, strategy: Any = None
) -> FittedDualPath:
    """Fit one network over sites by federated averaging (McMahan et al., AISTATS 2017) as Flower implements it.

    What leaves a site: its weights after each round (masked with `secure_aggregation`, clipped with
    `noise_multiplier`), its number of subjects, and its counts, sums and sums of squares for scaling, which are
    neither masked nor made noisy. To calibrate, each site also tells the loss of a slope and a shift summed over
    the answers of subjects that it held out, some dozens of times, and how many are yes.

    Args:
        sites: visits of each site's subjects, all of one schema.
        options: how.
        seed: draws first weights, subjects held out, batches and rounding; noise for privacy has a seed of its own.
        strategy: a Flower strategy to use instead of averaging weighted by subjects, or a function that makes one
            of the first weights, which FedAdam and its like ask for.

    Raises:
        ProgressionError: Flower is not installed, too few sites, sites of different schemas, a site with nothing
            to learn from, a round without result, or a strategy that does not go with the options.
    """
    chosen = options or FederatedOptions()
    try:
        import flwr  # noqa: F401

        from dualalign.progression.federated.flower import run_rounds
    except ImportError as error:
        raise ProgressionError(
            f"flwr (Flower) is missing or too old: {error}", "pip install 'dualalign[federated]'"
        ) from None
    names = sorted(sites)
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
        clients = [Site(name, sites[name], scales, network, chosen, seed) for name in names]
        weights = run_rounds(clients, strategy, weights_of(network), chosen, seed)
    put_weights(network, weights)
    model = FittedDualPath((Member(network.eval(), scales),), {})
    held_out = [HeldOut(client.held_out, model) for client in clients if len(client.held_out)]
    return replace(model, calibration=calibrate_together(held_out)) if held_out else model
