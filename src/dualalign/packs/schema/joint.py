"""joint.yaml: how factors go together, with age, with sex and with one another."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from dualalign.packs.schema.base import PackModel, Sourced
from dualalign.packs.schema.conditions import Condition, LevelIds


class AgeScale(PackModel):
    """Ages enter as (age - centre) / unit; variables' terms are held at the ends of the ages they were fitted on."""

    centre: float = 72.0
    unit: float = Field(default=10.0, gt=0)
    first: float = 60.0
    last: float = 80.0


class LatentVariable(PackModel):
    """One variable of the latent normal model; high values mean `levels` of `factor`.

    Args:
        factor: factor of the pack that stands for the variable; empty if the pack has none.
        levels: levels of the factor that count as having it.
        constant: probit intercept in the survey; the sampler refits it to the pack's share.
        age: probit slope per unit of age.
        age_squared: probit slope per squared unit of age.
        female: probit shift for women; half of it for people of neither sex.
    """

    factor: str = ""
    levels: LevelIds = ()
    constant: float
    age: float
    age_squared: float
    female: float


class Shift(Sourced):
    """Probit shift for whom the condition holds."""

    when: Condition
    by: float


class Pick(PackModel):
    """Who gets a level: those who score highest among people not picked before, as many as the share says.

    The score is the sum of the terms and a residual: the latent variable's, or a standard normal of its own.

    Args:
        levels: level or levels; several are dealt at random among those picked.
        variable: latent variable that supplies terms and residual; empty for none.
        age: probit slope per unit of age, added to the variable's.
        age_squared: probit slope per squared unit of age, likewise.
        female: probit shift for women, likewise.
        held: whether the pick's own age terms hold only within the scale's range, as the variables' do.
        shifts: probit shifts by other factors, all drawn earlier.
    """

    levels: LevelIds
    variable: str = ""
    age: float = 0.0
    age_squared: float = 0.0
    female: float = 0.0
    held: bool = False
    shifts: list[Shift] = Field(default_factory=list)


class JointFactor(Sourced):
    """How one factor is drawn; levels without a pick are dealt at random among the rest."""

    factor: str
    picks: list[Pick] = Field(min_length=1)


class Joint(PackModel):
    """The joint model. Factors that it does not name are drawn independently, before those it names.

    Args:
        age_scale: how age enters.
        variables: latent variables by id.
        correlations: variable -> residual correlations with the variables before it, in the order of `variables`.
        source: of variables and correlations.
        factors: factors in the order in which they are drawn.
    """

    age_scale: AgeScale = Field(default_factory=AgeScale)
    source: str = ""
    evidence: str = ""
    note: str = ""
    variables: dict[str, LatentVariable] = Field(default_factory=dict)
    correlations: dict[str, list[float]] = Field(default_factory=dict)
    factors: list[JointFactor] = Field(default_factory=list)

    @model_validator(mode="after")
    def _correlations_are_possible(self) -> Joint:
        if list(self.correlations) != list(self.variables):
            raise ValueError("correlations must hold one row per variable, in the order of the variables")
        for row, (variable, values) in enumerate(self.correlations.items()):
            if len(values) != row or any(not -1 < value < 1 for value in values):
                raise ValueError(
                    f"the row of '{variable}' must hold {row} correlations between -1 and 1, one per variable before it"
                )
        if self.variables:
            import numpy as np

            smallest = float(np.linalg.eigvalsh(self.matrix()).min())
            if smallest <= 1e-6:
                raise ValueError(
                    f"the correlations are not those of any distribution (smallest eigenvalue {smallest:.3f}); "
                    "shrink the largest ones"
                )
        for factor in self.factors:
            for pick in factor.picks:
                if pick.variable and pick.variable not in self.variables:
                    raise ValueError(f"'{pick.variable}', asked for by '{factor.factor}', is no variable")
        return self

    def matrix(self) -> Any:
        """Return the residual correlation matrix as an array, in the order of the variables."""
        import numpy as np

        matrix = np.eye(len(self.variables))
        for row, values in enumerate(self.correlations.values()):
            matrix[row, :row] = matrix[:row, row] = values
        return matrix
