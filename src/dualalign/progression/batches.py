"""Visits as padded tensors: subjects x visits, with what the network may see and what it learns from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor

from dualalign.progression.history import history_at_visits
from dualalign.progression.scaling import WIDE, Scales
from dualalign.progression.targets import Pairs, Targets
from dualalign.progression.visits import Floats, Visits


@dataclass(frozen=True, slots=True)
class Batch:
    """Some subjects, padded to the longest of them.

    Args:
        values: S x T x F scaled values, 0 where missing.
        seen: S x T x F marks of what was observed.
        person: S x T x P scaled static columns.
        wide: S x T x W scaled history.
        times: S x T years since the first visit.
        real: S x T marks of visits that are not padding.
    """

    values: Tensor
    seen: Tensor
    person: Tensor
    wide: Tensor
    times: Tensor
    real: Tensor

    def on(self, device: torch.device) -> Batch:
        """Return the batch on a device, the same object if it is there."""
        if self.times.device == device:
            return self
        return Batch(*(getattr(self, each.name).to(device) for each in fields(self)))


@dataclass(frozen=True, slots=True)
class PairTensors:
    """Pairs of a visit row (among the real visits of a batch), years ahead and what was found."""

    rows: Tensor
    ahead: Tensor
    values: Tensor

    def on(self, device: torch.device) -> PairTensors:
        """Return the pairs on a device."""
        return PairTensors(self.rows.to(device), self.ahead.to(device), self.values.to(device))


@dataclass(frozen=True, slots=True)
class TargetTensors:
    """Targets of the real visits of a batch, row by row."""

    exposure: Tensor
    events: Tensor
    decline: Tensor
    state: PairTensors
    forecast: tuple[PairTensors, ...]

    def on(self, device: torch.device) -> TargetTensors:
        """Return the targets on a device."""
        return TargetTensors(
            self.exposure.to(device),
            self.events.to(device),
            self.decline.to(device),
            self.state.on(device),
            tuple(each.on(device) for each in self.forecast),
        )


def make_batch(visits: Visits, scales: Scales) -> Batch:
    """Return all subjects of visits as one batch."""
    counts = np.diff(visits.starts)
    longest = max(int(counts.max(initial=0)), 1)
    real = np.arange(longest) < counts[:, None]

    def pad(rows: Floats) -> Tensor:
        table = np.zeros((len(visits), longest, rows.shape[1]), dtype=np.float32)
        table[real] = rows
        return torch.from_numpy(table)

    return Batch(
        pad(scales.values.apply(visits.values)),
        pad((~np.isnan(visits.values)).astype(np.float64)),
        pad(scales.person.apply(visits.person_at_rows())),
        pad(scales.wide.apply(history_at_visits(visits).columns(WIDE))),
        pad(visits.times[:, None])[..., 0],
        torch.from_numpy(real),
    )


def training_batches(
    seen: Visits, targets: Targets, scales: Scales, groups: Sequence[Sequence[int]]
) -> Iterator[tuple[Batch, TargetTensors]]:
    """Yield a batch and its targets for each group of subject numbers.

    Args:
        seen: what the network may see.
        targets: of the same visits, all subjects.
        scales: of the training subjects.
        groups: subject numbers of each batch.
    """
    for group in groups:
        spans = [(int(seen.starts[s]), int(seen.starts[s + 1])) for s in group]
        rows = np.concatenate([np.arange(*span) for span in spans]) if spans else np.zeros(0, dtype=np.intp)
        yield (
            make_batch(seen.take(group), scales),
            TargetTensors(
                _tensor(targets.exposure[rows]),
                _tensor(targets.events[rows]),
                _tensor(targets.decline[rows]),
                _pairs(targets.state, spans),
                tuple(_pairs(each, spans) for each in targets.forecast),
            ),
        )


def _pairs(pairs: Pairs, spans: Sequence[tuple[int, int]]) -> PairTensors:
    parts, offset = [], 0
    for low, high in spans:
        part = pairs.between(low, high)
        parts.append(Pairs(part.rows + offset, part.ahead, part.values))
        offset += high - low
    return PairTensors(
        torch.from_numpy(np.concatenate([part.rows for part in parts]).astype(np.int64)),
        _tensor(np.concatenate([part.ahead for part in parts])),
        _tensor(np.concatenate([part.values for part in parts])),
    )


def _tensor(values: Floats) -> Tensor:
    return torch.from_numpy(values.astype(np.float32))
