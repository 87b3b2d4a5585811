"""What the noise is worth: an epsilon."""

from __future__ import annotations

import math

from dualalign.errors import ProgressionError
from dualalign.progression.federated.options import FederatedOptions


def epsilon(options: FederatedOptions, delta: float = 1e-5) -> float:
    """Return the epsilon of (epsilon, delta)-differential privacy that the noise of a whole training buys.

    What it says: whoever sees the weights of every round and of the result learns little about whether a whole
    site sent its updates or sent none, the scales of the inputs taken as given. Who the sites are is taken as
    known, and their number is what the noise is divided by, so it does not matter here. Each round is a Gaussian mechanism over all sites, without
    amplification by sampling, and rounds add up by Renyi accounting (Mironov 2017). For another site's data in a
    site's place, ask with half the noise multiplier.

    What it does not say: nothing about the counts, sums and sums of squares that scale the inputs, which leave
    each site without noise and whose mean and spread stay in the model; nothing against the server, which adds
    the noise and sees the mean of the updates without it (and each update, unless aggregation is secure). It
    takes noise for exactly Gaussian, where Flower draws it in floating point from a generator that is not
    cryptographic, and leaves out that secure aggregation rounds: an update of w weights below 8 may grow by
    4e-6 x sqrt(w) at most.

    Args:
        options: how sites learn together.
        delta: chance at which the promise may fail, above 0 and below 1.

    Raises:
        ProgressionError: no chance, or the accountant is not installed.
    """
    if not 0 < delta < 1:
        raise ProgressionError(f"delta is {delta}", "give a chance above 0 and below 1, such as 1e-5")
    if not options.noise_multiplier:
        return math.inf
    try:
        from dp_accounting import GaussianDpEvent, NeighboringRelation
        from dp_accounting.rdp import RdpAccountant
    except ImportError:
        raise ProgressionError(
            "dp-accounting is not installed", "pip install 'dualalign[federated]'"
        ) from None
    accountant = RdpAccountant(neighboring_relation=NeighboringRelation.ADD_OR_REMOVE_ONE)
    accountant.compose(GaussianDpEvent(options.noise_multiplier), options.rounds)
    return float(accountant.get_epsilon(delta))
