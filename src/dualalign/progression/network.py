"""The network: modalities gated at each visit, visits attended to in time, a linear path beside them.

Visits of all subjects of a batch stand in one table, row by row; only attention lays them out as subjects x visits.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

Mixer = Literal["attention", "recurrent"]
_TIME_SCALE = 10.0
_ASKED = 3
"""Columns that say how far ahead is asked."""


@dataclass(frozen=True, slots=True)
class NetworkOptions:
    """Size and parts of the network.

    Args:
        width: numbers per token.
        heads: attention heads; they divide the width.
        layers: attention layers over visits.
        dropout: share of numbers dropped in training.
        window: visits that one visit looks back on directly, so that cost grows with visits, not their square.
        mixer: `attention`, or `recurrent` for a GRU in its place.
        deep: False leaves only the linear path (an ablation).
        wide: False leaves only the deep path (an ablation).
    """

    width: int = 16
    heads: int = 2
    layers: int = 1
    dropout: float = 0.2
    window: int = 64
    mixer: Mixer = "attention"
    deep: bool = True
    wide: bool = True


@dataclass(frozen=True, slots=True)
class Shape:
    """What a schema asks of the network.

    Args:
        modalities: for each modality, its places among the features.
        person: static columns.
        wide: columns of history.
        intervals: hazard intervals, 0 without conversion.
        forecast: features forecast.
    """

    modalities: tuple[tuple[int, ...], ...]
    person: int
    wide: int
    intervals: int
    forecast: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Some subjects' N visits, subject by subject.

    Args:
        values: N x F scaled values, 0 where missing.
        seen: N x F marks of what was observed.
        person: N x P scaled static columns.
        wide: N x W scaled history.
        times: N years since the first visit.
        real: S x T marks of the places that visits take when each subject's stand in a row of their own.
    """

    values: Tensor
    seen: Tensor
    person: Tensor
    wide: Tensor
    times: Tensor
    real: Tensor

    def on(self, device: torch.device) -> Batch:
        """Return the batch on a device."""
        return Batch(*(getattr(self, each.name).to(device) for each in fields(self)))

    def grid(self, rows: Tensor) -> Tensor:
        """Return N x D rows as S x T x D, 0 where no visit is."""
        laid: Tensor = rows.new_zeros(*self.real.shape, rows.shape[-1])
        laid[self.real] = rows
        return laid


class LinearPart(NamedTuple):
    """The linear part of a head.

    Args:
        weight: outputs x columns.
        bias: outputs.
        is_history: of each column, whether it is history, in the order of its columns, or says how far ahead is asked.
    """

    weight: Tensor
    bias: Tensor
    is_history: tuple[bool, ...]


