"""Calibrate on subjects that each site held out: a site tells how well a slope and a shift fit, not its predictions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dualalign.progression.calibration import Calibration, calibration_loss, fit_calibration_to
from dualalign.progression.dualpath import FittedDualPath
from dualalign.progression.questions import (
    Kind,
    Questions,
    conversion_questions,
    decline_questions,
    state_questions,
)
from dualalign.progression.visits import Floats, Visits


class HeldOut:
    """What one site held out, as it answers for it.

    Args:
        visits: of the subjects held out.
        model: not yet calibrated.
    """

    def __init__(self, visits: Visits, model: FittedDualPath) -> None:
        self._logits: dict[Kind, Floats] = {}
        self._answers = {}
        for kind, asked in _questions(visits).items():
            self._logits[kind] = np.concatenate([model.logits(visits, each) for each in asked])
            self._answers[kind] = np.concatenate([each.answers for each in asked])

    def counts(self, kind: Kind) -> tuple[int, int]:
        """Return how many answers are yes and how many no."""
        answers = self._answers[kind]
        return int(answers.sum()), int((~answers).sum())

    def loss(self, kind: Kind, pair: Floats) -> float:
        """Return the loss of a slope's logarithm and a shift, summed over the site's answers."""
        return calibration_loss(pair, self._logits[kind], self._answers[kind])

    @property
    def kinds(self) -> list[Kind]:
        """Kinds of questions that the schema asks."""
        return list(self._logits)


def calibrate_together(sites: Sequence[HeldOut]) -> dict[str, Calibration]:
    """Return the calibration of each kind of question, as one fit on all sites' subjects would find it."""
    return {kind.value: _fit(sites, kind) for kind in sites[0].kinds}


def _fit(sites: Sequence[HeldOut], kind: Kind) -> Calibration:
    yes, no = (sum(counts) for counts in zip(*(site.counts(kind) for site in sites), strict=True))
    return fit_calibration_to(lambda pair: sum(site.loss(kind, pair) for site in sites), yes, no)


def _questions(visits: Visits) -> dict[Kind, list[Questions]]:
    schema = visits.schema
    found = {}
    if schema.state is not None:
        found[Kind.STATE] = [state_questions(visits)]
    if schema.conversion is not None:
        # One calibration for all horizons keeps risk from falling as horizons lengthen.
        found[Kind.CONVERSION] = [
            conversion_questions(visits, horizon) for horizon in schema.conversion.horizons
        ]
    if schema.decline is not None:
        found[Kind.DECLINE] = [decline_questions(visits)]
    return found
