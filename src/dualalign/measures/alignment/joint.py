"""Alignment of the joint structure: how factors hang together among patients, against the pack's correlations."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dualalign.cohort.reader import Cohort
from dualalign.errors import PersonaError
from dualalign.measures.measure import Figure, Measure, random_numbers
from dualalign.measures.metric import lower, measured
from dualalign.personas import PersonaTable, latent_correlations

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack

Floats = npt.NDArray[np.float64]

FEWEST = 200
"""Patients below which correlations of rare levels cannot be estimated."""
_RESAMPLES = 60


@measured("joint_personas", joint_error=lower(0, 2))
def joint_error(cohort: Cohort, pack: Pack) -> Measure | None:
    """Root mean square error of the latent correlations of factors, over pairs, given age and sex.

    The baseline is the root mean square standard error of the same estimates, by bootstrap over patients: what exact
    correlations would show in so many. None with fewer than 200 patients, or in a pack whose correlations concern
    fewer than two factors. No interval: resampling adds to a distance as much as it measures.
    """
    table = _patients(cohort, pack)
    if len(table) < FEWEST or sum(bool(each.factor) for each in pack.joint.variables.values()) < 2:
        return None
    found = latent_correlations(table, pack)
    below = np.tril_indices(len(found.variables), -1)
    errors = (found.estimated - found.declared)[below]
    random = random_numbers()
    resampled = []
    for _ in range(_RESAMPLES):
        try:
            again = latent_correlations(_resampled(table, random), pack)
        except PersonaError:
            continue  # a level so rare that this resample has none of it
        resampled.append(again.estimated[below])
    noise = np.std(resampled, axis=0, ddof=1) if len(resampled) > _RESAMPLES // 2 else None
    pairs = [f"{found.variables[a]} with {found.variables[b]}" for a, b in zip(*below, strict=True)]
    return Figure(
        float(np.sqrt(np.mean(errors**2))),
        None,
        dict(zip(pairs, errors.tolist(), strict=True)),
        {} if noise is None else {"sampling noise": float(np.sqrt(np.mean(noise**2)))},
        note=f"correlation points, over {len(pairs)} pairs of factors; breakdown: measured less the pack's",
    )


def _patients(cohort: Cohort, pack: Pack) -> PersonaTable:
    """Return the patients of a cohort as a table of personas."""
    factors = pack.factors.ids()
    names = ["is_case", "age_at_index", "index_date", "birth_date"]
    read = cohort.table("personas", [*names, *(f"factor_{factor}" for factor in factors)])
    read = read.filter(read["is_case"])
    codes = {}
    for factor in pack.factors.factors:
        places = {level: place for place, level in enumerate(factor.levels)}
        values = read[f"factor_{factor.id}"].to_pylist()
        codes[factor.id] = np.array([places[each] for each in values], dtype=np.int8)
    return PersonaTable(
        pack,
        cohort.profile,
        int(cohort.manifest["options"]["seed"]),
        codes,
        read["age_at_index"].to_numpy(),
        read["index_date"].to_numpy(),
        read["birth_date"].to_numpy(),
    )


def _resampled(table: PersonaTable, random: np.random.Generator) -> PersonaTable:
    rows = random.integers(0, len(table), len(table))
    return replace(
        table, codes={factor: each[rows] for factor, each in table.codes.items()}, ages=table.ages[rows]
    )
