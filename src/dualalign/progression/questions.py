"""Questions asked of a data set: about whom, from which past, how far ahead, and what came true."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from dualalign.errors import ProgressionError
from dualalign.progression.schema import Conversion, Decline, State
from dualalign.progression.visits import Floats, Places, Visits, last_rows

_Part = TypeVar("_Part", Conversion, Decline, State)
NEXT_STATE = "state at the next visit"
DECLINE = "decline"


class Kind(StrEnum):
    """What is asked."""

    STATE = "state"
    CONVERSION = "conversion"
    DECLINE = "decline"


@dataclass(frozen=True, slots=True)
class Questions:
    """Questions of one kind, all with known answers.

    Args:
        kind: what is asked.
        subjects: n subject numbers.
        rows: n numbers of the last visit that may be used.
        times: n times at which the question is asked, at or after that visit.
        horizons: n years from then to the answer.
        answers: n marks, whether it came true.
    """

    kind: Kind
    subjects: Places
    rows: Places
    times: Floats
    horizons: Floats
    answers: npt.NDArray[np.bool_]

    def take(self, which: npt.NDArray[np.bool_] | Places) -> Questions:
        """Return some of the questions."""
        return Questions(
            self.kind,
            self.subjects[which],
            self.rows[which],
            self.times[which],
            self.horizons[which],
            self.answers[which],
        )

    def about(self, chosen: Places, visits: Visits, whole: Visits) -> Questions:
        """Return the questions about chosen subjects, renumbered for `visits`, which holds only those.

        Args:
            chosen: numbers of the subjects in `whole`, in the order of `visits`.
            visits: `whole.take(chosen)`.
            whole: what the questions were asked of.
        """
        place = np.full(len(whole), -1, dtype=np.intp)
        place[chosen] = np.arange(len(chosen))
        mine = self.take(place[self.subjects] >= 0)
        subjects = place[mine.subjects]
        rows = mine.rows - whole.starts[mine.subjects] + visits.starts[subjects]
        return Questions(mine.kind, subjects, rows, mine.times, mine.horizons, mine.answers)

    def __len__(self) -> int:
        return len(self.subjects)


def state_questions(visits: Visits, ahead: int = 1, among: bool | None = None) -> Questions:
    """Ask, at each visit, for the state at a visit ahead.

    Args:
        visits: with the state's feature observed.
        ahead: 0 for the same visit, 1 for the next.
        among: ask only where the present state is known to be so; None asks everywhere.
    """
    state = _asked(visits.schema.state, "state")
    values = visits.column(state.feature)
    subject = visits.subject_of_row
    rows = np.arange(len(values) - ahead)
    later = rows + ahead
    good = (subject[rows] == subject[later]) & ~np.isnan(values[later])
    if among is not None:
        good &= ~np.isnan(values[rows]) & ((values[rows] > state.above) == among)
    rows, later = rows[good], later[good]
    return Questions(
        Kind.STATE,
        subject[rows],
        rows,
        visits.times[rows],
        visits.times[later] - visits.times[rows],
        values[later] > state.above,
    )


def conversion_questions(
    visits: Visits, horizon: float, times: Floats | None = None, exact: bool = False
) -> Questions:
    """Ask whether the event comes within a horizon, of subjects at risk whose answer is known.

    Args:
        visits: with event and end times.
        horizon: years.
        times: one time of asking per subject, nan for none; every visit of every subject if None.
        exact: keep only those who are known to the very end of the horizon, converted before or not.
    """
    _asked(visits.schema.conversion, "conversion")
    if times is None:
        rows = np.arange(len(visits.times))
        subjects, asked = visits.subject_of_row, visits.times
    else:
        subjects = np.flatnonzero(~np.isnan(times))
        asked = times[subjects]
        rows = last_rows(visits, subjects, asked)
        there = rows >= 0
        subjects, asked, rows = subjects[there], asked[there], rows[there]
    until = visits.event_times[subjects] - asked
    seen = visits.end_times[subjects] - asked
    at_risk = ~(until <= 1e-9)
    answers = until <= horizon + 1e-9
    known = seen >= horizon - 1e-9 if exact else answers | (seen >= horizon - 1e-9)
    good = at_risk & known
    return Questions(
        Kind.CONVERSION,
        subjects[good],
        rows[good],
        asked[good],
        np.full(int(good.sum()), horizon),
        answers[good],
    )


def next_visit_conversion_questions(visits: Visits) -> Questions:
    """Ask, at each visit of a subject at risk, whether the event comes by the next visit."""
    _asked(visits.schema.conversion, "conversion")
    subject = visits.subject_of_row
    rows = np.flatnonzero(subject[:-1] == subject[1:])
    at = subject[rows]
    rows = rows[~(visits.event_times[at] <= visits.times[rows] + 1e-9)]
    at = subject[rows]
    return Questions(
        Kind.CONVERSION,
        at,
        rows,
        visits.times[rows],
        visits.times[rows + 1] - visits.times[rows],
        visits.event_times[at] <= visits.times[rows + 1] + 1e-9,
    )


def decline_questions(visits: Visits) -> Questions:
    """Ask, at each visit with the feature observed, whether it falls as the schema's decline says."""
    decline = _asked(visits.schema.decline, "decline")
    answers = decline_answers(visits, decline)
    rows = np.flatnonzero(~np.isnan(answers))
    return Questions(
        Kind.DECLINE,
        visits.subject_of_row[rows],
        rows,
        visits.times[rows],
        np.full(len(rows), decline.years),
        answers[rows] > 0,
    )


def decline_answers(visits: Visits, decline: Decline) -> Floats:
    """Return, for each visit, 1 if the feature declines, 0 if it does not, nan where that is not known."""
    values = visits.column(decline.feature)
    sign = 1.0 if visits.schema.feature(decline.feature).worse == "low" else -1.0
    found = np.full(len(values), np.nan)
    for low, high in zip(visits.starts[:-1], visits.starts[1:], strict=True):
        rows = np.arange(low, high)[~np.isnan(values[low:high])]
        for row in rows:
            misses = np.abs(visits.times[rows] - visits.times[row] - decline.years)
            later = rows[int(misses.argmin())]
            if misses.min() <= decline.window and later > row:
                found[row] = float(sign * (values[row] - values[later]) >= decline.points)
    return found


def _asked(part: _Part | None, name: str) -> _Part:
    if part is None:
        raise ProgressionError(f"the schema has no `{name}`", f"add `{name}` to the schema to ask for it")
    return part


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


def subjects_with_yes(asked: Mapping[str, Questions], subjects: int) -> npt.NDArray[np.bool_]:
    """Return the marks of subjects of whom any question came true, to spread over folds."""
    marks = np.zeros(subjects, dtype=np.bool_)
    for questions in asked.values():
        marks[questions.subjects[questions.answers]] = True
    return marks
