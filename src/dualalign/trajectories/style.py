"""How the author of a note writes: one habit per patient and setting, longer over the years."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dualalign.trajectories.plan import Style

if TYPE_CHECKING:
    import random

    from dualalign.packs.schema.visits import Visits, VisitType


class StyleModel:
    """Draws the styles of one patient's authors."""

    _SAME_AUTHOR = 0.75

    def __init__(self, visits: Visits, notes_lengthen: bool) -> None:
        self._visits = visits
        self._lengthen = notes_lengthen

    def draw(self, kind: VisitType, year: int, habits: dict[str, str], rng: random.Random) -> Style:
        """Return the style of one note.

        Args:
            kind: the visit's note type.
            year: calendar year.
            habits: note type -> author style of the clinician seen there; updated.
            rng: the patient's generator.
        """
        habit = habits.get(kind.id)
        if habit is None or rng.random() > self._SAME_AUTHOR:
            habit = habits[kind.id] = rng.choices(list(kind.authors), weights=list(kind.authors.values()))[0]
        since = year - self._visits.words_reference_year if self._lengthen else 0
        growth = (1 + self._visits.words_growth_per_year) ** since
        words = kind.words * growth * rng.lognormvariate(0.0, 0.3)
        return Style(habit, int(words))
