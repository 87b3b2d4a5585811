"""One patient or one note of a cohort: found by its id, read without the rest, simulated again for its agendas."""

from __future__ import annotations

import difflib
import re
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import dualalign
from dualalign.cohort.manifest import RowOptions
from dualalign.cohort.people import People
from dualalign.errors import CohortError

if TYPE_CHECKING:
    from dualalign.cohort.reader import Cohort
    from dualalign.packs import Pack
    from dualalign.trajectories import Trajectory

_OFFERED = 3


def find_patient(cohort: Cohort, identity: str) -> tuple[str, str | None]:
    """Return the patient that an id names, and the note if it names one.

    Args:
        cohort: a finished cohort.
        identity: id of a patient (`P000006`) or of a note (`P000006-0059`).

    Raises:
        CohortError: there is neither, naming ids that are like it; or a table that cannot be read.
    """
    patients: list[str] = cohort.table("personas", ["patient_id"])["patient_id"].to_pylist()
    if identity in patients:
        return identity, None
    head, _, visit = identity.partition("-")
    patient = next((each for each in patients if _without_noughts(each) == _without_noughts(head)), None)
    if patient is not None and visit:
        notes = [str(row["note_id"]) for row in cohort.patient_rows("visits", patient)]
        if identity in notes:
            return patient, identity
        raise _unknown(cohort, f"patient {patient} has no note '{identity}'", identity, notes)
    raise _unknown(cohort, f"no patient or note is called '{identity}'", head, patients)


def _unknown(cohort: Cohort, what: str, identity: str, known: list[str]) -> CohortError:
    by_number = [each for each in known if _without_noughts(each) == _without_noughts(identity)]
    near = by_number or difflib.get_close_matches(identity.upper(), known, _OFFERED)
    meant = f"did you mean {' or '.join(near)}? " if near else ""
    return CohortError(
        f"{cohort.folder}: {what}", f"{meant}`dualalign show {cohort.folder}` lists the patients"
    )


def _without_noughts(identity: str) -> str:
    """Return an id as people shorten it: `P6-59` for `P000006-0059`."""
    return re.sub(r"(?<!\d)0+(?=\d)", "", identity.upper())


def simulate_again(cohort: Cohort, pack: Pack, patient_id: str) -> Trajectory:
    """Return a patient as `generate` simulated it, with the agenda of each visit, which no table holds.

    Args:
        cohort: a finished cohort.
        pack: its pack.
        patient_id: a patient of the cohort.

    Raises:
        CohortError: the pack or the software changed since the cohort was made, so that the patient would differ.
    """
    from dualalign.charts import PatientSimulator

    given = cohort.manifest["options"]
    options = RowOptions(**{each.name: given[each.name] for each in fields(RowOptions)})
    changed = "the pack" if options.pack_fingerprint != pack.fingerprint else ""
    if options.software != dualalign.__version__:
        changed = "the software"
    patients = cohort.table("personas", ["patient_id"])["patient_id"].to_pylist()
    if not changed:
        person = People(pack, options).persona(patients.index(patient_id))
        trajectory = PatientSimulator(pack, options.profile).simulate(person, options.seed)
        visits = cohort.patient_rows("visits", patient_id)
        if all(_is_of(trajectory, row) for row in visits):
            return trajectory
        changed = "the software"
    raise CohortError(
        f"{cohort.folder}: {changed} has changed since this cohort was made",
        "make it again to see what its visits were about",
    )


def _is_of(trajectory: Trajectory, visit: dict[str, Any]) -> bool:
    """Return whether a visit of a cohort is the one that was simulated."""
    if visit["visit"] >= len(trajectory.plans):
        return False
    plan = trajectory.plans[visit["visit"]]
    reason = plan.agenda.reason if plan.agenda else None
    return (plan.date, plan.note_type, reason) == (visit["date"], visit["note_type"], visit["reason"])
