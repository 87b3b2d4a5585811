"""Secure aggregation (SecAgg+: Bell et al., CCS 2020) as Flower implements it: only the sum of masked weights opens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from flwr.client.mod import secaggplus_mod
from flwr.common import parameters_to_ndarrays
from flwr.common.secure_aggregation.secaggplus_constants import RECORD_KEY_STATE
from flwr.compat.common.recorddict_compat import recorddict_to_fitres
from flwr.server import strategy
from flwr.server.workflow import SecAggPlusWorkflow

from dualalign.errors import ProgressionError
from dualalign.progression.federated.site import Arrays, Site

FEWEST_SITES = 3
"""Of two, each could subtract itself from the mean and read the other."""

_MODULUS_BITS = 32
_FINEST_BITS = 22
_NARROWEST_RANGE = 8.0

# These look at each site's update; here they would be shown the mean in place of each.
_SEE_EACH_UPDATE = (
    strategy.Bulyan,
    strategy.FedMedian,
    strategy.FedTrimmedAvg,
    strategy.Krum,
    strategy.QFedAvg,
    strategy.FedXgbBagging,
    strategy.FedXgbCyclic,
    strategy.FedXgbNnAvg,
)


def check_secure(sites: int, chosen: Any) -> None:
    """Refuse what cannot be aggregated securely.

    Args:
        sites: number of sites, of all or asked in a round.
        chosen: the strategy that is given the mean.

    Raises:
        ProgressionError: too few sites, or a strategy that must see each site's update.
    """
    if sites < FEWEST_SITES:
        raise ProgressionError(
            f"secure aggregation over {sites} sites would hide nothing from them",
            f"give at least {FEWEST_SITES} sites, or leave secure_aggregation off",
        )
    if isinstance(chosen, _SEE_EACH_UPDATE):
        raise ProgressionError(
            f"secure aggregation shows the strategy only the mean, and {type(chosen).__name__} must see each update",
            "take a strategy that rests on the mean (FedAvg, FedAdam), or leave secure_aggregation off",
        )


def secure_workflow(weights: Arrays, sites: Sequence[Site]) -> Any:
    """Return the library's protocol for one round.

    Args:
        weights: that go out, from which the range to round in is chosen: beyond it Flower would cut silently.
        sites: all that may be asked.
    """
    largest = max((float(np.abs(array).max()) for array in weights if array.size), default=0.0)
    # The sum of all sites' rounded numbers must stay below the modulus.
    bits = min(_FINEST_BITS, _MODULUS_BITS - (len(sites) - 1).bit_length())
    # Every site holds a share of every key and all are needed to open the sum: sites of one process do not drop out.
    return SecAggPlusWorkflow(
        num_shares=1.0,
        reconstruction_threshold=1.0,
        max_weight=float(max(site.weight for site in sites)),
        clipping_range=max(_NARROWEST_RANGE, 2.0 * largest),
        quantization_range=2**bits,
        modulus_range=2**_MODULUS_BITS,
    )


def masking(site: Site) -> list[Any]:
    """Return what stands between a site and the server, outermost first: masks, and a check that none is cut."""

    def within_range(message: Any, context: Any, call_next: Any) -> Any:
        reply = call_next(message, context)
        held = float(context.state.config_records[RECORD_KEY_STATE]["clipping_range"])
        weights = parameters_to_ndarrays(recorddict_to_fitres(reply.content, keep_input=True).parameters)
        largest = max(float(np.abs(array).max()) for array in weights if array.size)
        if largest > held:
            raise ProgressionError(
                f"site '{site.name}': a weight of {largest:.3g} lies outside the {held:g} that secure aggregation rounds in",
                "lower the rate or local_epochs",
            )
        return reply

    return [secaggplus_mod, within_range]
