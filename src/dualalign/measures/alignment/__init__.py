"""How close a cohort comes to the pack's targets, table by table."""

from dualalign.measures.alignment.counts import PatientCounts, case_rows, count_patients
from dualalign.measures.alignment.course import course_measure
from dualalign.measures.alignment.joint import joint_measure
from dualalign.measures.alignment.personas import marginal_shares, marginals_measure
from dualalign.measures.alignment.tables import (
    domains_measure,
    mentions_measure,
    notes_measure,
    visits_measure,
)

__all__ = [
    "PatientCounts",
    "case_rows",
    "count_patients",
    "course_measure",
    "domains_measure",
    "joint_measure",
    "marginal_shares",
    "marginals_measure",
    "mentions_measure",
    "notes_measure",
    "visits_measure",
]
