"""One site: takes weights, learns on its own subjects, gives weights back."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
import torch

from dualalign.errors import ProgressionError
from dualalign.progression.batches import training_batches
from dualalign.progression.federated.options import FederatedOptions
from dualalign.progression.network import DualPathNetwork
from dualalign.progression.scaling import Scales
from dualalign.progression.targets import make_targets, scaled_targets
from dualalign.progression.training import one_pass
from dualalign.progression.visits import Visits
from dualalign.randomness import Stream, generator

Arrays = list[Any]


class Site:
    """A site's subjects, some held out to calibrate on, and what it does with weights.

    Args:
        name: of the site, for errors and its own random batches.
        visits: of its subjects.
        scales: of all sites together.
        network: where weights are put to learn; sites of one process take turns in it.
        options: how sites learn together.
        seed: draws who is held out, and batches.
    """

    def __init__(
        self,
        name: str,
        visits: Visits,
        scales: Scales,
        network: DualPathNetwork,
        options: FederatedOptions,
        seed: int,
    ) -> None:
        # Every site draws for itself, whatever the order in which sites are asked.
        self._random = generator(seed, Stream.PROGRESSION, zlib.crc32(name.encode()))
        order = self._random.permutation(len(visits))
        held_out = 0 if options.noise_multiplier else round(options.calibration_share * len(visits))
        self.held_out = visits.take(np.sort(order[:held_out]).tolist())
        learning = visits.take(np.sort(order[held_out:]).tolist())
        # Noise is as large as one site's share of an equal mean. A site that counted more would outweigh it.
        self.name, self.weight = name, 1 if options.noise_multiplier else len(learning)
        self._network, self._options = network, options
        targets = make_targets(learning, learning, visits.knows_state())
        size = options.training.batch_subjects
        mixed = self._random.permutation(len(learning)).tolist()
        groups = [mixed[at : at + size] for at in range(0, len(mixed), size)]
        scaled = scaled_targets(targets, scales, learning)
        self._batches = list(training_batches(learning, scaled, scales, groups))

    def learn(self, weights: Arrays) -> Arrays:
        """Return the weights after some passes over the site's subjects.

        Raises:
            ProgressionError: nothing to learn from, or the weights ran away.
        """
        put_weights(self._network, weights)
        training = self._options.training
        optimiser = torch.optim.AdamW(
            self._network.parameters(), lr=training.rate, weight_decay=training.decay
        )
        for _ in range(self._options.local_epochs):
            one_pass(self._network, optimiser, self._batches, training.weights, self._random)
        learned = weights_of(self._network)
        if all(np.array_equal(new, old) for new, old in zip(learned, weights, strict=True)):
            raise ProgressionError(
                f"site '{self.name}': no visit of its subjects has an outcome to learn from", "leave it out"
            )
        if not all(np.isfinite(array).all() for array in learned):
            raise ProgressionError(
                f"site '{self.name}': training ran away to weights that are no numbers", "lower the rate"
            )
        return learned


def weights_of(network: DualPathNetwork) -> Arrays:
    """Return a copy of the weights, in the network's order."""
    return [tensor.detach().numpy().copy() for tensor in network.state_dict().values()]


def put_weights(network: DualPathNetwork, weights: Arrays) -> None:
    """Put weights, in the network's order, into a network."""
    names = network.state_dict().keys()
    tensors = {name: torch.from_numpy(np.array(array)) for name, array in zip(names, weights, strict=True)}
    network.load_state_dict(tensors)
