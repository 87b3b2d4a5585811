"""Personas as columns, and one of them made whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dualalign.errors import PersonaError
from dualalign.personas.life import LifeBook
from dualalign.personas.persona import Persona
from dualalign.randomness import Stream, fast_random

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack


@dataclass
class PersonaTable:
    """n people, a column of level codes per factor.

    Args:
        pack: the pack they were sampled from.
        profile: its profile.
        seed: of the run; what the columns do not hold is drawn from it and the patient's row.
        codes: factor id -> level codes, length n.
        ages: whole years at the index date, length n.
        index_dates: days, length n.
        birth_dates: days, length n.
        first_patient: row in the cohort of the first person.
        case_rows: for people without the disease, the row of the case each is matched to; None for cases.
    """

    pack: Pack
    profile: str
    seed: int
    codes: dict[str, NDArray[np.int8]]
    ages: NDArray[np.int16]
    index_dates: NDArray[np.datetime64]
    birth_dates: NDArray[np.datetime64]
    first_patient: int = 0
    case_rows: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.ages)

    def __iter__(self) -> Iterator[Persona]:
        return (self.persona(row) for row in range(len(self)))

    @cached_property
    def levels(self) -> dict[str, tuple[str, ...]]:
        """Factor id -> level ids, in the order of their codes."""
        return {factor.id: tuple(factor.levels) for factor in self.pack.factors.factors}

    @property
    def is_case(self) -> bool:
        """Whether these are patients, not people without the disease."""
        return self.case_rows is None

    def counts(self, factor: str) -> dict[str, int]:
        """Return level id -> number of people."""
        levels = self.levels[factor]
        counted = np.bincount(self.codes[factor], minlength=len(levels))
        return dict(zip(levels, counted.tolist(), strict=True))

    def has(self, factor: str, *levels: str) -> NDArray[np.bool_]:
        """Return which people have one of these levels of a factor."""
        wanted = [self.levels[factor].index(level) for level in levels]
        return np.isin(self.codes[factor], wanted)

    @cached_property
    def _lives(self) -> LifeBook:
        return LifeBook(self.pack)

    def persona(self, row: int) -> Persona:
        """Return one person whole; the same whatever was asked before, in whatever process.

        Raises:
            PersonaError: the table has no such row.
        """
        if not 0 <= row < len(self):
            raise PersonaError(
                f"there is no persona {row} in a table of {len(self)}", "ask for a row from 0 on"
            )
        factors = {factor: levels[self.codes[factor][row]] for factor, levels in self.levels.items()}
        patient = self.first_patient + row
        age = int(self.ages[row])
        index_date = self.index_dates[row].item()
        sex = factors[self.pack.factors.sex_factor]
        rng = fast_random(self.seed, Stream.PERSONAS, patient)
        life = self._lives.draw(factors, sex, age, index_date.year, self.is_case, rng)
        return Persona(
            patient=patient,
            patient_id=f"{'P' if self.is_case else 'C'}{row:06d}",
            sex=sex,
            age_at_index=age,
            birth_date=self.birth_dates[row].item(),
            index_date=index_date,
            factors=factors,
            apoe=life.genotype,
            informants=life.informants,
            work=life.work,
            is_case=self.is_case,
            matched_to=None if self.case_rows is None else f"P{int(self.case_rows[row]):06d}",
            tags=life.tags,
        )
