"""Alignment of personas: shares of every level of every factor against the pack's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dualalign.cohort.reader import Cohort
from dualalign.errors import MeasureError
from dualalign.measures.alignment.counts import case_rows
from dualalign.measures.alignment.noise import noise_baseline
from dualalign.measures.measure import Figure, Measure, random_numbers
from dualalign.measures.metric import lower, measured
from dualalign.personas import target_shares

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack

Shares = dict[str, dict[str, tuple[float, float]]]

_DRAWS = 300


@measured(personas_total_variation=lower(0, 1))
def personas_total_variation(cohort: Cohort, pack: Pack) -> Measure:
    """Worst total variation, over factors, between the shares of levels among patients and the pack's.

    The baseline is what drawing every patient at random, without quotas, would show. No interval: quotas and not
    chance make the counts.

    Raises:
        MeasureError: no patient with the disease, or a level that the pack does not know.
    """
    shares = marginal_shares(cohort, pack)
    people = len(case_rows(cohort))
    random = random_numbers()
    distances, noise = {}, []
    for factor, levels in shares.items():
        found, target = np.array(list(levels.values())).T
        distances[factor] = float(0.5 * np.abs(found - target).sum())
        drawn = random.multinomial(people, target / target.sum(), size=_DRAWS) / people
        noise.append(0.5 * np.abs(drawn - target).sum(axis=1))
    return Figure(
        max(distances.values()),
        None,
        distances,
        noise_baseline(np.max(noise, axis=0)),
        note="worst factor; breakdown: every factor; the noise is that of drawing without quotas",
    )


def marginal_shares(cohort: Cohort, pack: Pack) -> Shares:
    """Return, by factor and level, the share among patients and its target.

    Raises:
        MeasureError: no patient with the disease, or a level that the pack does not know.
    """
    people = len(case_rows(cohort))
    targets = target_shares(pack, cohort.profile)
    table = cohort.table("personas", ["is_case", *(f"factor_{factor}" for factor in targets)])
    table = table.filter(table["is_case"])
    shares: Shares = {}
    for factor, levels in targets.items():
        counted = {
            row["values"]: row["counts"] for row in table[f"factor_{factor}"].value_counts().to_pylist()
        }
        unknown = counted.keys() - levels.keys()
        if unknown:
            raise MeasureError(
                f"{cohort.folder / 'personas.parquet'}: factor '{factor}' holds '{min(unknown, key=str)}', which pack "
                f"'{pack.id}' {pack.version} does not know",
                "measure with the version of the pack that the cohort was made with (--pack)",
            )
        shares[factor] = {level: (counted.get(level, 0) / people, target) for level, target in levels.items()}
    return shares
