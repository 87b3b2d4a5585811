"""The errors a user can meet: each says what was wrong, where, and what to do."""

from __future__ import annotations


class DualAlignError(Exception):
    """Something the user can put right.

    Args:
        message: what was wrong and where (file, row, field).
        remedy: what to do about it; shown on the same line after a dash.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        self.message = message
        self.remedy = remedy
        super().__init__(f"{message} - {remedy}" if remedy else message)


class PackError(DualAlignError):
    """A disease pack is missing, unreadable or says something impossible."""


class PersonaError(DualAlignError):
    """Personas cannot be sampled as asked (for example, rules that no patient can satisfy)."""


class WriterError(DualAlignError):
    """A note cannot be written from its plan."""


class LabelError(DualAlignError):
    """Sentences cannot be labelled as asked."""


class CohortError(DualAlignError):
    """A cohort folder is missing, damaged, of another pack or not writable."""


class InputDataError(DualAlignError):
    """A file of the user's own data lacks a column, is empty or cannot be decoded."""


class ClassifierError(DualAlignError):
    """A classifier cannot be trained, loaded or used as asked."""


class ExperimentError(DualAlignError):
    """An experiment's configuration or data do not allow it to run."""


class MeasureError(DualAlignError):
    """A measure cannot be computed on the data given."""


class ModelError(DualAlignError):
    """A language model refused, failed or cannot be reached."""


class BudgetExceeded(ModelError):
    """The token or money budget is spent; everything written so far is saved."""


class ProgressionError(DualAlignError):
    """Longitudinal data or a progression model cannot be used as asked."""
