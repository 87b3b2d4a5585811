"""Why a prediction is what it is: weights of the modalities at each visit, and what each value and visit changed."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from dualalign.errors import ProgressionError
from dualalign.progression.dualpath import FittedDualPath
from dualalign.progression.longitudinal import LongitudinalData
from dualalign.progression.questions import Kind, Questions
from dualalign.progression.schema import LongitudinalSchema
from dualalign.progression.visits import Floats, Places, Visits, to_visits

PERSON = "person"
_AT_ONCE = 512


@dataclass(frozen=True, slots=True)
class Contribution:
    """What the prediction would lose without one observed value, or without all that an encoder read at one visit.

    Args:
        time: years.
        modality: id.
        feature: id; that of the modality where an encoder read it, since its numbers mean nothing one by one.
        value: as observed, in the feature's unit; nan where an encoder read it.
        change: probability with the value less probability without it.
        text: the words that the value rests on, empty if there are none.
    """

    time: float
    modality: str
    feature: str
    value: float
    change: float
    text: str = ""


@dataclass(frozen=True)
class Explanation:
    """An explained prediction.

    Args:
        subject: id.
        asked: the question in words.
        times: T times of the visits used.
        course: T probabilities, the answer at each visit from what was known then.
        modalities: ids, the last one the person.
        weights: T x M weights of the modalities at each visit, rows summing to 1.
        without_modality: modality -> probability with the modality less probability had it never been measured.
        contributions: by size, largest first.
    """

    subject: str
    asked: str
    times: Floats
    course: Floats
    modalities: tuple[str, ...]
    weights: Floats
    without_modality: dict[str, float]
    contributions: tuple[Contribution, ...]

    @property
    def probability(self) -> float:
        """The prediction that is explained: the last of the course."""
        return float(self.course[-1])


def explain(
    fitted: FittedDualPath,
    data: LongitudinalData,
    subject: str,
    years: float,
    kind: Kind = Kind.CONVERSION,
) -> Explanation:
    """Explain the prediction for a subject from all that the data hold of him or her.

    Each observed value is taken away in turn and the prediction made again (occlusion); values that say the same
    share the credit badly, so read small contributions together.

    Args:
        fitted: the model.
        data: holds the subject.
        subject: id.
        years: horizon, above 0 (a state's 0 or more); a decline's is the schema's.
        kind: what is predicted.

    Raises:
        ProgressionError: the subject is not there or has no visit, the schema does not ask for it, or a horizon that
            does not lie ahead.
    """
    _check_years(kind, years)
    words = _words(data.schema, kind, years)
    visits = to_visits(data.take([subject]))
    if not len(visits.times):
        raise ProgressionError(f"subject '{subject}' has no visit", "choose another")
    visits = visits.without(fitted.hidden) if fitted.hidden else visits
    rows = np.arange(len(visits.times))
    course = _ask(fitted, visits, rows, years, kind)
    seen = np.argwhere(~np.isnan(visits.values))
    schema = visits.schema
    values, blocks = _values_and_blocks(visits, seen)
    changes = (course[-1] - _occluded(fitted, visits, [*values, *blocks], years, kind)).tolist()
    texts = _texts(data, subject, visits)
    contributions = [
        Contribution(
            float(visits.times[row]),
            schema.modality_of[schema.numeric[column]],
            schema.numeric[column],
            _observed(visits, int(row), int(column)),
            change,
            texts.get((int(row), schema.numeric[column]), ""),
        )
        for ((row, column),), change in zip(values, changes[: len(values)], strict=True)
    ]
    for block, change in zip(blocks, changes[len(values) :], strict=True):
        modality = schema.modality_of[schema.numeric[block[0, 1]]]
        time = float(visits.times[block[0, 0]])
        contributions.append(Contribution(time, modality, modality, float("nan"), change))
    modalities = tuple(
        each.id for each in schema.modalities if any(not feature.text for feature in each.features)
    )
    cells = [
        seen[[schema.modality_of[schema.numeric[column]] == each for column in seen[:, 1]]]
        for each in modalities
    ]
    without = course[-1] - _occluded(fitted, visits, cells, years, kind)
    return Explanation(
        subject,
        words,
        visits.times,
        course,
        (*modalities, PERSON),
        modality_weights(fitted, visits),
        dict(zip(modalities, without.tolist(), strict=True)),
        tuple(sorted(contributions, key=lambda each: -abs(each.change))),
    )


def _values_and_blocks(visits: Visits, seen: Places) -> tuple[list[Places], list[Places]]:
    """Return the cells that stand alone, and by visit those that an encoder read together."""
    read = [
        feature.id
        for each in visits.schema.modalities
        if each.encoder is not None
        for feature in each.features
    ]
    together = np.isin(seen[:, 1], [visits.schema.numeric.index(each) for each in read])
    block = seen[together]
    return list(seen[~together][:, None]), [block[block[:, 0] == row] for row in np.unique(block[:, 0])]


def modality_weights(fitted: FittedDualPath, visits: Visits) -> Floats:
    """Return N x M weights of the modalities at each visit, the mean over the networks; the last is the person."""
    prepared = fitted.prepare(visits)
    return np.asarray(np.mean([each.modality_weights(prepared) for each in fitted.members], axis=0))


def _ask(fitted: FittedDualPath, visits: Visits, rows: Places, years: float, kind: Kind) -> Floats:
    subjects = visits.subject_of_row[rows]
    horizons = np.full(len(rows), years)
    asked = Questions(kind, subjects, rows, visits.times[rows], horizons, np.zeros(len(rows), dtype=np.bool_))
    return fitted.predict(visits, asked)


def _occluded(
    fitted: FittedDualPath, visits: Visits, cells: list[Places], years: float, kind: Kind
) -> Floats:
    """Predict from the last visit with some cells (row, column) gone, once for each entry of `cells`."""
    count = len(visits.times)
    found: list[float] = []
    for at in range(0, len(cells), _AT_ONCE):
        some = cells[at : at + _AT_ONCE]
        copies = replace(
            visits,
            subjects=visits.subjects * len(some),
            starts=np.arange(len(some) + 1) * count,
            times=np.tile(visits.times, len(some)),
            values=np.tile(visits.values, (len(some), 1)),
            static=np.tile(visits.static, (len(some), 1)),
            event_times=np.tile(visits.event_times, len(some)),
            end_times=np.tile(visits.end_times, len(some)),
        )
        for place, gone in enumerate(some):
            copies.values[gone[:, 0] + place * count, gone[:, 1]] = np.nan
        last = np.arange(1, len(some) + 1) * count - 1
        found.extend(_ask(fitted, copies, last, years, kind).tolist())
    return np.array(found)


def _observed(visits: Visits, row: int, column: int) -> float:
    value = float(visits.values[row, column])
    is_log = visits.schema.feature(visits.schema.numeric[column]).transform == "log1p"
    return float(np.expm1(value)) if is_log else value


def _texts(data: LongitudinalData, subject: str, visits: Visits) -> dict[tuple[int, str], str]:
    """Return the words beside each value, by visit row and feature."""
    found: dict[tuple[int, str], str] = {}
    for row in data.take([subject]).observations.to_pylist():
        if row["text"]:
            at = int(np.searchsorted(visits.times, row["time"] + 1e-9, side="right")) - 1
            key = (at, row["feature"])
            found[key] = f"{found[key]}\n{row['text']}" if key in found else row["text"]
    return found


def _check_years(kind: Kind, years: float) -> None:
    ahead = years >= 0 if kind is Kind.STATE else years > 0
    if not (ahead and math.isfinite(years)):
        raise ProgressionError(
            f"a prediction {years:g} years ahead", "give a number of years above 0, such as 3"
        )


def _words(schema: LongitudinalSchema, kind: Kind, years: float) -> str:
    if kind is Kind.CONVERSION and schema.conversion is not None:
        return f"{schema.conversion.event} within {years:g} years"
    if kind is Kind.STATE and schema.state is not None:
        name = schema.feature(schema.state.feature).name or schema.state.feature
        return f"{name} above {schema.state.above:g} in {years:g} years"
    if kind is Kind.DECLINE and schema.decline is not None:
        decline = schema.decline
        name = schema.feature(decline.feature).name or decline.feature
        return f"{name} worse by {decline.points:g} in {decline.years:g} years"
    raise ProgressionError(f"the schema has no `{kind}`", "ask for what the schema predicts")
