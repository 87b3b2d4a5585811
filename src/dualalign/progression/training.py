"""Fit one network: minibatches of subjects, stopped early by subjects held out."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from dualalign.progression.batches import Batch, TargetTensors, training_batches
from dualalign.progression.linear_path import fit_linear_path
from dualalign.progression.losses import WEIGHTS, task_losses, total_loss
from dualalign.progression.network import DualPathNetwork, NetworkOptions, Shape
from dualalign.progression.placement import Device, Precision, arithmetic_of, device_of
from dualalign.progression.scaling import Scales
from dualalign.progression.targets import Targets
from dualalign.progression.visits import Visits
from dualalign.randomness import Stream, generator

State = dict[str, torch.Tensor]
_Part = list[tuple[Batch, TargetTensors]]


@dataclass(frozen=True, slots=True)
class TrainingOptions:
    """How a network is fitted.

    Args:
        network: its size and parts.
        epochs: passes over the subjects at most.
        patience: passes without a better loss on held-out subjects before stopping.
        rate: step size.
        decay: pull of weights towards 0.
        batch_subjects: subjects in a step.
        weights: weight of each task.
        linear_first: fit the linear path to its optimum first and leave it there; the deep path learns what it misses.
        device: `cpu`, `cuda`, or `auto` for a GPU with CUDA if there is one.
        precision: of the forward passes in training: `float32`, `bfloat16`, or `auto` for bfloat16 on a GPU that has
            it. Weights, heads, losses and predictions are float32 always.
    """

    network: NetworkOptions = field(default_factory=NetworkOptions)
    epochs: int = 200
    patience: int = 20
    rate: float = 1e-2
    decay: float = 0.1
    batch_subjects: int = 64
    weights: Mapping[str, float] = field(default_factory=lambda: dict(WEIGHTS))
    linear_first: bool = False
    device: Device = "cpu"
    precision: Precision = "auto"


def shape_of(visits: Visits, scales: Scales) -> Shape:
    """Return what the schema of visits asks of a network."""
    schema = visits.schema
    places = {feature: place for place, feature in enumerate(schema.numeric)}
    modalities = (
        tuple(places[feature.id] for feature in each.features if not feature.text)
        for each in schema.modalities
    )
    return Shape(
        tuple(each for each in modalities if each),
        visits.static.shape[1],
        len(scales.wide.mean),
        len(schema.conversion.horizons) if schema.conversion is not None else 0,
        len(schema.forecast),
    )


def fit_network(
    seen: Visits,
    targets: Targets,
    scales: Scales,
    training: Sequence[int],
    held_out: Sequence[int],
    options: TrainingOptions,
    seed: int,
    start: State | None = None,
) -> DualPathNetwork:
    """Fit a network on some subjects and stop where others are predicted best.

    Args:
        seen: what the network may see, all subjects.
        targets: what came, of the same visits.
        scales: of the training subjects.
        training: numbers of the subjects to learn from.
        held_out: numbers of the subjects that say when to stop.
        options: how to fit.
        seed: draws first weights, batches and dropout.
        start: weights to start from, None for random ones.

    Raises:
        ProgressionError: the device or precision asked for is not there.
    """
    device = device_of(options.device)
    arithmetic = arithmetic_of(options.precision, device)
    random = generator(seed, Stream.PROGRESSION)
    parts = np.array_split(
        random.permutation(np.asarray(training)), max(1, round(len(training) / options.batch_subjects))
    )
    batches = list(training_batches(seen, targets, scales, [part.tolist() for part in parts]))
    check = list(
        training_batches(
            seen,
            targets,
            scales,
            [
                list(held_out)[at : at + options.batch_subjects]
                for at in range(0, len(held_out), options.batch_subjects)
            ],
        )
    )
    with torch.random.fork_rng(devices=[device.index] if device.type == "cuda" else []):
        torch.manual_seed(int(random.integers(2**31)))
        # Drawn on the processor, so that first weights are the same on every device.
        network = DualPathNetwork(shape_of(seen, scales), options.network)
        if start is not None:
            network.load_state_dict(start)
        network.to(device).arithmetic = arithmetic
        batches, check = _on(batches, device), _on(check, device)
        if options.linear_first:
            fit_linear_path(network, batches, check, seen.schema)
            for part in network.linear_parts().values():
                part.weight.requires_grad_(False)
        _train(network, batches, check, options, random)
    return network.eval()


def _on(part: _Part, device: torch.device) -> _Part:
    return [(batch.on(device), targets.on(device)) for batch, targets in part]


def _train(
    network: DualPathNetwork,
    batches: _Part,
    check: _Part,
    options: TrainingOptions,
    random: np.random.Generator,
) -> None:
    optimiser = torch.optim.AdamW(network.parameters(), lr=options.rate, weight_decay=options.decay)
    best, waited = copy.deepcopy(network.state_dict()), 0
    best_loss = held_out_loss(network, check, options.weights) if options.linear_first else float("inf")
    for _ in range(options.epochs):
        one_pass(network, optimiser, batches, options.weights, random)
        loss = held_out_loss(network, check, options.weights)
        if loss < best_loss - 1e-5:
            best, best_loss, waited = copy.deepcopy(network.state_dict()), loss, 0
        else:
            waited += 1
            if waited >= options.patience:
                break
    network.load_state_dict(best)


def one_pass(
    network: DualPathNetwork,
    optimiser: torch.optim.Optimizer,
    batches: _Part,
    weights: Mapping[str, float],
    random: np.random.Generator,
) -> None:
    """Take one step a batch, in random order."""
    network.train()
    for place in random.permutation(len(batches)):
        losses = task_losses(network, *batches[place])
        if losses:
            optimiser.zero_grad()
            total_loss(losses, weights).backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()


def held_out_loss(network: DualPathNetwork, check: _Part, weights: Mapping[str, float]) -> float:
    """Return the mean loss over batches, without dropout."""
    network.eval()
    with torch.no_grad():
        found = [total_loss(losses, weights) for part in check if (losses := task_losses(network, *part))]
    return float(torch.stack(found).mean()) if found else 0.0
