"""Alignment of personas: marginals against the pack's shares, and how factors hang together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dualalign.cohort.reader import Cohort
from dualalign.measures.measure import Measure
from dualalign.personas import target_shares

if TYPE_CHECKING:
    import numpy.typing as npt

    from dualalign.packs.pack import Pack


def marginals_measure(cohort: Cohort, pack: Pack) -> Measure:
    """Worst total variation, over factors, between the shares of levels among patients and the pack's.

    The baseline is what drawing every patient at random, without quotas, would show on average.
    """
    shares = target_shares(pack, cohort.profile)
    factors = list(shares)
    table = cohort.table("personas", ["is_case", *(f"factor_{factor}" for factor in factors)])
    cases = np.array(table["is_case"].to_pylist(), dtype=bool)
    codes, targets = [], []
    for factor in factors:
        levels = {level: place for place, level in enumerate(shares[factor])}
        codes.append(np.array([levels[each] for each in table[f"factor_{factor}"].to_pylist()])[cases])
        targets.append(np.array(list(shares[factor].values())))

    def distances(rows: npt.NDArray[np.intp]) -> list[float]:
        return [
            float(0.5 * np.abs(np.bincount(code[rows], minlength=len(target)) / len(rows) - target).sum())
            for code, target in zip(codes, targets, strict=True)
        ]

    people = int(cases.sum())
    each = distances(np.arange(people))
    random = np.random.default_rng(0)
    noise = [
        max(
            0.5 * np.abs(random.multinomial(people, target / target.sum()) / people - target).sum()
            for target in targets
        )
        for _ in range(200)
    ]
    return Measure(
        "personas_total_variation",
        "min",
        (0.0, 1.0),
        max(each),
        None,
        dict(zip(factors, each, strict=True)),
        {"drawn at random": float(np.mean(noise))},
        note="worst factor; breakdown: every factor; no interval, since quotas and not chance make the counts",
    )


def marginal_shares(cohort: Cohort, pack: Pack) -> dict[str, dict[str, tuple[float, float]]]:
    """Return, by factor and level, the share among patients and its target."""
    shares = target_shares(pack, cohort.profile)
    table = cohort.table("personas", ["is_case", *(f"factor_{factor}" for factor in shares)])
    cases = np.array(table["is_case"].to_pylist(), dtype=bool)
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for factor, levels in shares.items():
        values = np.array(table[f"factor_{factor}"].to_pylist(), dtype=object)[cases]
        found[factor] = {level: (float((values == level).mean()), target) for level, target in levels.items()}
    return found
