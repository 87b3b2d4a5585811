"""Readers of longitudinal data: mapped CSV, cohorts of dualalign, FHIR bundles and OMOP tables."""

from dualalign.progression.readers.cohort import read_cohort
from dualalign.progression.readers.fhir import read_fhir
from dualalign.progression.readers.mapped_csv import read_mapped_csv
from dualalign.progression.readers.omop import read_omop
from dualalign.progression.readers.open_data import open_data

__all__ = ["open_data", "read_cohort", "read_fhir", "read_mapped_csv", "read_omop"]
