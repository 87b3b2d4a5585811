"""Score a saved model on other people's data: no fitting, only predictions and what came of them."""

from __future__ import annotations

import numpy as np

from dualalign.progression.comparison import MethodScores, compare
from dualalign.progression.cross_validation import Protocol
from dualalign.progression.longitudinal import LongitudinalData
from dualalign.progression.storage import ProgressionModel
from dualalign.progression.tasks import schema_questions
from dualalign.progression.visits import to_visits


def score_model(
    model: ProgressionModel, data: LongitudinalData, name: str = "saved model"
) -> list[MethodScores]:
    """Return the scores of a saved model on each task that the data can answer.

    Args:
        model: the model.
        data: of the model's schema, about subjects it has not learned from.
        name: as tables show it.

    Raises:
        ProgressionError: data of another schema, or of a subject that the model has learned from.
    """
    model.check_schema(data.schema)
    model.check_unseen(data.ids)
    visits = to_visits(data)
    protocol = Protocol(visits, data.groups, schema_questions(visits))
    found = {
        task: np.atleast_2d(model.fitted.predict(visits, asked, task))
        for task, asked in protocol.questions.items()
    }
    return compare(protocol, {name: found}, name)
