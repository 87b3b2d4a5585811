"""The questions that a schema asks of every data set: the next state, the event by horizon, decline."""

from __future__ import annotations

from dualalign.errors import ProgressionError
from dualalign.progression.questions import (
    Questions,
    conversion_questions,
    decline_questions,
    state_questions,
)
from dualalign.progression.visits import Visits

NEXT_STATE = "state at the next visit"
DECLINE = "decline"


def conversion_task(horizon: float) -> str:
    """Return the name of the task of conversion within a horizon."""
    return f"conversion within {horizon:g} years"


def schema_questions(visits: Visits) -> dict[str, Questions]:
    """Return every task of the schema that the data can answer, by name.

    Raises:
        ProgressionError: none of them has both a yes and a no.
    """
    schema = visits.schema
    found: dict[str, Questions] = {}
    if schema.state is not None:
        found[NEXT_STATE] = state_questions(visits)
    if schema.conversion is not None:
        for horizon in schema.conversion.horizons:
            found[conversion_task(horizon)] = conversion_questions(visits, horizon)
    if schema.decline is not None:
        found[DECLINE] = decline_questions(visits)
    usable = {task: each for task, each in found.items() if each.answers.any() and not each.answers.all()}
    if not usable:
        raise ProgressionError(
            "no question of the schema has both a yes and a no in these data",
            "give subjects followed for longer, with and without the outcome",
        )
    return usable
