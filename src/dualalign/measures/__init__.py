"""What a dataset is worth, one measure a file, each with the same contract."""

from dualalign.measures.all_measures import STEPS, measure_cohort
from dualalign.measures.measure import Goal, Measure, TooLittleData, bootstrap_interval
from dualalign.measures.note_sets import NoteColumns
from dualalign.measures.sources import SourceFiles, Sources, read_sources

__all__ = [
    "STEPS",
    "Goal",
    "Measure",
    "NoteColumns",
    "SourceFiles",
    "Sources",
    "TooLittleData",
    "bootstrap_interval",
    "measure_cohort",
    "read_sources",
]
