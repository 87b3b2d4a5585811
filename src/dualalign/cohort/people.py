"""The people of a cohort: cases first, then their controls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dualalign.personas import match_controls, sample_personas

if TYPE_CHECKING:
    from dualalign.cohort.manifest import RowOptions
    from dualalign.packs import Pack
    from dualalign.personas import Persona


class People:
    """Everybody in the cohort, cases first, made a part at a time so that memory does not grow with their number."""

    def __init__(self, pack: Pack, options: RowOptions) -> None:
        self._cases = sample_personas(pack, options.patients, options.seed, options.profile)
        self._controls = (
            match_controls(self._cases, pack, options.controls, options.seed) if options.controls else None
        )
        self._total = options.patients + options.controls
        self._size = options.part_patients
        self.parts = -(-self._total // self._size)

    def of_part(self, part: int) -> list[Persona]:
        """Return the personas of one part."""
        return [self.persona(row) for row in self._rows(part)]

    def count(self, part: int) -> int:
        """Return how many people are in one part."""
        return len(self._rows(part))

    def _rows(self, part: int) -> range:
        return range(part * self._size, min((part + 1) * self._size, self._total))

    def persona(self, row: int) -> Persona:
        """Return one person by row of the table of personas."""
        if row < len(self._cases) or self._controls is None:
            return self._cases.persona(row)
        return self._controls.persona(row - len(self._cases))
