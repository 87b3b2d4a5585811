"""Contradictions of a cohort, as a measure; `contradictions` holds what is looked for and how."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dualalign.measures.measure import Measure
from dualalign.measures.metric import lower, measured

if TYPE_CHECKING:
    from dualalign.cohort.reader import Cohort
    from dualalign.packs.pack import Pack


@measured(contradictions=lower())
def contradictions(cohort: Cohort, pack: Pack) -> Measure:
    """Return contradictions per 1,000 notes of a cohort."""
    from dualalign.measures.contradictions import count_contradictions

    return count_contradictions(cohort, pack)
