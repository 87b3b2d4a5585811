"""How sites learn together, and what the noise is worth."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pydantic import Field, ValidationError, model_validator

from dualalign.errors import ProgressionError
from dualalign.progression.schema import Strict

FEWEST_SECURE = 3
"""Of two sites, each could subtract itself from the mean and read the other."""


class FederatedSettings(Strict):
    """How sites learn together; the run config of the Flower app, with dashes for underscores."""

    data_schema: str = Field(alias="schema", description="Schema of all sites: a name, or a .yaml path.")
    out: str = Field(default="model", description="Folder that the model goes to, on the server.")
    sites: int = Field(default=2, ge=2, description="Sites that take part; the server waits for them.")
    folder: str = Field(
        default="", description="Simulation: folder with one data set a site, taken in order of their names."
    )
    mapping: str = Field(default="", description="Mapping of the sites' data where a node names none.")
    seed: int = Field(default=0, ge=0, description="Draws first weights, subjects held out and batches.")
    rounds: int = Field(default=20, ge=1, description="Times that weights go out and come back.")
    local_epochs: int = Field(default=2, ge=1, description="Passes that a site makes in a round.")
    rate: float = Field(default=1e-2, gt=0, description="Step size.")
    batch_subjects: int = Field(default=64, ge=1, description="Subjects in a step.")
    dropout: float = Field(default=0.2, ge=0, lt=1)
    calibration_share: float = Field(
        default=0.25,
        ge=0,
        lt=1,
        description="Share of its subjects that a site holds out to calibrate on. Not used with noise: the sums that "
        "calibrate would leave a site without it.",
    )
    secure_aggregation: bool = Field(
        default=False, description="Mask what each site sends (SecAgg+), so that only the mean can be read."
    )
    largest_weight: float = Field(
        default=8.0,
        gt=0,
        description="Range in which secure aggregation rounds; a weight beyond it is refused.",
    )
    noise_multiplier: float = Field(
        default=0.0, ge=0, description="Noise of differential privacy over the clipping norm (see `epsilon`)."
    )
    clipping_norm: float = Field(
        default=1.0, gt=0, description="Longest update of a site, where noise is added."
    )
    noise_seed: int = Field(
        default=-1, description="Draws the noise, so that a run can be repeated; -1 for the system's entropy."
    )

    @model_validator(mode="after")
    def _secure(self) -> FederatedSettings:
        if self.secure_aggregation and self.sites < FEWEST_SECURE:
            raise ValueError(
                f"secure aggregation over {self.sites} sites would hide nothing from them; give {FEWEST_SECURE} or more"
            )
        return self

    @classmethod
    def of(cls, run_config: Mapping[str, Any]) -> FederatedSettings:
        """Return the settings that a run config holds.

        Raises:
            ProgressionError: an unknown key or a value out of range.
        """
        try:
            return cls.model_validate({key.replace("-", "_"): value for key, value in run_config.items()})
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]).replace("_", "-")
            raise ProgressionError(
                f"run config: {where or 'settings'}: {first['msg']}", "see examples/federated/pyproject.toml"
            ) from None


def epsilon(settings: FederatedSettings, delta: float = 1e-5) -> float:
    """Return the epsilon of (epsilon, delta)-differential privacy that the noise of a whole training buys.

    What it says: whoever sees the weights of every round and of the result learns little about whether a whole
    site sent its updates or sent none, the scales of the inputs taken as given. Who the sites are is taken as
    known, and their number is what the noise is divided by, so it does not matter here. Each round is a Gaussian
    mechanism over all sites, without amplification by sampling, and rounds add up by Renyi accounting (Mironov 2017).
    For another site's data in a site's place, ask with half the noise multiplier.

    What it does not say: nothing about the counts, sums and sums of squares that scale the inputs, which leave
    each site without noise and whose mean and spread stay in the model; nothing against the server, which adds
    the noise and sees the mean of the updates without it (and each update, unless aggregation is secure). It
    takes noise for exactly Gaussian, where Flower draws it in floating point from a generator that is not
    cryptographic, and leaves out that secure aggregation rounds.

    Args:
        settings: how sites learn together.
        delta: chance at which the promise may fail, above 0 and below 1.

    Raises:
        ProgressionError: no chance, or the accountant is not installed.
    """
    if not 0 < delta < 1:
        raise ProgressionError(f"delta is {delta}", "give a chance above 0 and below 1, such as 1e-5")
    if not settings.noise_multiplier:
        return math.inf
    try:
        from dp_accounting import GaussianDpEvent, NeighboringRelation
        from dp_accounting.rdp import RdpAccountant
    except ImportError:
        raise ProgressionError(
            "dp-accounting is not installed", "pip install 'dualalign[federated]'"
        ) from None
    accountant = RdpAccountant(neighboring_relation=NeighboringRelation.ADD_OR_REMOVE_ONE)
    accountant.compose(GaussianDpEvent(settings.noise_multiplier), settings.rounds)
    return float(accountant.get_epsilon(delta))
