"""Sample patients, and people without the disease to hold beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dualalign.errors import PersonaError
from dualalign.personas.ages import band_codes, banded_ages, birth_dates, claims_ages, index_dates
from dualalign.personas.conditions import Codes
from dualalign.personas.draw import JointDraw, draw_independent, female_terms
from dualalign.personas.exchange import Exchange
from dualalign.personas.quota import quota, shuffled_quota
from dualalign.personas.references import first_bad_reference
from dualalign.personas.table import PersonaTable
from dualalign.personas.targets import target_shares
from dualalign.randomness import Stream, generator

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack


def sample_personas(pack: Pack, n: int, seed: int, profile: str | None = None) -> PersonaTable:
    """Sample n patients.

    The count of every level is within 1 of n x its share and no rule of the pack is broken. A profile in `joint` mode lets
    factors depend on age, on sex and on one another as joint.yaml says; in `independent` mode nothing depends on
    anything but by rules.

    Args:
        pack: a loaded pack.
        n: number of patients, 1 or more.
        seed: 0 or greater; the same seed gives the same table.
        profile: profile of the pack, its default if None.

    Raises:
        PersonaError: a bad n or seed, or rules that the shares cannot meet.
        PackError: no such profile, or a file of the pack names a factor or level that it does not have.
    """
    _check_count(n, "patients", seed)
    first_bad_reference(pack)
    profile = profile or pack.profiles.default
    rng = generator(seed, Stream.PERSONAS)
    claims = pack.profiles.profile(profile).age_at_diagnosis == "claims"
    ages = claims_ages(pack, n, rng) if claims else banded_ages(pack, n, rng)
    sex_shares = target_shares(pack, profile)[pack.factors.sex_factor]
    sexes = shuffled_quota(quota(list(sex_shares.values()), n), rng)
    codes = _draw_factors(pack, profile, ages, sexes, True, rng)
    dates = index_dates(pack, n, rng)
    return PersonaTable(pack, profile, seed, codes, ages, dates, birth_dates(ages, dates, rng))


def match_controls(table: PersonaTable, pack: Pack, n_controls: int, seed: int) -> PersonaTable:
    """Sample people without the disease, each matched to a patient.

    Patients are matched in turn, in random order, so that each has as many controls as any other, or one more. A control has its
    patient's sex and index date, and an age within a year; its other factors are drawn anew, in the same mode, to the shares of
    people without the disease.

    Args:
        table: the patients.
        pack: the pack they were sampled from.
        n_controls: number of controls, 1 or more.
        seed: 0 or greater.

    Raises:
        PersonaError: a bad count or seed, or rules that the shares cannot meet.
    """
    _check_count(n_controls, "controls", seed)
    rng = generator(seed, Stream.CONTROLS)
    rounds = -(-n_controls // len(table))
    cases = np.concatenate([rng.permutation(len(table)) for _ in range(rounds)])[:n_controls]
    limits = pack.population.age
    ages = np.clip(
        table.ages[cases] + rng.integers(-1, 2, n_controls), limits.youngest, limits.oldest
    ).astype(np.int16)
    sexes = table.codes[pack.factors.sex_factor][cases]
    codes = _draw_factors(pack, table.profile, ages, sexes, False, rng)
    dates = table.index_dates[cases]
    return PersonaTable(
        pack,
        table.profile,
        seed,
        codes,
        ages,
        dates,
        birth_dates(ages, dates, rng),
        first_patient=table.first_patient + len(table),
        case_rows=cases,
    )


def _check_count(n: int, what: str, seed: int) -> None:
    if n < 1:
        raise PersonaError(f"{n} {what} were asked for", "ask for a whole number of at least 1")
    if seed < 0:
        raise PersonaError(f"the seed is {seed}", "give a whole number of at least 0")


def _draw_factors(
    pack: Pack, profile: str, ages: NDArray[np.int16], sexes: Codes, cases: bool, rng: np.random.Generator
) -> dict[str, Codes]:
    factors = pack.factors
    levels = {factor.id: tuple(factor.levels) for factor in factors.factors}
    shares = target_shares(pack, profile, cases)
    given = {factors.age_factor: band_codes(pack, ages), factors.sex_factor: sexes}
    if pack.profiles.profile(profile).persona_mode == "joint":
        female = female_terms(sexes, levels[factors.sex_factor])
        ordered = frozenset(factor.id for factor in factors.factors if factor.ordered)
        codes = JointDraw(pack.joint, shares, levels, ages, female, ordered).draw(given, rng)
    else:
        codes = draw_independent(shares, given, len(ages), rng)
    rules = pack.persona_rules.applying(cases)
    Exchange(rules, codes, ages, levels, shares, frozenset(given)).mend(rng)
    return codes
