"""The linear path alone, fitted before the deep one: to its optimum, each head held back as held-out subjects like it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import cycle

import torch
from torch import Tensor

from dualalign.progression.batches import Batch, TargetTensors
from dualalign.progression.history import history_names, is_wanted
from dualalign.progression.losses import losses_of_states
from dualalign.progression.network import DualPathNetwork
from dualalign.progression.scaling import WIDE
from dualalign.progression.schema import LongitudinalSchema

STRENGTHS = (0.3, 0.03, 0.003)
"""Halves of these times the squared weights are added to the mean loss (logistic regression's 1 / (C n)), strongest first."""
WORDS = (("last",), WIDE)
"""What of each feature's history a head may read."""
_STEPS = 40

_Part = Sequence[tuple[Batch, TargetTensors]]
_States = list[tuple[Tensor, Tensor, TargetTensors]]


def fit_linear_path(
    network: DualPathNetwork, training: _Part, held_out: _Part, schema: LongitudinalSchema
) -> None:
    """Fit the linear part of every head as regularised regressions are, and leave it in the network.

    How strongly weights are pulled to 0, and whether means and slopes are read beside last values, is chosen for each
    head by its loss on held-out subjects. The deep part adds nothing yet: its last weights are 0 at the start.

    Args:
        network: fresh; one without a linear path is left as it is.
        training: batches to learn from.
        held_out: batches of other subjects.
        schema: of the data.
    """
    parts = network.linear_parts()
    if not parts:
        return
    known, others = _states(network, training), _states(network, held_out)
    best: dict[str, tuple[float, Tensor, Tensor]] = {}
    for words in WORDS:
        masks = {task: _mask(schema, part.is_history, words).to(known[0][1]) for task, part in parts.items()}
        with torch.no_grad():
            for part in parts.values():
                part.weight.zero_()
                part.bias.zero_()
        for strength in STRENGTHS:
            _descend(network, known, masks, strength)
            with torch.no_grad():
                losses = _mean_losses(network, others)
            for task, loss in losses.items():
                if task not in best or float(loss) < best[task][0]:
                    part = parts[task]
                    best[task] = (float(loss), part.weight.detach().clone(), part.bias.detach().clone())
    with torch.no_grad():
        for task, part in parts.items():
            # A task without an answer among held-out subjects is left to the deep path.
            _, weight, bias = best.get(
                task, (0.0, torch.zeros_like(part.weight), torch.zeros_like(part.bias))
            )
            part.weight.copy_(weight)
            part.bias.copy_(bias)


def _states(network: DualPathNetwork, parts: _Part) -> _States:
    width = network.options.width
    found = []
    for batch, targets in parts:
        wide = batch.wide[batch.real]
        found.append((wide.new_zeros(len(wide), width), wide, targets))
    return found


def _mask(schema: LongitudinalSchema, columns: Iterable[bool], words: tuple[str, ...]) -> Tensor:
    """Marks of the columns of a head that may be read."""
    # A head may read the whole history more than once, one after the other.
    read = cycle(is_wanted(name, words) for name in history_names(schema) if is_wanted(name, WIDE))
    return torch.tensor([next(read) if is_history else True for is_history in columns])


def _descend(network: DualPathNetwork, known: _States, masks: dict[str, Tensor], strength: float) -> None:
    parts = network.linear_parts()
    parameters = [each for part in parts.values() for each in (part.weight, part.bias)]
    optimiser = torch.optim.LBFGS(parameters, max_iter=_STEPS, line_search_fn="strong_wolfe")

    def loss() -> float:
        pulled = [strength / 2 * (part.weight**2).sum() for part in parts.values()]
        total = torch.stack([*_mean_losses(network, known).values(), *pulled]).sum()
        gradients = torch.autograd.grad(total, parameters, allow_unused=True)
        for each, gradient in zip(parameters, gradients, strict=True):
            each.grad = gradient
        for task, part in parts.items():
            if part.weight.grad is not None:
                part.weight.grad *= masks[task]
        return float(total.detach())

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    optimiser.zero_grad()


def _mean_losses(network: DualPathNetwork, states: _States) -> dict[str, Tensor]:
    found: dict[str, list[Tensor]] = {}
    for hidden, wide, targets in states:
        for task, loss in losses_of_states(network, hidden, wide, targets).items():
            found.setdefault(task, []).append(loss)
    return {task: torch.stack(losses).mean() for task, losses in found.items()}
