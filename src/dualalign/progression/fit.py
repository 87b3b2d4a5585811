"""Fit a model on a data set, ready to be saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dualalign.errors import ProgressionError
from dualalign.progression.dualpath import DualPath
from dualalign.progression.longitudinal import LongitudinalData
from dualalign.progression.method import Learning
from dualalign.progression.storage import ProgressionModel, digest
from dualalign.progression.tasks import schema_questions
from dualalign.progression.visits import to_visits


def fit_model(
    data: LongitudinalData,
    hidden: Sequence[str] = (),
    seed: int = 0,
    method: DualPath | None = None,
) -> ProgressionModel:
    """Fit DualPath on all subjects of a data set.

    Args:
        data: what to learn from.
        hidden: features that the model may not see, though it may be asked about them.
        seed: the same seed and data give the same model on the same machine.
        method: how to fit; small and quick if None.

    Raises:
        ProgressionError: a seed below 0, a hidden feature that the schema does not have, or nothing to learn.
    """
    if seed < 0:
        raise ProgressionError(f"seed is {seed}", "give a whole number of at least 0")
    visits = to_visits(data)
    visits.check_hidden(hidden)
    questions = schema_questions(visits)
    chosen = replace(method or DualPath(), hidden=tuple(hidden))
    fitted = chosen.fit(Learning(visits, visits, data.groups, questions), seed)
    facts = {
        "subjects": len(data),
        "visits": len(visits.times),
        "seed": seed,
        "tasks": {
            task: {"questions": len(asked), "yes": int(asked.answers.sum())}
            for task, asked in questions.items()
        },
    }
    salt = digest(data.schema.fingerprint(), str(seed))
    return ProgressionModel(
        fitted, data.schema, facts, salt, frozenset(digest(each, salt) for each in data.ids)
    )
