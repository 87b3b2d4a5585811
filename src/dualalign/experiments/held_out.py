"""What a classifier says of development sentences held out, and probabilities calibrated on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from dualalign.classifiers import DecisionOptions
from dualalign.classifiers.decision import Calibration, learn_decision
from dualalign.stats.arrays import Floats, Marks

NOT_CALIBRATED: Calibration = "none"
DEFAULT_CALIBRATION: Calibration = "platt"


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Development sentences, with the logits of classifiers that did not learn from them.

    Args:
        truth: n x h.
        logits: n x h.
        ids: of the sentences.
    """

    truth: Marks
    logits: Floats
    ids: tuple[str, ...] = ()

    @classmethod
    def nothing(cls, heads: int) -> Self:
        """Return no sentences."""
        return cls(np.zeros((0, heads), dtype=np.bool_), np.zeros((0, heads)))

    def calibrated(self, calibration: Calibration, logits: Floats) -> Floats:
        """Return other sentences' logits as calibrated log odds; what calibrates them is learned on these sentences.

        Args:
            calibration: how.
            logits: m x h.
        """
        if calibration == NOT_CALIBRATED:
            return logits
        decision = learn_decision(self.truth, self.logits, DecisionOptions(calibration))
        return np.asarray(decision.calibrated(logits))
