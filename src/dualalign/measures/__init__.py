"""What a dataset is worth, one measure a file, each with the same contract."""

from dualalign.measures.all_measures import STEPS, measure_any, measure_cohort, measure_notes, metrics_of
from dualalign.measures.context import Context
from dualalign.measures.measure import Figure, Goal, Measure, NotGiven, TooLittleData, bootstrap_interval
from dualalign.measures.metric import Metric, higher, lower, measured, neither
from dualalign.measures.note_sets import NoteColumns, NoteSet, read_note_set
from dualalign.measures.sources import SourceFiles, Sources, read_sources

__all__ = [
    "STEPS",
    "Context",
    "Figure",
    "Goal",
    "Measure",
    "Metric",
    "NotGiven",
    "NoteColumns",
    "NoteSet",
    "SourceFiles",
    "Sources",
    "TooLittleData",
    "bootstrap_interval",
    "higher",
    "lower",
    "measure_any",
    "measure_cohort",
    "measure_notes",
    "measured",
    "metrics_of",
    "neither",
    "read_note_set",
    "read_sources",
]
