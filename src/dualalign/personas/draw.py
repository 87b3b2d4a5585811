"""Draw every factor of n people at once: shares exact, dependence as the pack says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dualalign.personas.conditions import Codes, Levels, rows_where
from dualalign.personas.quota import quota, shuffled_quota

if TYPE_CHECKING:
    from dualalign.packs.schema.joint import Joint, JointFactor, Pick
    from dualalign.personas.targets import Shares

Scores = NDArray[np.float32]

_PEOPLE_PER_VARIABLE = 10
"""With fewer people chance correlations are too large to take out without bending the distribution."""

FEMALE_TERM = {"female": 1.0, "male": 0.0, "nonbinary": 0.5}
"""How much of a term for women applies to each sex."""


def draw_independent(
    shares: Shares, given: dict[str, Codes], n: int, rng: np.random.Generator
) -> dict[str, Codes]:
    """Return level codes of every factor, each drawn on its own; factors already given stay as they are."""
    return {
        factor: given[factor] if factor in given else shuffled_quota(quota(list(levels.values()), n), rng)
        for factor, levels in shares.items()
    }


class JointDraw:
    """Draws factors one after another, each by the rank of a score, so that shares are met whatever the score.

    Giving a level to the highest scores, as many as its share says, is a probit model whose intercept fits the share.

    Args:
        joint: the pack's joint model.
        shares: share of every level.
        levels: level ids by factor.
        ages: whole years, length n.
        female: how much of a term for women applies, length n.
        ordered: factors whose levels form a scale.
    """

    def __init__(
        self,
        joint: Joint,
        shares: Shares,
        levels: Levels,
        ages: NDArray[np.int16],
        female: Scores,
        ordered: frozenset[str],
    ) -> None:
        self._joint = joint
        self._shares = shares
        self._levels = levels
        self._ages = ages
        scale = joint.age_scale
        self._age = ((ages - scale.centre) / scale.unit).astype(np.float32)
        self._held_age = held_age(joint, ages)
        self._female = female
        self._ordered = ordered

    def draw(self, given: dict[str, Codes], rng: np.random.Generator) -> dict[str, Codes]:
        """Return level codes of every factor; factors already given stay as they are."""
        n = len(self._ages)
        named = {each.factor for each in self._joint.factors}
        drawn = dict(given)
        for factor, levels in self._shares.items():
            if factor not in drawn and factor not in named:
                drawn[factor] = shuffled_quota(quota(list(levels.values()), n), rng)
        residuals = self._residuals(n, rng)
        for each in self._joint.factors:
            if each.factor not in given:
                drawn[each.factor] = self._draw_factor(each, drawn, residuals, rng)
        return {factor: drawn[factor] for factor in self._shares}

    def _residuals(self, n: int, rng: np.random.Generator) -> dict[str, Scores]:
        """Return correlated residuals of the variables that some factor asks for."""
        names = list(self._joint.variables)
        used = {pick.variable for each in self._joint.factors for pick in each.picks}
        rows = [row for row, name in enumerate(names) if name in used]
        if not rows:
            return {}
        root = np.linalg.cholesky(self._joint.matrix()[np.ix_(rows, rows)]).astype(np.float32)
        noise = rng.standard_normal((len(rows), n), dtype=np.float32)
        if n >= _PEOPLE_PER_VARIABLE * len(rows):
            # As with shares, chance has no say in correlations: the noise is made exactly uncorrelated before use.
            noise -= noise.mean(axis=1, keepdims=True)
            noise = np.linalg.inv(np.linalg.cholesky(np.cov(noise, bias=True))).astype(np.float32) @ noise
        correlated = root @ noise
        return {names[row]: correlated[place] for place, row in enumerate(rows)}

    def _draw_factor(
        self,
        each: JointFactor,
        drawn: dict[str, Codes],
        residuals: dict[str, Scores],
        rng: np.random.Generator,
    ) -> Codes:
        levels = self._levels[each.factor]
        n = len(self._ages)
        counts = quota(list(self._shares[each.factor].values()), n)
        codes = np.zeros(n, dtype=np.int8)
        left = np.arange(n)
        # On a scale one residual places a person; among unordered levels each pick is a question of its own.
        own = rng.standard_normal(n, dtype=np.float32)
        for number, pick in enumerate(each.picks):
            if number and each.factor not in self._ordered:
                own = rng.standard_normal(n, dtype=np.float32)
            score = self._score(pick, drawn, residuals.get(pick.variable, own))
            picked_levels = [levels.index(level) for level in pick.levels]
            take = int(counts[picked_levels].sum())
            if take == 0:
                continue
            order = (
                np.argpartition(score[left], len(left) - take) if take < len(left) else np.arange(len(left))
            )
            chosen, left = left[order[len(left) - take :]], left[order[: len(left) - take]]
            codes[chosen] = np.array(picked_levels, dtype=np.int8)[shuffled_quota(counts[picked_levels], rng)]
            counts[picked_levels] = 0
        codes[left] = shuffled_quota(counts, rng)
        return codes

    def _score(self, pick: Pick, drawn: dict[str, Codes], residual: Scores) -> Scores:
        score = residual.copy()
        if pick.variable:
            terms = self._joint.variables[pick.variable]
            self._add(score, self._held_age, terms.age, terms.age_squared, terms.female)
        self._add(score, self._held_age if pick.held else self._age, pick.age, pick.age_squared, pick.female)
        for shift in pick.shifts:
            score += np.float32(shift.by) * rows_where(shift.when, drawn, self._ages, self._levels)
        return score

    def _add(self, score: Scores, age: Scores, slope: float, square: float, female: float) -> None:
        if slope:
            score += np.float32(slope) * age
        if square:
            score += np.float32(square) * age * age
        if female:
            score += np.float32(female) * self._female


def female_terms(sexes: Codes, sex_levels: tuple[str, ...]) -> Scores:
    """Return how much of a term for women applies to each person."""
    return np.array([FEMALE_TERM[sex] for sex in sex_levels], dtype=np.float32)[sexes]


def held_age(joint: Joint, ages: NDArray[np.int16]) -> Scores:
    """Return ages on the joint model's scale, held within the range on which its variables were fitted."""
    scale = joint.age_scale
    held = np.clip(ages, scale.first, scale.last)
    return np.asarray((held - scale.centre) / scale.unit, dtype=np.float32)