class GatedFusion(nn.Module):
    """Weighs the modalities present at a visit (gated attention: Ilse, Tomczak, Welling, ICML 2018)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.content = nn.Linear(width, width)
        self.gate = nn.Linear(width, width)
        self.score = nn.Linear(width, 1)

    def forward(self, tokens: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
        """Return fused tokens (N x D) and weights (N x M) of tokens (N x M x D); some modality is present."""
        scores = self.score(torch.tanh(self.content(tokens)) * torch.sigmoid(self.gate(tokens))).squeeze(-1)
        weights = torch.softmax(scores.float().masked_fill(~present, -1e9), dim=-1)
        return (weights.unsqueeze(-1) * tokens).sum(dim=-2), weights


class TimeAttention(nn.Module):
    """Causal attention over a window of visits, fading with the years between them at a learned rate."""

    def __init__(self, options: NetworkOptions) -> None:
        super().__init__()
        width = options.width
        self.heads, self.window, self.dropout = options.heads, options.window, options.dropout
        self.before = nn.LayerNorm(width)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.fading = nn.Parameter(torch.linspace(-3.0, 0.0, options.heads))
        self.after = nn.LayerNorm(width)
        self.inner = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Dropout(options.dropout), nn.Linear(2 * width, width)
        )

    def forward(self, tokens: Tensor, batch: Batch) -> Tensor:
        """Return tokens (N x D) that each know the visits before."""
        people, visits = batch.real.shape
        width = tokens.shape[-1]
        size = min(self.window, visits)
        padding = -visits % size
        blocks = (visits + padding) // size
        parts = functional.pad(batch.grid(self.query_key_value(self.before(tokens))), (0, 0, 0, padding))
        query, key, value = (
            each.reshape(people, blocks, size, self.heads, width // self.heads)
            for each in parts.chunk(3, dim=-1)
        )
        clock = functional.pad(batch.grid(batch.times.unsqueeze(-1))[..., 0], (0, padding))
        clock = clock.reshape(people, blocks, size)
        place = torch.arange(blocks * size, device=tokens.device).reshape(1, blocks, size)
        there = functional.pad(batch.real, (0, padding)).reshape(people, blocks, size)
        key, value = _with_block_before(key), _with_block_before(value)
        gap = (clock.unsqueeze(-1) - _with_block_before(clock).unsqueeze(-2)).clamp(min=0.0)
        apart = place.unsqueeze(-1) - _with_block_before(place, fill=-blocks * size).unsqueeze(-2)
        allowed = (apart >= 0) & (apart < size) & _with_block_before(there).unsqueeze(-2)
        # Padding attends to itself, so that no row of the softmax is empty.
        allowed = allowed | (apart == 0)
        fading = functional.softplus(self.fading).reshape(1, 1, -1, 1, 1)
        bias = (-fading * gap.unsqueeze(2)).masked_fill(~allowed.unsqueeze(2), -1e9)
        # Years apart and the mask need more digits than bfloat16 has: what attends to what is settled in float32.
        with in_numbers(torch.float32, tokens.device):
            mixed = functional.scaled_dot_product_attention(
                query.float().transpose(2, 3),
                key.float().transpose(2, 3),
                value.float().transpose(2, 3),
                attn_mask=bias,
                dropout_p=self.dropout if self.training else 0.0,
            )
        mixed = mixed.transpose(2, 3).reshape(people, blocks * size, width)[:, :visits]
        tokens = tokens + self.out(mixed[batch.real])
        found: Tensor = tokens + self.inner(self.after(tokens))
        return found


def _with_block_before(blocks: Tensor, fill: float = 0.0) -> Tensor:
    """Put each block's predecessor before it along the third axis; `fill` stands before the first."""
    if blocks.shape[1] == 1:
        return blocks
    before = torch.full_like(blocks[:, :1], fill)
    return torch.cat([torch.cat([before, blocks[:, :-1]], dim=1), blocks], dim=2)


