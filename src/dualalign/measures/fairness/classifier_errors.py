"""Whether a classifier errs more on notes of one group of patients than on all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dualalign.errors import MeasureError
from dualalign.measures.fairness.gaps import gap_figure
from dualalign.measures.fairness.groups import patient_groups
from dualalign.measures.label_quality.source_error import marks_of
from dualalign.measures.labelled_sentences import sampled_sentences
from dualalign.measures.measure import Measure
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
    said = [row for row in sampled_sentences(cohort, most) if row["patient_id"] in groups.rows]
    patients = [groups.rows[row["patient_id"]] for row in said]
    marks = marks_of([row["labels"] for row in said], [label.id for label in labels])
    raised = classifier.predict_proba([row["text"] for row in said])[:, heads] >= _THRESHOLD
    size = (len(groups.rows), 2 * len(labels))
    errors, chances = np.zeros(size), np.zeros(size)
    np.add.at(errors, patients, np.hstack([marks & ~raised, ~marks & raised]))
    np.add.at(chances, patients, np.hstack([marks, ~marks]))
    kinds = (
        *(f"{each.name.lower()} missed" for each in labels),
        *(f"{each.name.lower()} raised wrongly" for each in labels),
    )
    note = f"share of errors less that of all patients, on {len(said):,} sentences held against the plan's labels"
    return gap_figure(groups, errors, chances, kinds, False, note)
