"""The table of measurements: one row per result, in its unit, with the visit that brought it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from dualalign.cohort.tables import SYNTHETIC, Columns, note_id

if TYPE_CHECKING:
    from dualalign.packs import Pack
    from dualalign.trajectories import Trajectory

MEASUREMENTS = pa.schema(
    [
        ("note_id", pa.string()),
        ("patient_id", pa.string()),
        ("visit", pa.int32()),
        ("date", pa.date32()),
        ("years_before", pa.float64()),
        ("modality", pa.string()),
        ("panel", pa.string()),
        ("measurement", pa.string()),
        ("value", pa.float64()),
        ("unit", pa.string()),
        ("limit", pa.string()),
    ],
    metadata=SYNTHETIC,
)
"""`limit` is `below` or `above` where the value is a limit of detection that the result lies beyond, else null."""

_LIMITS = np.array([None, "above", "below"], dtype=object)


class MeasurementRows:
    """Adds the results of one patient after another.

    Args:
        pack: a loaded pack.
    """

    def __init__(self, pack: Pack) -> None:
        each = list(pack.measurements.each())
        self._names = {
            "modality": np.array([panel.modality for panel, _ in each], dtype=object),
            "panel": np.array([panel.id for panel, _ in each], dtype=object),
            "measurement": np.array([one.id for _, one in each], dtype=object),
            "unit": np.array([one.unit for _, one in each], dtype=object),
        }

    def add(self, columns: Columns, trajectory: Trajectory) -> None:
        """Append one row per result of a patient."""
        measured = trajectory.measured
        rows = len(measured.value)
        if not rows:
            return
        patient = trajectory.persona.patient_id
        visits = measured.visit.tolist()
        identities = [note_id(patient, plan.visit) for plan in trajectory.plans]
        columns["note_id"].extend([identities[visit] for visit in visits])
        columns["patient_id"].extend([patient] * rows)
        columns["visit"].extend(visits)
        columns["date"].extend([trajectory.plans[visit].date for visit in visits])
        columns["years_before"].extend([trajectory.plans[visit].years_before for visit in visits])
        for name, of_measurement in self._names.items():
            columns[name].extend(of_measurement[measured.measurement].tolist())
        columns["value"].extend(measured.value.tolist())
        columns["limit"].extend(_LIMITS[measured.limit].tolist())
