"""Fit one network: minibatches of subjects, stopped early by subjects held out, its linear path first or with it."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from types import MappingProxyType
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from dualalign.errors import ProgressionError
from dualalign.progression.history import history_at_visits, history_names, is_wanted
from dualalign.progression.network import Batch, DualPathNetwork, LinearPart, NetworkOptions, Shape
from dualalign.progression.scaling import WIDE, Scales
from dualalign.progression.schema import LongitudinalSchema
from dualalign.progression.targets import Pairs, Targets
from dualalign.progression.visits import Floats, Visits
from dualalign.randomness import Stream, generator

Device = Literal["auto", "cpu", "cuda"]
Precision = Literal["auto", "float32", "bfloat16"]
State = dict[str, Tensor]

WEIGHTS: Mapping[str, float] = MappingProxyType(
    {"state": 1.0, "conversion": 0.5, "decline": 0.3, "forecast": 0.1}
)
"""Weight of each task in the sum of losses; each is a mean over what is known of it."""
STRENGTHS = (0.3, 0.03, 0.003)
"""Halves of these times the squared weights are added to the mean loss (logistic regression's 1 / (C n)), strongest first."""
WORDS = (("last",), WIDE)
"""What of each feature's history a linear head may read."""
_STEPS = 40


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


class Part(NamedTuple):
    """A batch and what came of its N visits.

    Args:
        batch: N visits.
        exposure: N x K, as in `Targets`.
        events: N x K.
        decline: N.
        state: visit numbers, years ahead, 0 or 1.
        forecast: for each feature, visit numbers, years ahead, changes.
    """

    batch: Batch
    exposure: Tensor
    events: Tensor
    decline: Tensor
    state: tuple[Tensor, Tensor, Tensor]
    forecast: list[tuple[Tensor, Tensor, Tensor]]


def device_of(wanted: Device) -> torch.device:
    """Return the device asked for; `auto` is a GPU with CUDA if there is one, else the processor.

    Raises:
        ProgressionError: CUDA is asked for and not there, or the device is none of these.
    """
    if wanted not in ("auto", "cpu", "cuda"):
        raise ProgressionError(f"device '{wanted}'", "use auto, cpu or cuda")
    there = torch.cuda.is_available()
    if wanted == "cuda" and not there:
        raise ProgressionError("device 'cuda': torch sees no GPU with CUDA", "use auto or cpu")
    if wanted == "cpu" or not there:
        return torch.device("cpu")
    # With its number: tensors on `cuda` say they lie on `cuda:0`, and the two names are not equal.
    return torch.device("cuda", torch.cuda.current_device())


def arithmetic_of(wanted: Precision, device: torch.device) -> torch.dtype:
    """Return the numbers of the forward passes in training; `auto` is bfloat16 on a GPU that has it, else float32.

    Raises:
        ProgressionError: the GPU has no bfloat16, or the precision is none of these.
    """
    if wanted not in ("auto", "float32", "bfloat16"):
        raise ProgressionError(f"precision '{wanted}'", "use auto, float32 or bfloat16")
    lacks = device.type == "cuda" and not torch.cuda.is_bf16_supported()
    if wanted == "bfloat16" and lacks:
        raise ProgressionError("precision 'bfloat16': this GPU has no such numbers", "use auto or float32")
    if wanted == "bfloat16" or (wanted == "auto" and device.type == "cuda" and not lacks):
        return torch.bfloat16
    return torch.float32


def shape_of(schema: LongitudinalSchema, scales: Scales) -> Shape:
    """Return what a schema asks of a network."""
    places = {feature: place for place, feature in enumerate(schema.numeric)}
    modalities = (
        tuple(places[feature.id] for feature in each.features if not feature.text)
        for each in schema.modalities
    )
    return Shape(
        tuple(each for each in modalities if each),
        len(scales.person.mean),
        len(scales.wide.mean),
        len(schema.conversion.horizons) if schema.conversion is not None else 0,
        len(schema.forecast),
    )


def make_batch(visits: Visits, scales: Scales, device: torch.device) -> Batch:
    """Return all subjects of visits as one batch on a device."""
    counts = np.diff(visits.starts)
    longest = max(int(counts.max(initial=0)), 1)
    return Batch(
        _tensor(scales.values.apply(visits.values)),
        _tensor((~np.isnan(visits.values)).astype(np.float64)),
        _tensor(scales.person.apply(visits.person_at_rows())),
        _tensor(scales.wide.apply(history_at_visits(visits).columns(WIDE))),
        _tensor(visits.times),
        torch.from_numpy(np.arange(longest) < counts[:, None]),
    ).on(device)


def training_parts(
    seen: Visits, targets: Targets, scales: Scales, groups: Iterable[Sequence[int]], device: torch.device
) -> list[Part]:
    """Return a batch and its targets for each group of subject numbers.

    Args:
        seen: what the network may see.
        targets: of the same visits, all subjects.
        scales: of the training subjects.
        groups: subject numbers of each batch.
        device: where they lie.
    """
    return [_part(seen, targets, scales, group, device) for group in groups]


def _part(seen: Visits, targets: Targets, scales: Scales, group: Sequence[int], device: torch.device) -> Part:
    spans = [np.arange(seen.starts[s], seen.starts[s + 1]) for s in group]
    rows = np.concatenate(spans) if spans else np.zeros(0, dtype=np.intp)
    place = np.full(len(seen.times), -1, dtype=np.intp)
    place[rows] = np.arange(len(rows))

    def pairs_of(pairs: Pairs) -> tuple[Tensor, Tensor, Tensor]:
        mine = place[pairs.rows] >= 0
        numbers = torch.from_numpy(place[pairs.rows[mine]]).to(device)
        return numbers, _tensor(pairs.ahead[mine]).to(device), _tensor(pairs.values[mine]).to(device)

    return Part(
        make_batch(seen.take(group), scales, device),
        _tensor(targets.exposure[rows]).to(device),
        _tensor(targets.events[rows]).to(device),
        _tensor(targets.decline[rows]).to(device),
        pairs_of(targets.state),
        [pairs_of(each) for each in targets.forecast],
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
    mixed = random.permutation(np.asarray(training))
    groups = np.array_split(mixed, max(1, round(len(training) / options.batch_subjects)))
    size = options.batch_subjects
    others = [held_out[at : at + size] for at in range(0, len(held_out), size)]
    parts = training_parts(seen, targets, scales, [each.tolist() for each in groups], device)
    check = training_parts(seen, targets, scales, others, device)
    with torch.random.fork_rng(devices=[device.index] if device.type == "cuda" else []):
        torch.manual_seed(int(random.integers(2**31)))
        # Drawn on the processor, so that first weights are the same on every device.
        network = DualPathNetwork(shape_of(seen.schema, scales), options.network)
        if start is not None:
            network.load_state_dict(start)
        network.to(device).arithmetic = arithmetic
        if options.linear_first:
            fit_linear_path(network, parts, check, seen.schema)
            for part in network.linear_parts().values():
                part.weight.requires_grad_(False)
        _train(network, parts, check, options, random)
    return network.eval()


def _train(
    network: DualPathNetwork,
    parts: Sequence[Part],
    check: Sequence[Part],
    options: TrainingOptions,
    random: np.random.Generator,
) -> None:
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=options.rate, weight_decay=options.decay, fused=True
    )
    best, waited = copy.deepcopy(network.state_dict()), 0
    best_loss = held_out_loss(network, check, options.weights) if options.linear_first else float("inf")
    for _ in range(options.epochs):
        one_pass(network, optimiser, parts, options.weights, random)
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
    parts: Sequence[Part],
    weights: Mapping[str, float],
    random: np.random.Generator,
) -> None:
    """Take one step a batch, in random order."""
    network.train()
    for place in random.permutation(len(parts)):
        losses = task_losses(network, parts[place])
        if losses:
            optimiser.zero_grad()
            total_loss(losses, weights).backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()


