"""The groups that patients are compared by: sex, age band, and the factors that fairness.yaml names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import yaml

from dualalign.measures.measure import TooLittleData

if TYPE_CHECKING:
    from dualalign.cohort.reader import Cohort
    from dualalign.packs.pack import Pack


@dataclass(frozen=True, slots=True)
class PatientGroups:
    """Who belongs to which group.

    Args:
        rows: patient id -> row.
        names: groups, as `race: black`.
        members: bool, patients x groups.
        left_out: groups with too few patients.
    """

    rows: dict[str, int]
    names: tuple[str, ...]
    members: npt.NDArray[np.bool_]
    left_out: tuple[str, ...]


def compared_factors(pack: Pack) -> list[str]:
    """Return the factors of a pack whose levels are compared."""
    known = pack.factors.ids()
    asked = [pack.factors.sex_factor, pack.factors.age_factor, *_settings()["factors"]]
    return [factor for factor in asked if factor in known]


def patient_groups(cohort: Cohort, pack: Pack, fewest: int | None = None) -> PatientGroups:
    """Return the groups of a cohort's patients with the disease.

    Args:
        cohort: a finished cohort.
        pack: the pack it was made with.
        fewest: patients below which a group is left out; ten if None.

    Raises:
        MeasureError: no two groups of a factor are large enough to compare.
    """
    factors = compared_factors(pack)
    columns = [f"factor_{factor}" for factor in factors]
    people = cohort.table("personas", ["patient_id", "is_case", *columns]).to_pylist()
    people = [row for row in people if row["is_case"]]
    least = fewest or _settings()["fewest"]
    names, members, left_out = [], [], []
    for factor, column in zip(factors, columns, strict=True):
        levels = {
            level: np.array([row[column] == level for row in people], dtype=np.bool_)
            for level in pack.factors.factor(factor).levels
        }
        for level, inside in levels.items():
            name = f"{pack.factors.factor(factor).name}: {level.replace('_', ' ')}"
            if least <= inside.sum() < len(people):
                names.append(name)
                members.append(inside)
            elif 0 < inside.sum() < least:
                left_out.append(name)
    if len(names) < 2:
        raise TooLittleData(
            f"{cohort.folder}: no groups of {least} patients or more to compare", "make a larger cohort"
        )
    rows = {row["patient_id"]: place for place, row in enumerate(people)}
    return PatientGroups(rows, tuple(names), np.column_stack(members), tuple(left_out))


@cache
def _settings() -> dict[str, Any]:
    text = (
        resources.files("dualalign.measures.fairness").joinpath("fairness.yaml").read_text(encoding="utf-8")
    )
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded
