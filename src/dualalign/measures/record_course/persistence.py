"""Whether a symptom that has begun goes on being told: notes that remember one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dualalign.measures.measure import Figure, Measure, TooLittleData, bootstrap_interval, random_numbers
from dualalign.measures.metric import higher, measured

if TYPE_CHECKING:
    from dualalign.cohort.reader import Cohort
    from dualalign.packs.pack import Pack

_DRAWS = 20
_POLARITIES = ("affirmed", "negated")

Bools = npt.NDArray[np.bool_]


@measured(symptom_persistence=higher())
def symptom_persistence(cohort: Cohort, pack: Pack) -> Measure:
    """Return the share of mentions of a persistent symptom, after its first affirmation, that affirm it.

    Read from the mentions table, that is what notes were meant to say. The baseline shuffles each symptom's
    affirmations and denials over the patient's mentions of it: notes that do not remember one another.

    Raises:
        MeasureError: no persistent symptom is mentioned twice.
    """
    names = {term.id: term.name for term in pack.lexicon.terms().values() if term.course == "persistent"}
    told: dict[tuple[str, str], list[bool]] = {}
    for batch in cohort.batches("mentions", ["patient_id", "term", "polarity"]):
        for row in batch.to_pylist():
            if row["term"] in names and row["polarity"] in _POLARITIES:
                told.setdefault((row["patient_id"], row["term"]), []).append(row["polarity"] == "affirmed")
    sequences = {key: np.array(values) for key, values in told.items() if len(values) > 1}
    patients = {
        patient: row for row, patient in enumerate(dict.fromkeys(patient for patient, _ in sequences))
    }
    counts = _by_patient(sequences, patients)
    if not counts[:, 1].sum():
        raise TooLittleData(f"{cohort.folder}: no symptom is told again", "generate more patients")
    random = random_numbers()
    shuffled = [
        _by_patient({key: random.permutation(each) for key, each in sequences.items()}, patients).sum(axis=0)
        for _ in range(_DRAWS)
    ]
    denied = _denied_terms(sequences, names)
    worst = dict(sorted(denied.items(), key=lambda each: -each[1])[:10])

    def share(rows: npt.NDArray[np.intp]) -> float:
        again, later = counts[rows].sum(axis=0)
        return float(again / later) if later else float("nan")

    return Figure(
        share(np.arange(len(patients))),
        bootstrap_interval(len(patients), share),
        {f"denied after: {name}": value for name, value in worst.items() if value},
        {"notes that forget": float(np.mean([again / later for again, later in shuffled if later]))},
        note=f"{int(counts[:, 1].sum()):,} later mentions of symptoms that do not go away; the breakdown holds the terms "
        "most often denied",
    )


def _by_patient(sequences: dict[tuple[str, str], Bools], rows: dict[str, int]) -> npt.NDArray[np.float64]:
    """Return, by patient, how many later mentions affirm, and how many there are."""
    counts = np.zeros((len(rows), 2))
    for (patient, _), affirmed in sequences.items():
        later = _later(affirmed)
        counts[rows[patient]] += later.sum(), len(later)
    return counts


def _later(affirmed: Bools) -> Bools:
    return affirmed[int(affirmed.argmax()) + 1 :] if affirmed.any() else affirmed[:0]


def _denied_terms(sequences: dict[tuple[str, str], Bools], names: dict[str, str]) -> dict[str, float]:
    counts: dict[str, list[int]] = {}
    for (_, term), affirmed in sequences.items():
        later = _later(affirmed)
        mine = counts.setdefault(names[term], [0, 0])
        mine[0] += int((~later).sum())
        mine[1] += len(later)
    return {name: denied / total for name, (denied, total) in counts.items() if total}
