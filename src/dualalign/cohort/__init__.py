"""The dataset on disk: tables, manifest, resume, reading."""

from dualalign.cohort.generate import Progress, generate_cohort
from dualalign.cohort.model_writing import ModelWriting
from dualalign.cohort.reader import Cohort, open_cohort, pack_of

__all__ = ["Cohort", "ModelWriting", "Progress", "generate_cohort", "open_cohort", "pack_of"]
