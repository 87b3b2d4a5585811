"""One network of DualPath's ensemble, and what it answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from dualalign.progression.batches import make_batch
from dualalign.progression.network import DualPathNetwork
from dualalign.progression.questions import Kind, Questions
from dualalign.progression.scaling import Scales
from dualalign.progression.visits import Floats, Places, Visits

PREDICTION_SUBJECTS = 256
"""Subjects in memory as tensors at a time."""


@dataclass(frozen=True)
class Member:
    """One network of the ensemble, with the scales it was fitted on."""

    network: DualPathNetwork
    scales: Scales


def question_logits(member: Member, seen: Visits, questions: Questions) -> Floats:
    """Return one network's log odds of a yes to each question."""
    found = np.zeros(len(questions))
    delay = np.maximum(questions.times - seen.times[questions.rows], 0.0)
    for which, hidden, wide in _hidden_states(member, seen, questions.rows):
        horizons = torch.from_numpy(questions.horizons[which].astype(np.float32)).to(hidden.device)
        late = torch.from_numpy(delay[which].astype(np.float32)).to(hidden.device)
        if questions.kind is Kind.STATE:
            logits = member.network.state_logits(hidden, wide, horizons + late)
        elif questions.kind is Kind.DECLINE:
            logits = member.network.decline_logits(hidden, wide)
        else:
            hazards = member.network.hazard_logits(hidden, wide)
            logits = _risk_logits(hazards, late, horizons, seen)
        found[which] = logits.detach().cpu().double().numpy()
    return found


def forecasts(member: Member, seen: Visits, rows: Places, ahead: Floats) -> tuple[Floats, Floats]:
    """Return one network's expected changes and log spreads of the forecast features, n x Q, in their usual spreads."""
    change = np.zeros((len(rows), len(seen.schema.forecast)))
    log_spread = np.zeros_like(change)
    for which, hidden, wide in _hidden_states(member, seen, rows):
        asked = torch.from_numpy(ahead[which].astype(np.float32)).to(hidden.device)
        first, second = member.network.forecasts(hidden, wide, asked)
        change[which], log_spread[which] = first.detach().cpu().numpy(), second.detach().cpu().numpy()
    return change, log_spread


def _risk_logits(
    hazards: torch.Tensor, late: torch.Tensor, horizons: torch.Tensor, seen: Visits
) -> torch.Tensor:
    """Log odds that the event comes between `late` and `late + horizons`, given none before `late`."""
    conversion = seen.schema.conversion
    ends = hazards.new_tensor(conversion.horizons if conversion is not None else ())
    starts = torch.cat([hazards.new_zeros(1), ends[:-1]])
    log_survival = torch.nn.functional.logsigmoid(-hazards)

    def share(until: torch.Tensor) -> torch.Tensor:
        return ((until.unsqueeze(-1) - starts) / (ends - starts)).clamp(0.0, 1.0)

    # Beyond the last interval the last hazard goes on.
    beyond = ((late + horizons) - ends[-1]).clamp(min=0.0) / (ends[-1] - starts[-1])
    total = ((share(late + horizons) - share(late)) * log_survival).sum(-1) + beyond * log_survival[:, -1]
    total = total.clamp(max=-1e-7)
    return torch.log(-torch.expm1(total)) - total


def _hidden_states(
    member: Member, seen: Visits, rows: Places
) -> Iterator[tuple[Places, torch.Tensor, torch.Tensor]]:
    """Yield, a batch of subjects at a time, which of the rows it holds, and their hidden states and history."""
    subject = seen.subject_of_row[rows]
    for chosen in _portions(np.unique(subject).tolist()):
        which = np.flatnonzero(np.isin(subject, chosen))
        part = seen.take(chosen)
        place = {number: at for at, number in enumerate(chosen)}
        local = np.array(
            [rows[at] - seen.starts[subject[at]] + part.starts[place[int(subject[at])]] for at in which]
        )
        with torch.no_grad():
            hidden, wide, _ = member.network(make_batch(part, member.scales))
        yield which, hidden[local], wide[local]


def _portions(numbers: Sequence[int]) -> Iterator[list[int]]:
    for at in range(0, len(numbers), PREDICTION_SUBJECTS):
        yield list(numbers[at : at + PREDICTION_SUBJECTS])
