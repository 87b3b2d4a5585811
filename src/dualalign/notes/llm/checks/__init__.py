"""Checks of a model's note: each a small function that says in words what the model is to put right."""

from dualalign.notes.llm.checks.all_checks import CHECKS, UNSURE, Check, NoteChecker, checks_for
from dualalign.notes.llm.checks.case import Case, runs_of
from dualalign.notes.llm.checks.chart import Chart

__all__ = ["CHECKS", "UNSURE", "Case", "Chart", "Check", "NoteChecker", "checks_for", "runs_of"]