def held_out_loss(network: DualPathNetwork, check: Sequence[Part], weights: Mapping[str, float]) -> float:
    """Return the mean loss over batches, without dropout."""
    network.eval()
    with torch.no_grad():
        found = [total_loss(losses, weights) for part in check if (losses := task_losses(network, part))]
    return float(torch.stack(found).mean()) if found else 0.0


def total_loss(losses: Mapping[str, Tensor], weights: Mapping[str, float] = WEIGHTS) -> Tensor:
    """Return the weighted sum of the losses of the tasks."""
    return torch.stack([weights[name] * loss for name, loss in losses.items()]).sum()


def task_losses(network: DualPathNetwork, part: Part, hidden: Tensor | None = None) -> dict[str, Tensor]:
    """Return the mean loss of each task of which a batch knows any answer.

    Args:
        network: the network.
        part: the batch.
        hidden: N x D states to use instead of the network's own.
    """
    wide = part.batch.wide
    if hidden is None:
        hidden = network(part.batch)[0]
    found: dict[str, Tensor] = {}
    if part.exposure.sum() > 0:
        logits = network.hazard_logits(hidden, wide)
        survived = (part.exposure - part.events).clamp(min=0.0)
        each = -(part.events * functional.logsigmoid(logits) + survived * functional.logsigmoid(-logits))
        found["conversion"] = each.sum() / (part.exposure.sum(dim=1) > 0).sum()
    known = ~torch.isnan(part.decline)
    if known.any():
        logits = network.decline_logits(hidden[known], wide[known])
        found["decline"] = functional.binary_cross_entropy_with_logits(logits, part.decline[known])
    rows, ahead, values = part.state
    if len(rows):
        logits = network.state_logits(hidden[rows], wide[rows], ahead)
        found["state"] = functional.binary_cross_entropy_with_logits(logits, values)
    errors = []
    for place, (rows, ahead, values) in enumerate(part.forecast):
        if len(rows):
            change, log_spread = network.forecasts(hidden[rows], wide[rows], ahead)
            missed = (values - change[:, place]) * torch.exp(-log_spread[:, place])
            errors.append((0.5 * missed**2 + log_spread[:, place]).mean())
    if errors:
        found["forecast"] = torch.stack(errors).mean()
    return found