class DualPathNetwork(nn.Module):
    """Encoders per modality, gated fusion at each visit, mixing over visits, heads; and a linear path.

    Args:
        shape: what the schema asks for.
        options: size and parts.
    """

    def __init__(self, shape: Shape, options: NetworkOptions) -> None:
        super().__init__()
        width = options.width
        self.shape, self.options = shape, options
        self.arithmetic = torch.float32
        """Numbers of the forward passes in training; weights, heads, losses and predictions are float32 always."""
        self.encoders = nn.ModuleList(
            nn.Sequential(
                nn.Linear(2 * len(places), width),
                nn.GELU(),
                nn.Dropout(options.dropout),
                nn.Linear(width, width),
            )
            for places in shape.modalities
        )
        self.person = nn.Sequential(
            nn.Linear(max(shape.person, 1), width), nn.GELU(), nn.Linear(width, width)
        )
        self.kinds = nn.Parameter(torch.randn(len(shape.modalities) + 1, width) * 0.1)
        self.clock = nn.Linear(2, width)
        self.fusion = GatedFusion(width)
        self.mixers = nn.ModuleList(TimeAttention(options) for _ in range(options.layers))
        if options.mixer == "recurrent":
            self.mixers = nn.ModuleList([nn.GRU(width, width, options.layers, batch_first=True)])
        self.last = nn.LayerNorm(width)
        self.drop = nn.Dropout(options.dropout)
        # One linear read-out for all intervals: proportional hazards, which the deep part may bend.
        self.hazard = _Head(width, shape.wide, max(shape.intervals, 1), options, shared=True)
        self.decline = _Head(width, shape.wide, 1, options)
        self.state = _Head(width + _ASKED, 2 * shape.wide + _ASKED, 1, options)
        self.forecast = _Head(width + _ASKED, shape.wide + _ASKED, 2 * max(shape.forecast, 1), options)

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return hidden states (N x D) and modality weights (N x M + 1) of the visits of a batch on the same device.

        The last of the modalities is the person: what is known without a test.
        """
        device = self.kinds.device
        with in_numbers(self.arithmetic if self.training else torch.float32, device):
            tokens, present = self._tokens(batch)
            fused, weights = self.fusion(tokens, present)
            for mixer in self.mixers:
                if isinstance(mixer, nn.GRU):
                    fused = mixer(batch.grid(fused))[0][batch.real]
                else:
                    fused = mixer(fused, batch)
            return self.drop(self.last(fused)).float(), weights

    def _tokens(self, batch: Batch) -> tuple[Tensor, Tensor]:
        times = batch.grid(batch.times.unsqueeze(-1))[..., 0]
        gaps = torch.diff(times, dim=1, prepend=times[:, :1]).clamp(min=0.0)[batch.real]
        clock = torch.stack([torch.log1p(gaps), batch.times / _TIME_SCALE], dim=-1)
        with in_numbers(torch.float32, clock.device):
            stamp = self.clock(clock)
        tokens, present = [], []
        for place, (columns, encoder) in enumerate(zip(self.shape.modalities, self.encoders, strict=True)):
            values, seen = batch.values[:, list(columns)], batch.seen[:, list(columns)]
            tokens.append(encoder(torch.cat([values, seen], dim=-1)) + self.kinds[place] + stamp)
            present.append(seen.any(dim=-1))
        person = batch.person if self.shape.person else torch.zeros_like(batch.times).unsqueeze(-1)
        tokens.append(self.person(person) + self.kinds[-1] + stamp)
        present.append(torch.ones_like(batch.times, dtype=torch.bool))
        return torch.stack(tokens, dim=-2), torch.stack(present, dim=-1)

    def linear_parts(self) -> dict[str, LinearPart]:
        """Return the linear part of each task's head; none if the network has no linear path."""
        history, asked = (True,) * self.shape.wide, (False,) * _ASKED
        heads = {
            "conversion": (self.hazard, history),
            "decline": (self.decline, history),
            "state": (self.state, (*history, *history, *asked)),
            "forecast": (self.forecast, (*history, *asked)),
        }
        return {
            task: LinearPart(head.wide.weight, head.bias, columns)
            for task, (head, columns) in heads.items()
            if head.wide is not None
        }

    def hazard_logits(self, hidden: Tensor, wide: Tensor) -> Tensor:
        """Return n x K logits of the hazard in each interval."""
        found: Tensor = self.hazard(hidden, wide)
        return found

    def decline_logits(self, hidden: Tensor, wide: Tensor) -> Tensor:
        """Return n logits of decline."""
        found: Tensor = self.decline(hidden, wide)
        return found.squeeze(-1)

    def state_logits(self, hidden: Tensor, wide: Tensor, ahead: Tensor) -> Tensor:
        """Return n logits of the state so many years ahead."""
        asked = _asked(ahead)
        # What tells the present state need not tell a later one: history also counts by how far ahead is asked.
        history = torch.cat([wide, wide * asked[:, 1:2], asked], -1)
        found: Tensor = self.state(torch.cat([hidden, asked], -1), history)
        return found.squeeze(-1)

    def forecasts(self, hidden: Tensor, wide: Tensor, ahead: Tensor) -> tuple[Tensor, Tensor]:
        """Return n x Q changes from the last known values and n x Q log spreads, in the features' usual spreads."""
        asked = _asked(ahead)
        found = self.forecast(torch.cat([hidden, asked], -1), torch.cat([wide, asked], -1))
        change, log_spread = found.chunk(2, dim=-1)
        return change, log_spread.clamp(-4.0, 3.0)


class _Head(nn.Module):
    """A linear read-out of history plus a small network on the hidden state, which starts from nothing."""

    def __init__(
        self, hidden: int, wide: int, outputs: int, options: NetworkOptions, shared: bool = False
    ) -> None:
        super().__init__()
        self.outputs = outputs
        self.wide = nn.Linear(wide, 1 if shared else outputs, bias=False) if options.wide else None
        self.deep = (
            nn.Sequential(nn.Linear(hidden, options.width), nn.GELU(), nn.Linear(options.width, outputs))
            if options.deep
            else None
        )
        self.bias = nn.Parameter(torch.zeros(outputs))
        for part in (self.wide, self.deep[-1] if self.deep is not None else None):
            if isinstance(part, nn.Linear):
                nn.init.zeros_(part.weight)

    def forward(self, hidden: Tensor, wide: Tensor) -> Tensor:
        found = self.bias.expand(len(hidden), self.outputs)
        if self.wide is not None:
            found = found + self.wide(wide)
        if self.deep is not None:
            found = found + self.deep(hidden)
        return found


def in_numbers(arithmetic: torch.dtype, device: torch.device) -> torch.autocast:
    """Do the matrix products inside in these numbers, whatever is chosen outside."""
    return torch.autocast(device.type, arithmetic, enabled=arithmetic != torch.float32)


def _asked(ahead: Tensor) -> Tensor:
    return torch.stack([ahead / _TIME_SCALE, torch.log1p(ahead), (ahead > 0).to(ahead.dtype)], dim=-1)
