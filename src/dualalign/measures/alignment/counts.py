"""What alignment is measured on: counts of visits and mentions of each patient, read from a cohort's tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from dualalign.cohort.reader import Cohort
from dualalign.errors import MeasureError

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack

Counts = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PatientCounts:
    """Counts of the patients with the disease, in the order of the personas table.

    Args:
        visits: patients x years x note types; year 1 (the last before the index date) comes first.
        mentions: patients x years.
        domains: patients x domains.
        severity_sums: patients x years, summed latent severity at visits.
    """

    visits: Counts
    mentions: Counts
    domains: Counts
    severity_sums: Counts

    @property
    def patients(self) -> int:
        """Number of patients."""
        return len(self.visits)


def count_patients(cohort: Cohort, pack: Pack) -> PatientCounts:
    """Read the counts; mentions are streamed, so that memory follows the number of visits.

    Raises:
        MeasureError: the cohort holds no patient with the disease.
    """
    personas = cohort.table("personas", ["patient_id", "is_case"])
    cases = {
        patient: row
        for row, patient in enumerate(
            p
            for p, case in zip(
                personas["patient_id"].to_pylist(), personas["is_case"].to_pylist(), strict=True
            )
            if case
        )
    }
    if not cases:
        raise MeasureError(
            f"{cohort.folder}: holds no patient with the disease", "measure a cohort with patients"
        )
    years = pack.pack.horizon_years
    types = {each.id: place for place, each in enumerate(pack.visits.types)}
    domains = {each.id: place for place, each in enumerate(pack.lexicon.domains)}
    visits = cohort.table("visits", ["patient_id", "visit", "year_bin", "note_type", "severity"])
    patient = np.array([cases.get(each, -1) for each in visits["patient_id"].to_pylist()])
    year = visits["year_bin"].to_numpy().astype(np.int64) - 1
    kind = np.array([types[each] for each in visits["note_type"].to_pylist()])
    kept = patient >= 0
    seen = np.zeros((len(cases), years, len(types)))
    np.add.at(seen, (patient[kept], year[kept], kind[kept]), 1)
    severity = np.zeros((len(cases), years))
    np.add.at(severity, (patient[kept], year[kept]), visits["severity"].to_numpy()[kept])
    most = int(visits["visit"].to_numpy().max(initial=0)) + 1
    year_of = np.zeros((len(cases), most), dtype=np.int64)
    year_of[patient[kept], visits["visit"].to_numpy()[kept]] = year[kept]
    mentions = np.zeros((len(cases), years))
    by_domain = np.zeros((len(cases), len(domains)))
    stream = pq.ParquetFile(cohort.folder / "mentions.parquet").iter_batches(
        columns=["patient_id", "visit", "domain"]
    )
    for batch in stream:
        rows = np.array([cases.get(each, -1) for each in batch["patient_id"].to_pylist()])
        here = rows >= 0
        places = np.array([domains[each] for each in batch["domain"].to_pylist()])
        visit = batch["visit"].to_numpy()
        np.add.at(mentions, (rows[here], year_of[rows[here], visit[here]]), 1)
        np.add.at(by_domain, (rows[here], places[here]), 1)
    return PatientCounts(seen, mentions, by_domain, severity)
