"""Estimate the latent correlations of factors from a table of personas, without the sampler's latent values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dualalign.errors import PersonaError
from dualalign.personas.draw import female_terms, held_age

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack
    from dualalign.personas.table import PersonaTable

Floats = NDArray[np.float64]

_LEAST_PEOPLE = 200
_NODES = 24
_BOUND = 0.97


@dataclass(frozen=True)
class LatentCorrelations:
    """Latent correlations as declared and as found.

    Args:
        variables: latent variables for which the pack has a factor.
        declared: the pack's residual correlations, square.
        estimated: maximum-likelihood estimates from the table, square.
    """

    variables: tuple[str, ...]
    declared: Floats
    estimated: Floats

    @property
    def largest_error(self) -> float:
        """Largest absolute difference of a pair."""
        return float(np.abs(self.estimated - self.declared).max())

    @property
    def worst_pair(self) -> tuple[str, str]:
        """The pair that differs most."""
        row, column = np.unravel_index(np.abs(self.estimated - self.declared).argmax(), self.declared.shape)
        return self.variables[int(row)], self.variables[int(column)]


def latent_correlations(table: PersonaTable, pack: Pack) -> LatentCorrelations:
    """Estimate tetrachoric correlations of the joint model's variables, given age and sex.

    Two steps, as for survey data: a probit of each variable on age, age squared and sex, then for each pair the
    correlation that makes the two-by-two tables within cells of equal age and sex most likely. Only level codes, ages
    and sexes enter.

    Args:
        table: at least 200 people.
        pack: the pack they were sampled from.

    Raises:
        PersonaError: too few people, or a variable that everybody or nobody has.
    """
    if len(table) < _LEAST_PEOPLE:
        raise PersonaError(
            f"correlations were asked of {len(table)} people", f"sample at least {_LEAST_PEOPLE}"
        )
    names = tuple(name for name, variable in pack.joint.variables.items() if variable.factor)
    cells, design, weight = _cells(table, pack)
    present: list[NDArray[np.int64]] = []
    thresholds: list[Floats] = []
    for name in names:
        variable = pack.joint.variables[name]
        has = table.has(variable.factor, *variable.levels).astype(np.int64)
        if has.min() == has.max():
            raise PersonaError(f"'{name}' does not vary among these people", "sample more people")
        present.append(has)
        having = np.bincount(cells, has, len(weight)).astype(np.float64)
        thresholds.append(np.asarray(design @ _probit(design, having, weight)))
    declared = pack.joint.matrix()
    rows = [list(pack.joint.variables).index(name) for name in names]
    estimated = np.eye(len(names))
    for i in range(len(names)):
        for j in range(i):
            counts = np.bincount(cells * 4 + 2 * present[i] + present[j], minlength=4 * len(weight))
            rho = _tetrachoric(counts.reshape(-1, 4), thresholds[i], thresholds[j])
            estimated[i, j] = estimated[j, i] = rho
    return LatentCorrelations(names, declared[np.ix_(rows, rows)], estimated)


def _cells(table: PersonaTable, pack: Pack) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Return each person's cell of age and sex, and the design row and size of every cell."""
    sexes = table.codes[pack.factors.sex_factor]
    female = female_terms(sexes, table.levels[pack.factors.sex_factor]).astype(float)
    age = held_age(pack.joint, table.ages).astype(float)
    rows, cells = np.unique(np.column_stack([age, female]), axis=0, return_inverse=True)
    cells = cells.reshape(-1).astype(np.int64)
    design = np.column_stack([np.ones(len(rows)), rows[:, 0], rows[:, 0] ** 2, rows[:, 1]])
    return cells, design, np.bincount(cells, minlength=len(rows)).astype(float)


def _probit(design: Floats, having: Floats, size: Floats) -> Floats:
    """Return probit coefficients by Fisher scoring on grouped data."""
    from scipy.special import ndtr, ndtri

    terms = np.zeros(design.shape[1])
    terms[0] = ndtri(having.sum() / size.sum())
    for _ in range(50):
        latent = np.clip(design @ terms, -6, 6)
        share = np.clip(ndtr(latent), 1e-9, 1 - 1e-9)
        density = np.exp(-0.5 * latent**2) / np.sqrt(2 * np.pi)
        weight = size * density**2 / (share * (1 - share))
        score = design.T @ ((having - size * share) * density / (share * (1 - share)))
        # A sliver on the diagonal keeps the step finite where a term cannot be told from the others.
        step = np.linalg.solve((design.T * weight) @ design + 1e-8 * np.eye(len(terms)), score)
        terms += step
        if np.abs(step).max() < 1e-9:
            break
    return terms


def _tetrachoric(counts: NDArray[np.int64], first: Floats, second: Floats) -> float:
    """Return the correlation that makes two-by-two tables likeliest; columns are 00, 01, 10 and 11."""
    from scipy.optimize import minimize_scalar
    from scipy.special import ndtr

    a, b = ndtr(first), ndtr(second)
    nodes, node_weights = np.polynomial.legendre.leggauss(_NODES)

    def surprise(rho: float) -> float:
        # Both present: the product of the shares and the integral of the bivariate density from 0 to rho.
        angles = 0.5 * rho * (nodes + 1)
        remainder = 1 - angles**2
        h, k = first[:, None], second[:, None]
        density = np.exp(-(h * h - 2 * angles * h * k + k * k) / (2 * remainder)) / (
            2 * np.pi * np.sqrt(remainder)
        )
        both = a * b + 0.5 * rho * (density @ node_weights)
        tables = np.column_stack([1 - a - b + both, b - both, a - both, both])
        return -float((counts * np.log(np.clip(tables, 1e-12, 1))).sum())

    return float(
        minimize_scalar(surprise, bounds=(-_BOUND, _BOUND), method="bounded", options={"xatol": 1e-5}).x
    )
