"""Sample personas: exact marginals, real dependence, no broken rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from dualalign.errors import PersonaError
from dualalign.personas.quota import by_quota, by_rank
from dualalign.personas.rules import mend
from dualalign.personas.table import PersonaTable
from dualalign.randomness import Stream, generator

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack
    from dualalign.packs.schema.personas import Joint, Personas

_REFERENCE_AGE = 72.0


def sample_personas(pack: Pack, n: int, seed: int, profile: str | None = None) -> PersonaTable:
    """Sample n patients.

    Every category's count is within 1 of n x share (quota, not luck), every rule of the pack holds. In `joint` mode the
    factors of the copula depend on one another, on age and on sex as the pack says; in `independent` mode nothing does
    but what the rules force.

    Args:
        pack: a loaded pack.
        n: number of patients, 1 or more.
        seed: 0 or greater.
        profile: pack profile, the default if None.

    Raises:
        PersonaError: a bad n, or rules that cannot all be met.
    """
    if n < 1:
        raise PersonaError(f"{n} patients were asked for", "ask for at least 1")
    settings = pack.profiles.profile(profile)
    rng = generator(seed, Stream.PERSONAS)
    claims = settings.age_at_diagnosis == "claims"
    return _sample(pack.personas, n, seed, rng, settings.persona_mode == "joint", claims)


def match_controls(cases: PersonaTable, pack: Pack, n: int, seed: int) -> PersonaTable:
    """Sample n people without the disease, matched to the cases in turn on age and sex.

    Each control takes its case's index date. Other factors are drawn with the pack's shares.

    Raises:
        PersonaError: n is less than 1.
    """
    if n < 1:
        raise PersonaError(f"{n} controls were asked for", "ask for at least 1, or leave controls out")
    rows = np.arange(n, dtype=np.int64) % len(cases)
    rng = generator(seed, Stream.CONTROLS)
    sex = cases.factors.sex_factor
    table = _draw_columns(
        pack.personas, cases.ages[rows].copy(), cases.codes[sex][rows].copy(), seed, rng, joint=True
    )
    table.first_row, table.cases, table.case_rows = len(cases), cases, rows
    mend(table, pack.personas, rng)
    return table


def _sample(
    factors: Personas, n: int, seed: int, rng: np.random.Generator, joint: bool, claims: bool
) -> PersonaTable:
    sex_factor = factors.factor(factors.sex_factor)
    if claims:
        ages = _claims_ages(factors, n, rng)
        shares = [factors.claims.sex.get(level, 0.0) for level in sex_factor.levels]
    else:
        ages = _banded_ages(factors, n, rng)
        shares = list(sex_factor.levels.values())
    table = _draw_columns(factors, ages, by_quota(shares, n, rng), seed, rng, joint)
    mend(table, factors, rng)
    return table


def _draw_columns(
    factors: Personas,
    ages: NDArray[np.int64],
    sex: NDArray[np.int8],
    seed: int,
    rng: np.random.Generator,
    joint: bool,
) -> PersonaTable:
    n = len(ages)
    driven = _copula(factors.joint, factors, ages, sex, rng) if joint else {}
    codes: dict[str, NDArray[np.int8]] = {}
    for factor in factors.factors:
        if factor.id == factors.age_factor:
            codes[factor.id] = _bands(factors, ages)
        elif factor.id == factors.sex_factor:
            codes[factor.id] = sex
        elif factor.id in driven:
            codes[factor.id] = driven[factor.id]
        else:
            codes[factor.id] = by_quota(list(factor.levels.values()), n, rng)
    return PersonaTable(factors, codes, ages, seed)


def _copula(
    joint: Joint, factors: Personas, ages: NDArray[np.int64], sex: NDArray[np.int8], rng: np.random.Generator
) -> dict[str, NDArray[np.int8]]:
    """Return codes of the factors that the copula drives.

    Levels are given out by rank of the latent score, so the intercepts fit the marginals by themselves.
    """
    scores = rng.standard_normal((len(ages), len(joint.variables))) @ np.linalg.cholesky(correlation_matrix(joint)).T
    decades = (ages - _REFERENCE_AGE) / 10
    sex_level = list(factors.factor(factors.sex_factor).levels)
    female = np.isin(sex, [i for i, level in enumerate(sex_level) if factors.sex_levels[level] == "female"])
    driven: dict[str, NDArray[np.int8]] = {}
    for position, variable in enumerate(joint.variables):
        shift = variable.age * decades + variable.age_squared * decades**2 + variable.female * female
        levels = factors.factor(variable.factor).levels
        own_order = list(levels)
        by_order = np.array([own_order.index(level) for level in variable.order], dtype=np.int8)
        ranked = by_rank([levels[level] for level in variable.order], scores[:, position] + shift)
        driven[variable.factor] = by_order[ranked]
    return driven


def correlation_matrix(joint: Joint) -> NDArray[np.float64]:
    """Return the full correlation matrix of the copula.

    Raises:
        PersonaError: the matrix is not positive definite.
    """
    size = len(joint.variables)
    matrix = np.eye(size)
    for row, values in enumerate(joint.correlations):
        matrix[row, :row] = values
        matrix[:row, row] = values
    if np.linalg.eigvalsh(matrix)[0] <= 0:
        raise PersonaError("the copula's correlation matrix is not positive definite", "correct joint in factors.yaml")
    return matrix


def _banded_ages(factors: Personas, n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    levels = factors.factor(factors.age_factor).levels
    bands = by_quota(list(levels.values()), n, rng)
    edges = np.array([factors.age_bands[level] for level in levels])
    low, high = edges[bands, 0], edges[bands, 1]
    return np.asarray(low + np.floor(rng.random(n) * (high - low + 1)), dtype=np.int64)


def _claims_ages(factors: Personas, n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return ages at evenly spaced quantiles of the truncated normal, in random order."""
    claims = factors.claims
    low, high = norm.cdf(([claims.age_least, claims.age_most + 1] - np.float64(claims.age_mean)) / claims.age_sd)
    points = (np.arange(n) + rng.random(n)) / n
    # Half a year: a whole age stands for the year that follows it.
    ages = claims.age_mean + 0.5 + claims.age_sd * norm.ppf(low + points * (high - low))
    return rng.permutation(np.clip(np.floor(ages), claims.age_least, claims.age_most).astype(np.int64))


def _bands(factors: Personas, ages: NDArray[np.int64]) -> NDArray[np.int8]:
    codes = np.zeros(len(ages), dtype=np.int8)
    for code, level in enumerate(factors.factor(factors.age_factor).levels):
        first, last = factors.age_bands[level]
        codes[(ages >= first) & (ages <= last)] = code
    return codes