def fit_linear_path(
    network: DualPathNetwork, parts: Sequence[Part], check: Sequence[Part], schema: LongitudinalSchema
) -> None:
    """Fit the linear part of every head as regularised regressions are, and leave it in the network.

    How strongly weights are pulled to 0, and whether means and slopes are read beside last values, is chosen for each
    head by its loss on held-out subjects. The deep part adds nothing yet: its last weights are 0 at the start.

    Args:
        network: fresh; one without a linear path is left as it is.
        parts: batches to learn from.
        check: batches of other subjects.
        schema: of the data.
    """
    heads = network.linear_parts()
    if not heads:
        return
    # A task without an answer among held-out subjects is left to the deep path.
    best = {
        task: (float("inf"), torch.zeros_like(each.weight), torch.zeros_like(each.bias))
        for task, each in heads.items()
    }
    for words in WORDS:
        _put(
            heads,
            {
                task: (torch.zeros_like(each.weight), torch.zeros_like(each.bias))
                for task, each in heads.items()
            },
        )
        masks = {task: _mask(schema, each.is_history, words).to(each.weight) for task, each in heads.items()}
        for strength in STRENGTHS:
            _descend(network, parts, masks, strength)
            with torch.no_grad():
                losses = _linear_losses(network, check)
            for task, loss in losses.items():
                if float(loss) < best[task][0]:
                    head = heads[task]
                    best[task] = (float(loss), head.weight.detach().clone(), head.bias.detach().clone())
    _put(heads, {task: (weight, bias) for task, (_, weight, bias) in best.items()})


def _put(heads: Mapping[str, LinearPart], chosen: Mapping[str, tuple[Tensor, Tensor]]) -> None:
    with torch.no_grad():
        for task, (weight, bias) in chosen.items():
            heads[task].weight.copy_(weight)
            heads[task].bias.copy_(bias)


def _mask(schema: LongitudinalSchema, columns: Iterable[bool], words: tuple[str, ...]) -> Tensor:
    """Marks of the columns of a head that may be read."""
    # A head may read the whole history more than once, one after the other.
    read = cycle(is_wanted(name, words) for name in history_names(schema) if is_wanted(name, WIDE))
    return torch.tensor([next(read) if is_history else True for is_history in columns])


def _descend(
    network: DualPathNetwork, parts: Sequence[Part], masks: Mapping[str, Tensor], strength: float
) -> None:
    heads = network.linear_parts()
    parameters = [each for head in heads.values() for each in (head.weight, head.bias)]
    optimiser = torch.optim.LBFGS(parameters, max_iter=_STEPS, line_search_fn="strong_wolfe")

    def loss() -> float:
        pulled = [strength / 2 * (head.weight**2).sum() for head in heads.values()]
        total = torch.stack([*_linear_losses(network, parts).values(), *pulled]).sum()
        gradients = torch.autograd.grad(total, parameters, allow_unused=True)
        for each, gradient in zip(parameters, gradients, strict=True):
            each.grad = gradient
        for task, head in heads.items():
            if head.weight.grad is not None:
                head.weight.grad *= masks[task]
        return float(total.detach())

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    optimiser.zero_grad()


def _linear_losses(network: DualPathNetwork, parts: Sequence[Part]) -> dict[str, Tensor]:
    """Return the mean loss of each task without the deep path."""
    found: dict[str, list[Tensor]] = {}
    for part in parts:
        hidden = part.batch.wide.new_zeros(len(part.batch.wide), network.options.width)
        for task, loss in task_losses(network, part, hidden).items():
            found.setdefault(task, []).append(loss)
    return {task: torch.stack(losses).mean() for task, losses in found.items()}


def _tensor(values: Floats) -> Tensor:
    return torch.from_numpy(values.astype(np.float32))
