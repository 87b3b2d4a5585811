"""The dataset on disk: tables, manifest, resume, reading."""

from dualalign.cohort.generate import Progress, generate_cohort
from dualalign.cohort.reader import Cohort, open_cohort

__all__ = ["Cohort", "Progress", "generate_cohort", "open_cohort"]
