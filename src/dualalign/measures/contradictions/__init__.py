"""What cannot be true in a cohort's text and tables: read as a suspicious clinician would, and counted."""

from dualalign.measures.contradictions.contradiction import KINDS, UNLIKELY, Contradiction
from dualalign.measures.contradictions.find import (
    ContradictionFinder,
    count_contradictions,
    find_contradictions,
)

__all__ = [
    "KINDS",
    "UNLIKELY",
    "Contradiction",
    "ContradictionFinder",
    "count_contradictions",
    "find_contradictions",
]
