"""personas.yaml: who the patients are: factors with prevalences, rules, joint structure, lives."""

from __future__ import annotations

from datetime import date

from pydantic import Field, model_validator

from dualalign.packs.schema.base import PackModel, Share, Sourced

_TOLERANCE = 1e-6


class Factor(PackModel):
    """One factor: its levels and their shares, which add up to 1.

    Args:
        id: stable name.
        name: in words.
        group: heading under which it is shown.
        levels: level id -> share, in the factor's own order.
        matters: whether prompts and notes may speak of it.
    """

    id: str = Field(pattern=r"^[a-z0-9_]+$")
    name: str
    group: str
    levels: dict[str, Share]
    matters: bool = True

    @model_validator(mode="after")
    def _shares_add_up(self) -> Factor:
        total = sum(self.levels.values())
        if abs(total - 1) > _TOLERANCE:
            raise ValueError(f"the shares of '{self.id}' add up to {total:.4f}; make them 1")
        return self


class AgeRange(PackModel):
    """Ages at diagnosis, in years; a bound left out is open."""

    at_least: int | None = None
    below: int | None = None


class Rule(PackModel):
    """A combination that no persona may have.

    Args:
        id: stable name.
        why: in words.
        never: factor id -> levels; all together are forbidden.
        age: ages in which the rule holds; all if left out.
        repair: factor whose level is exchanged with another patient's to mend a breach.
    """

    id: str = Field(pattern=r"^[a-z0-9_]+$")
    why: str
    never: dict[str, list[str]] = Field(min_length=1)
    age: AgeRange = AgeRange()
    repair: str


class LatentVariable(PackModel):
    """A factor driven by a latent normal.

    Args:
        id: name in the correlation matrix.
        factor: factor it drives.
        order: the factor's levels from the lowest to the highest latent value.
        age: shift per 10 years of age from 72.
        age_squared: shift per squared 10 years.
        female: shift for women.
    """

    id: str
    factor: str
    order: list[str]
    age: float
    age_squared: float
    female: float


class Joint(Sourced):
    """A Gaussian copula: correlations of the latent normals, lower triangle by row, the diagonal left out."""

    variables: list[LatentVariable]
    correlations: list[list[float]]

    @model_validator(mode="after")
    def _triangle(self) -> Joint:
        for row, values in enumerate(self.correlations):
            if len(values) != row:
                raise ValueError(f"row {row} of the correlations has {len(values)} values; it needs {row}")
        if len(self.correlations) != len(self.variables):
            raise ValueError(f"{len(self.correlations)} rows of correlations for {len(self.variables)} variables")
        return self


class Claims(Sourced):
    """Age and sex at diagnosis as claims data have them, in place of the published table."""

    age_mean: float
    age_sd: float = Field(gt=0)
    age_least: int
    age_most: int
    sex: dict[str, Share]


class TagRule(PackModel):
    """Gives a tag to personas that have all the levels, with a chance.

    Args:
        tag: what phrases ask for.
        when: factor id -> levels; all must hold.
        age: ages at diagnosis in which it may be given.
        share: chance.
    """

    tag: str
    when: dict[str, list[str]] = Field(default_factory=dict)
    age: AgeRange = AgeRange()
    share: Share = 1.0


class WorkGroup(PackModel):
    """Former occupations that go with some levels; the tag says the kind of work."""

    tag: str
    when: dict[str, list[str]] = Field(default_factory=dict)
    weight: float = Field(default=1.0, gt=0)
    female: list[str]
    male: list[str]


class InformantRule(PackModel):
    """Who may speak for a patient.

    Args:
        relation: by the patient's sex where it depends on it: `{female: husband, male: wife}`; else under `any`.
        when: factor id -> levels; all must hold.
        share: chance that there is such a person.
        named: which list of first names; empty for somebody whom notes do not name.
        is_professional: paid staff.
    """

    relation: dict[str, str]
    when: dict[str, list[str]] = Field(default_factory=dict)
    share: Share
    named: str = ""
    is_professional: bool = False


class Personas(Sourced):
    """Everything from which personas are sampled."""

    age_factor: str = Field(description="Factor that holds the age band.")
    age_bands: dict[str, tuple[int, int]] = Field(description="Level of the age factor -> first and last age.")
    sex_factor: str
    sex_levels: dict[str, str] = Field(description="Level of the sex factor -> female, male or nonbinary.")
    index_dates: tuple[date, date] = Field(description="First and last possible index date.")
    factors: list[Factor]
    rules: list[Rule]
    joint: Joint
    claims: Claims
    apoe: dict[str, dict[str, Share]] = Field(description="Level of the race factor (or `other`) -> genotypes.")
    apoe_factor: str
    apoe_controls: dict[str, Share] = Field(description="Genotype shares of people without the disease.")
    tags: list[TagRule]
    work: list[WorkGroup]
    informants: list[InformantRule]
    first_names: dict[str, list[str]]

    @model_validator(mode="after")
    def _references(self) -> Personas:
        levels = {factor.id: set(factor.levels) for factor in self.factors}
        if len(levels) != len(self.factors):
            raise ValueError("two factors have the same id; rename one")

        def check(what: str, wanted: dict[str, list[str]]) -> None:
            for factor, names in wanted.items():
                if factor not in levels:
                    raise ValueError(f"{what} names '{factor}', which is no factor")
                for name in names:
                    if name not in levels[factor]:
                        raise ValueError(f"{what} names '{factor}: {name}'; its levels are {sorted(levels[factor])}")

        for rule in self.rules:
            check(f"rule '{rule.id}'", rule.never)
            if rule.repair not in rule.never:
                raise ValueError(f"rule '{rule.id}' repairs '{rule.repair}', which it does not name under never")
        for tag in self.tags:
            check(f"tag '{tag.tag}'", tag.when)
        for work in self.work:
            check(f"work '{work.tag}'", work.when)
        for informant in self.informants:
            check("an informant", informant.when)
        for variable in self.joint.variables:
            check(f"latent variable '{variable.id}'", {variable.factor: variable.order})
        check("age_factor", {self.age_factor: list(self.age_bands)})
        check("sex_factor", {self.sex_factor: list(self.sex_levels)})
        return self

    def ids(self) -> list[str]:
        """Return the ids of all factors, in order."""
        return [factor.id for factor in self.factors]

    def factor(self, factor_id: str) -> Factor:
        """Return one factor by its id."""
        return next(factor for factor in self.factors if factor.id == factor_id)
