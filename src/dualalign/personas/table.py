"""Personas as columns, and one of them made whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dualalign.personas.life import draw_life
from dualalign.personas.persona import Persona
from dualalign.randomness import Stream, fast_random

if TYPE_CHECKING:
    from dualalign.packs.schema.personas import Personas


@dataclass
class PersonaTable:
    """n personas, a column of level codes per factor.

    Args:
        factors: the pack's factors.
        codes: factor id -> level codes, length n.
        ages: whole years at the index date, length n.
        seed: of the run; the rest of each patient's life is drawn from it and the patient's row.
        first_row: row of the first persona in the cohort.
        cases: for controls, the cases they are matched to; None for cases.
        case_rows: for controls, the row in `cases` of each one's case.
    """

    factors: Personas
    codes: dict[str, NDArray[np.int8]]
    ages: NDArray[np.int64]
    seed: int
    first_row: int = 0
    cases: PersonaTable | None = None
    case_rows: NDArray[np.int64] | None = None
    _levels: dict[str, list[str]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._levels = {factor.id: list(factor.levels) for factor in self.factors.factors}

    def __len__(self) -> int:
        return len(self.ages)

    def __iter__(self) -> Iterator[Persona]:
        return (self.persona(row) for row in range(len(self)))

    def level_code(self, factor: str, level: str) -> int:
        """Return the code of a level."""
        return self._levels[factor].index(level)

    def counts(self, factor: str) -> dict[str, int]:
        """Return level id -> number of personas."""
        counted = np.bincount(self.codes[factor], minlength=len(self._levels[factor]))
        return dict(zip(self._levels[factor], map(int, counted), strict=True))

    def level(self, row: int, factor: str) -> str:
        """Return one persona's level."""
        return self._levels[factor][self.codes[factor][row]]

    def persona(self, row: int) -> Persona:
        """Return one persona whole; the same whatever was asked before."""
        levels = {factor: names[self.codes[factor][row]] for factor, names in self._levels.items()}
        patient = self.first_row + row
        rng = fast_random(self.seed, Stream.PERSONAS, patient)
        is_case = self.cases is None
        first, last = self.factors.index_dates
        index_date = first + timedelta(days=int(rng.random() * ((last - first).days + 1)))
        matched_to = None
        if self.cases is not None and self.case_rows is not None:
            case = self.cases.persona(int(self.case_rows[row]))
            index_date, matched_to = case.index_date, case.patient_id
        age = int(self.ages[row])
        sex = self.factors.sex_levels[levels[self.factors.sex_factor]]
        life = draw_life(self.factors, levels, sex, age, is_case, rng)
        return Persona(
            patient=patient,
            patient_id=f"{'P' if is_case else 'C'}{row:06d}",
            sex=sex,
            age_at_index=age,
            birth_date=_birth_date(index_date, age, rng.random()),
            index_date=index_date,
            factors=levels,
            apoe=life.apoe,
            informants=life.informants,
            work=life.work,
            is_case=is_case,
            matched_to=matched_to,
            tags=life.tags,
        )


def _birth_date(index_date: date, age: int, point: float) -> date:
    """Return a birth date that makes the person exactly `age` on the index date."""
    latest = _years_before(index_date, age)
    earliest = _years_before(index_date, age + 1) + timedelta(days=1)
    return earliest + timedelta(days=int(point * ((latest - earliest).days + 1)))


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
