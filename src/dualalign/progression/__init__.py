"""DualPath: progression predicted from notes, tests, labs and imaging over time."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dualalign.progression.evaluation import MethodScores, Protocol, compare, cross_validate
from dualalign.progression.figure import draw_explanation
from dualalign.progression.longitudinal import LongitudinalData
from dualalign.progression.mapping import Mapping, load_mapping
from dualalign.progression.meds import own_mapping, read_meds, stream_meds, write_meds
from dualalign.progression.methods import Fitted, Learning, Method
from dualalign.progression.note_encoder import NoteEncoder
from dualalign.progression.note_vectors import with_note_vectors
from dualalign.progression.questions import (
    Kind,
    Questions,
    conversion_questions,
    decline_questions,
    next_visit_conversion_questions,
    schema_questions,
    state_questions,
)
from dualalign.progression.readers import open_data, read_cohort, read_fhir, read_mapped_csv, read_omop
from dualalign.progression.records import Record, read_records
from dualalign.progression.schema import LongitudinalSchema, load_schema
from dualalign.progression.visits import Visits, to_visits

if TYPE_CHECKING:
    from dualalign.progression.dualpath import DualPath, FittedDualPath, ablations, start_from
    from dualalign.progression.explanation import Explanation, explain
    from dualalign.progression.model import ProgressionModel, fit_model, load_model, save_model, score_model
    from dualalign.progression.network import NetworkOptions
    from dualalign.progression.predictions import predict_subjects
    from dualalign.progression.training import TrainingOptions

# These need torch, which data, readers and baselines do not.
_WITH_TORCH = {
    "dualpath": ("DualPath", "FittedDualPath", "ablations", "start_from"),
    "explanation": ("Explanation", "explain"),
    "model": ("ProgressionModel", "fit_model", "load_model", "save_model", "score_model"),
    "network": ("NetworkOptions",),
    "predictions": ("predict_subjects",),
    "training": ("TrainingOptions",),
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
    "Mapping",
    "Method",
    "MethodScores",
    "NetworkOptions",
    "NoteEncoder",
    "ProgressionModel",
    "Protocol",
    "Questions",
    "Record",
    "TrainingOptions",
    "Visits",
    "ablations",
    "compare",
    "conversion_questions",
    "cross_validate",
    "decline_questions",
    "draw_explanation",
    "explain",
    "fit_model",
    "load_mapping",
    "load_model",
    "load_schema",
    "next_visit_conversion_questions",
    "open_data",
    "own_mapping",
    "predict_subjects",
    "read_cohort",
    "read_fhir",
    "read_mapped_csv",
    "read_meds",
    "read_omop",
    "read_records",
    "save_model",
    "schema_questions",
    "score_model",
    "start_from",
    "state_questions",
    "stream_meds",
    "to_visits",
    "with_note_vectors",
    "write_meds",
]


def __getattr__(name: str) -> Any:
    for module, names in _WITH_TORCH.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
