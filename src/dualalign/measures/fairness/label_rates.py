"""Whether notes of one group of patients carry more labels of a kind than notes of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from dualalign.measures.fairness.gaps import gap_figure
from dualalign.measures.fairness.groups import patient_groups
from dualalign.measures.measure import Measure
from dualalign.measures.metric import lower, measured

if TYPE_CHECKING:
    from dualalign.cohort.reader import Cohort
    from dualalign.packs.pack import Pack


@measured(label_rate_gap=lower())
def label_rate_gap(cohort: Cohort, pack: Pack) -> Measure:
    """Return the greatest distance, over groups and labels, of labelled sentences a note from those of all patients.

    Raises:
        MeasureError: no groups large enough to compare.
    """
    groups = patient_groups(cohort, pack)
    labels = {label.id: (place, label.name) for place, label in enumerate(pack.labels.scheme().labels)}
    counts = np.zeros((len(groups.rows), len(labels)))
    notes = np.zeros((len(groups.rows), len(labels)))
    for part in cohort.iterate("notes", ["patient_id"]):
        for patient in part["patient_id"].to_pylist():
            if patient in groups.rows:
                notes[groups.rows[patient]] += 1
    for part in cohort.iterate("sentences", ["patient_id", "labels"]):
        labelled = part.filter(pc.greater(pc.list_value_length(part["labels"]), 0))
        pairs = zip(labelled["patient_id"].to_pylist(), labelled["labels"].to_pylist(), strict=True)
        for patient, said in pairs:
            if patient in groups.rows:
                for label in said:
                    if label in labels:
                        counts[groups.rows[patient], labels[label][0]] += 1
    names = tuple(name.lower() for _, name in labels.values())
    note = "labelled sentences a note as a share of all patients'; the plan may mean a difference, as of age"
    return gap_figure(groups, counts, notes, names, True, note)
