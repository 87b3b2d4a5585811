"""What a dataset is worth, one measure a file, each with the same contract."""

from dualalign.measures.all_measures import measure_cohort
from dualalign.measures.measure import Goal, Measure, bootstrap_interval

__all__ = ["Goal", "Measure", "bootstrap_interval", "measure_cohort"]
