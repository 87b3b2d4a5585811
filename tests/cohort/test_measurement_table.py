from pathlib import Path

import pyarrow as pa

from dualalign.charts import PatientSimulator
from dualalign.cohort import open_cohort
from dualalign.cohort.measurements import MEASUREMENTS, MeasurementRows
from dualalign.cohort.tables import empty_columns, to_table
from dualalign.packs import load_pack
from dualalign.personas import sample_personas
from dualalign.trajectories import TrajectorySimulator


def test_every_result_stands_with_its_visit_and_unit(real: Path) -> None:
    cohort = open_cohort(real)
    each = {one.id: (panel, one) for panel, one in load_pack("alzheimers").measurements.each()}
    visits = {row["note_id"]: row for row in cohort.table("visits").to_pylist()}
    rows = cohort.table("measurements").to_pylist()
    assert len(rows) == cohort.manifest["counts"]["measurements"] > 300
    assert {row["patient_id"] for row in rows} == {row["patient_id"] for row in visits.values()}
    assert len({(row["note_id"], row["measurement"]) for row in rows}) == len(rows)
    for row in rows:
        panel, one = each[row["measurement"]]
        assert (row["unit"], row["panel"], row["modality"]) == (one.unit, panel.id, panel.modality)
        visit = visits[row["note_id"]]
        for name in ("patient_id", "visit", "date", "years_before"):
            assert row[name] == visit[name]


def test_rows_say_what_the_simulator_measured(real: Path, asked: dict) -> None:
    pack = load_pack("alzheimers")
    persona = list(sample_personas(pack, asked["patients"], asked["seed"], pack.profiles.default))[1]
    measured = PatientSimulator(pack, pack.profiles.default).simulate(persona, asked["seed"]).measured
    names = [one.id for _, one in pack.measurements.each()]
    rows = open_cohort(real).table("measurements").to_pylist()
    assert [
        (row["visit"], row["measurement"], row["value"], row["limit"])
        for row in rows
        if row["patient_id"] == persona.patient_id
    ] == [
        (visit, names[m], value, {-1: "below", 0: None, 1: "above"}[limit])
        for visit, m, value, limit in zip(
            measured.visit.tolist(),
            measured.measurement.tolist(),
            measured.value.tolist(),
            measured.limit.tolist(),
            strict=True,
        )
    ]


def test_limits_have_words(real: Path) -> None:
    """Both sides, whatever chance brought into the small cohort."""
    pack = load_pack("alzheimers")
    simulator = TrajectorySimulator(pack, pack.profiles.default)
    trajectory = simulator.simulate(next(iter(sample_personas(pack, 1, 5, pack.profiles.default))), 5)
    measured = trajectory.measured
    measured.limit[:3] = (-1, 1, 0)
    columns = empty_columns(MEASUREMENTS)
    MeasurementRows(pack).add(columns, trajectory)
    assert columns["limit"][:3] == ["below", "above", None]
    assert to_table(columns, MEASUREMENTS).schema.field("value").type == pa.float64()


def test_a_pack_that_measures_nothing_has_an_empty_table(made: Path) -> None:
    cohort = open_cohort(made)
    table = cohort.table("measurements")
    assert table.num_rows == cohort.manifest["counts"]["measurements"] == 0
    assert table.schema.equals(MEASUREMENTS)
