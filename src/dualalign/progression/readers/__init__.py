"""Readers of longitudinal data: mapped CSV, cohorts of dualalign, FHIR bundles and OMOP tables."""

from dualalign.progression.readers.cohort import read_cohort
from dualalign.progression.readers.mapped_csv import read_mapped_csv

__all__ = ["read_cohort", "read_mapped_csv"]
