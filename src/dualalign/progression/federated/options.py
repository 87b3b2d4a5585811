"""How sites learn together."""

from __future__ import annotations

from dataclasses import dataclass, field

from dualalign.errors import ProgressionError
from dualalign.progression.training import TrainingOptions


@dataclass(frozen=True)
class FederatedOptions:
    """How sites learn together.

    Args:
        training: size of the network and how each site fits it; epochs and patience are not used.
        rounds: times that weights go out and come back, 1 or more.
        local_epochs: passes over its subjects that a site makes in a round, 1 or more.
        calibration_share: share of its subjects that each site holds out of training and calibrates on, 0 for no
            calibration, below 1. Not used with noise: the sums that calibrate would leave a site without it.
        secure_aggregation: mask what each site sends (SecAgg+), so that only the mean of all can be read; at least
            three sites.
        noise_multiplier: noise of differential privacy over the clipping norm (see `epsilon`); 0 for none. With
            noise each site counts the same, whatever its subjects.
        clipping_norm: longest update a site may send, where noise is added.
        noise_seed: draws the noise, so that a simulation can be repeated; whoever knows it can take the noise away.
            None draws it from the system's entropy.
    """

    training: TrainingOptions = field(default_factory=TrainingOptions)
    rounds: int = 20
    local_epochs: int = 2
    calibration_share: float = 0.25
    secure_aggregation: bool = False
    noise_multiplier: float = 0.0
    clipping_norm: float = 1.0
    noise_seed: int | None = None

    def __post_init__(self) -> None:
        for name in ("rounds", "local_epochs"):
            if getattr(self, name) < 1:
                raise ProgressionError(f"{name} is {getattr(self, name)}", "give 1 or more")
        if not 0 <= self.calibration_share < 1:
            raise ProgressionError(
                f"calibration_share is {self.calibration_share}", "give a share from 0 to below 1"
            )
        if not self.noise_multiplier >= 0:
            raise ProgressionError(
                f"noise_multiplier is {self.noise_multiplier}", "give 0 for no noise, or more"
            )
        if not self.clipping_norm > 0:
            raise ProgressionError(f"clipping_norm is {self.clipping_norm}", "give a length above 0")
