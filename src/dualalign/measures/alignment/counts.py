"""What alignment is measured on: counts of visits and mentions of each patient, read from a cohort's tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dualalign.cohort.reader import Cohort
from dualalign.errors import MeasureError

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack

Counts = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
Years = npt.NDArray[np.int8]

_NOT_COUNTED = -1


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
    """Count visits and mentions, a batch of rows at a time: memory follows the number of patients.

    Raises:
        CohortError: a table is missing or cut short.
        MeasureError: the cohort holds no patient with the disease, or what the pack does not know.
    """
    cases = case_rows(cohort)
    visits, severity, year_of = _count_visits(cohort, pack, cases)
    mentions = np.zeros(severity.shape)
    by_domain = np.zeros((len(cases), len(pack.lexicon.domains)))
    domains = {each.id: place for place, each in enumerate(pack.lexicon.domains)}
    for batch in cohort.batches("mentions", ["patient_id", "visit", "domain"]):
        rows = _places(batch["patient_id"], cases)
        domain = _places(batch["domain"], domains)
        if (domain == _NOT_COUNTED).any():
            raise _unknown(cohort, pack, "mentions", "domain")
        here = rows != _NOT_COUNTED
        np.add.at(mentions, (rows[here], year_of[rows[here], batch["visit"].to_numpy()[here]]), 1)
        np.add.at(by_domain, (rows[here], domain[here]), 1)
    return PatientCounts(visits, mentions, by_domain, severity)


def case_rows(cohort: Cohort) -> dict[str, int]:
    """Return the patients with the disease and the place of each among them.

    Raises:
        MeasureError: there is none.
    """
    personas = cohort.table("personas", ["patient_id", "is_case"])
    columns = (personas[name].to_pylist() for name in ("patient_id", "is_case"))
    cases = {
        patient: row
        for row, patient in enumerate(patient for patient, case in zip(*columns, strict=True) if case)
    }
    if not cases:
        raise MeasureError(
            f"{cohort.folder}: holds no patient with the disease", "measure a cohort with patients"
        )
    return cases


def _count_visits(cohort: Cohort, pack: Pack, cases: Mapping[str, int]) -> tuple[Counts, Counts, Years]:
    """Return visits, summed severity, and the year of each visit of each patient."""
    years = pack.pack.horizon_years
    types = {each.id: place for place, each in enumerate(pack.visits.types)}
    most = int(cohort.table("visits", ["visit"])["visit"].to_numpy().max(initial=0)) + 1
    seen = np.zeros((len(cases), years, len(types)))
    severity = np.zeros((len(cases), years))
    year_of = np.zeros((len(cases), most), dtype=np.int8)
    columns = ["patient_id", "visit", "year_bin", "note_type", "severity"]
    for batch in cohort.batches("visits", columns):
        patient = _places(batch["patient_id"], cases)
        kind = _places(batch["note_type"], types)
        year = batch["year_bin"].to_numpy() - 1
        if (kind == _NOT_COUNTED).any():
            raise _unknown(cohort, pack, "visits", "note type")
        if ((year < 0) | (year >= years)).any():
            raise _unknown(cohort, pack, "visits", "year before diagnosis")
        here = patient != _NOT_COUNTED
        np.add.at(seen, (patient[here], year[here], kind[here]), 1)
        np.add.at(severity, (patient[here], year[here]), batch["severity"].to_numpy()[here])
        year_of[patient[here], batch["visit"].to_numpy()[here]] = year[here]
    return seen, severity, year_of


def _places(column: pa.Array, known: Mapping[str, int]) -> Places:
    """Return the place of every value of a column, -1 for those that are not known."""
    encoded = column.dictionary_encode()
    values = [known.get(value, _NOT_COUNTED) for value in encoded.dictionary.to_pylist()]
    lookup = np.array([*values, _NOT_COUNTED], dtype=np.int64)
    return np.asarray(lookup[encoded.indices.to_numpy(zero_copy_only=False)])


def _unknown(cohort: Cohort, pack: Pack, table: str, what: str) -> MeasureError:
    return MeasureError(
        f"{cohort.folder / table}.parquet: holds a {what} that pack '{pack.id}' {pack.version} does not know",
        "measure with the version of the pack that the cohort was made with (--pack)",
    )
