"""The shares that personas are sampled to, for patients and for people without the disease."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack
    from dualalign.packs.schema.population import AgeAtIndex

Shares = dict[str, dict[str, float]]
"""Factor id -> level id -> share."""


def target_shares(pack: Pack, profile: str | None = None, cases: bool = True) -> Shares:
    """Return the share of every level of every factor that a profile aims at.

    Patients have the published shares, but for age and sex where the profile takes them from claims. People without
    the disease have each level in proportion to its share among patients over its relative risk, or the pack's own
    shares for them; their age and sex follow the patients they are matched to.

    Args:
        pack: a loaded pack.
        profile: one of its profiles, the default if None.
        cases: patients if True, people without the disease if False.
    """
    shares: Shares = {factor.id: dict(factor.levels) for factor in pack.factors.factors}
    if pack.profiles.profile(profile).age_at_diagnosis == "claims":
        for factor, claims in pack.population.claims_shares.items():
            shares[factor] = {level: claims.levels.get(level, 0.0) for level in shares[factor]}
        shares[pack.factors.age_factor] = _claims_bands(pack)
    if cases:
        return shares
    for risk in pack.population.relative_risks:
        raw = {
            level: share / risk.ratio if level in risk.levels else share
            for level, share in shares[risk.factor].items()
        }
        shares[risk.factor] = {level: share / sum(raw.values()) for level, share in raw.items()}
    for factor, own in pack.population.control_shares.items():
        shares[factor] = {level: own.levels.get(level, 0.0) for level in shares[factor]}
    return shares


def band_mass(age: AgeAtIndex, first: float, last: float) -> float:
    """Return the probability that a rounded age of the uncut distribution lies between two whole ages."""
    return _normal((last + 0.5 - age.mean) / age.sd) - _normal((first - 0.5 - age.mean) / age.sd)


def _claims_bands(pack: Pack) -> dict[str, float]:
    age = pack.population.age
    mass = {
        level: band_mass(age, max(band.first, age.youngest), min(band.last, age.oldest))
        for level, band in pack.factors.age_bands.items()
        if band.first <= age.oldest and band.last >= age.youngest
    }
    total = sum(mass.values())
    return {level: mass.get(level, 0.0) / total for level in pack.factors.age_bands}


def _normal(value: float) -> float:
    return 0.5 * math.erfc(-value / math.sqrt(2))
