"""DualPath: progression predicted from notes, tests, labs and imaging over time."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dualalign.progression.checks import check_folds, check_not_future, make_longitudinal
from dualalign.progression.comparison import MethodScores, compare
from dualalign.progression.cross_validation import Protocol, cross_validate
from dualalign.progression.figure import draw_explanation
from dualalign.progression.files import read_longitudinal, write_longitudinal
from dualalign.progression.longitudinal import LongitudinalData
from dualalign.progression.method import Fitted, Learning, Method
from dualalign.progression.note_encoder import NoteEncoder
from dualalign.progression.note_vectors import with_note_vectors
from dualalign.progression.questions import (
    Kind,
    Questions,
    conversion_questions,
    decline_questions,
    next_visit_conversion_questions,
    state_questions,
)
from dualalign.progression.readers import read_cohort, read_mapped_csv
from dualalign.progression.schema import LongitudinalSchema, load_schema
from dualalign.progression.streaming import stream_longitudinal
from dualalign.progression.tasks import schema_questions
from dualalign.progression.visits import Visits, to_visits

if TYPE_CHECKING:
    from dualalign.progression.dualpath import DualPath, FittedDualPath
    from dualalign.progression.explanation import Explanation, explain
    from dualalign.progression.fit import fit_model
    from dualalign.progression.line_up import start_from
    from dualalign.progression.network import NetworkOptions
    from dualalign.progression.predictions import predict_subjects
    from dualalign.progression.storage import ProgressionModel, load_model, save_model
    from dualalign.progression.training import TrainingOptions

# These need torch, which data, readers and baselines do not.
_WITH_TORCH = {
    "DualPath": "dualpath",
    "FittedDualPath": "dualpath",
    "Explanation": "explanation",
    "explain": "explanation",
    "fit_model": "fit",
    "start_from": "line_up",
    "NetworkOptions": "network",
    "predict_subjects": "predictions",
    "ProgressionModel": "storage",
    "load_model": "storage",
    "save_model": "storage",
    "TrainingOptions": "training",
}

__all__ = [
    "DualPath",
    "Explanation",
    "Fitted",
    "FittedDualPath",
    "Kind",
    "Learning",
    "LongitudinalData",
    "LongitudinalSchema",
    "Method",
    "MethodScores",
    "NetworkOptions",
    "NoteEncoder",
    "ProgressionModel",
    "Protocol",
    "Questions",
    "TrainingOptions",
    "Visits",
    "check_folds",
    "check_not_future",
    "compare",
    "conversion_questions",
    "cross_validate",
    "decline_questions",
    "draw_explanation",
    "explain",
    "fit_model",
    "load_model",
    "load_schema",
    "make_longitudinal",
    "next_visit_conversion_questions",
    "predict_subjects",
    "read_cohort",
    "read_longitudinal",
    "read_mapped_csv",
    "save_model",
    "schema_questions",
    "start_from",
    "state_questions",
    "stream_longitudinal",
    "to_visits",
    "with_note_vectors",
    "write_longitudinal",
]


def __getattr__(name: str) -> Any:
    if name in _WITH_TORCH:
        return getattr(import_module(f"{__name__}.{_WITH_TORCH[name]}"), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
