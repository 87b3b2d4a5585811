"""What the network is penalised for."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import torch
from torch import Tensor
from torch.nn import functional

from dualalign.progression.batches import Batch, TargetTensors
from dualalign.progression.network import DualPathNetwork

WEIGHTS: Mapping[str, float] = MappingProxyType(
    {"state": 1.0, "conversion": 0.5, "decline": 0.3, "forecast": 0.1}
)
"""Weight of each task in the sum; each is a mean over what is known of it."""


def task_losses(network: DualPathNetwork, batch: Batch, targets: TargetTensors) -> dict[str, Tensor]:
    """Return the mean loss of each task of which the batch knows any answer."""
    hidden, wide, _ = network(batch)
    return losses_of_states(network, hidden, wide, targets)


def losses_of_states(
    network: DualPathNetwork, hidden: Tensor, wide: Tensor, targets: TargetTensors
) -> dict[str, Tensor]:
    """Return the same from hidden states (n x D) and history (n x W) of the real visits."""
    found: dict[str, Tensor] = {}
    if targets.exposure.sum() > 0:
        logits = network.hazard_logits(hidden, wide)
        survived = (targets.exposure - targets.events).clamp(min=0.0)
        each = -(targets.events * functional.logsigmoid(logits) + survived * functional.logsigmoid(-logits))
        found["conversion"] = each.sum() / (targets.exposure.sum(dim=1) > 0).sum()
    known = ~torch.isnan(targets.decline)
    if known.any():
        logits = network.decline_logits(hidden[known], wide[known])
        found["decline"] = functional.binary_cross_entropy_with_logits(logits, targets.decline[known])
    if len(targets.state.rows):
        pairs = targets.state
        logits = network.state_logits(hidden[pairs.rows], wide[pairs.rows], pairs.ahead)
        found["state"] = functional.binary_cross_entropy_with_logits(logits, pairs.values)
    errors = []
    for place, pairs in enumerate(targets.forecast):
        if len(pairs.rows):
            change, log_spread = network.forecasts(hidden[pairs.rows], wide[pairs.rows], pairs.ahead)
            missed = (pairs.values - change[:, place]) * torch.exp(-log_spread[:, place])
            errors.append((0.5 * missed**2 + log_spread[:, place]).mean())
    if errors:
        found["forecast"] = torch.stack(errors).mean()
    return found


def total_loss(losses: Mapping[str, Tensor], weights: Mapping[str, float] = WEIGHTS) -> Tensor:
    """Return the weighted sum of the losses of the tasks."""
    return torch.stack([weights[name] * loss for name, loss in losses.items()]).sum()
