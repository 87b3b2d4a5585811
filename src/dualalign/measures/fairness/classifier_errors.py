"""Whether a classifier errs more on notes of one group of patients than on all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dualalign.errors import MeasureError
from dualalign.measures.fairness.gaps import gap_figure
from dualalign.measures.fairness.groups import patient_groups
from dualalign.measures.measure import Measure, random_numbers
from dualalign.measures.metric import lower, measured

if TYPE_CHECKING:
    from dualalign.classifiers.protocol import Classifier
    from dualalign.cohort.reader import Cohort
    from dualalign.packs.pack import Pack

MOST = 20_000
_THRESHOLD = 0.5


@measured(classifier_error_gap=lower())
def classifier_error_gap(cohort: Cohort, pack: Pack, classifier: Classifier, most: int = MOST) -> Measure:
    """Return the greatest difference, over groups and labels, of the share missed or wrongly raised from that of all.

    Held against the plan's labels, so that an error may be the plan's; that concerns groups alike unless the writer
    itself is unfair.

    Args:
        most: sentences classified, about.

    Raises:
        MeasureError: the classifier has no head of the pack's labels, or no groups are large enough.
    """
    groups = patient_groups(cohort, pack)
    labels = [label for label in pack.labels.scheme().labels if label.id in classifier.heads]
    if not labels:
        raise MeasureError(
            f"the classifier's heads are {', '.join(classifier.heads)}, none of the pack's labels",
            "give a classifier of the pack's labels",
        )
    heads = [classifier.heads.index(label.id) for label in labels]
    patients, texts, marks = _sentences(cohort, groups.rows, [label.id for label in labels], most)
    raised = classifier.predict_proba(texts)[:, heads] >= _THRESHOLD
    size = (len(groups.rows), 2 * len(labels))
    errors, chances = np.zeros(size), np.zeros(size)
    np.add.at(errors, patients, np.hstack([marks & ~raised, ~marks & raised]))
    np.add.at(chances, patients, np.hstack([marks, ~marks]))
    kinds = (
        *(f"{each.name.lower()} missed" for each in labels),
        *(f"{each.name.lower()} raised wrongly" for each in labels),
    )
    note = f"share of errors less that of all patients, on {len(texts):,} sentences held against the plan's labels"
    return gap_figure(groups, errors, chances, kinds, False, note)


def _sentences(
    cohort: Cohort, rows: dict[str, int], labels: list[str], most: int
) -> tuple[np.ndarray, list[str], np.ndarray]:
    random = random_numbers()
    chance = min(1.0, most / max(1, cohort.manifest["counts"]["sentences"]))
    patients: list[int] = []
    texts: list[str] = []
    marks: list[list[bool]] = []
    for part in cohort.iterate("sentences", ["patient_id", "text", "labels"]):
        kept = part.take(np.flatnonzero(random.random(part.num_rows) < chance)).to_pylist()
        for row in kept:
            if row["patient_id"] in rows:
                patients.append(rows[row["patient_id"]])
                texts.append(row["text"])
                marks.append([label in row["labels"] for label in labels])
    return (
        np.array(patients, dtype=np.intp),
        texts,
        np.array(marks, dtype=np.bool_).reshape(len(texts), len(labels)),
    )
