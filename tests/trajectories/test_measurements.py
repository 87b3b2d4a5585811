"""Which visits bring which measurements, and that nothing else hangs on them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest

from dualalign.packs.pack import Pack
from dualalign.packs.schema.measurements import Measurements
from dualalign.personas import sample_personas
from dualalign.trajectories import NotePlan, Trajectory, TrajectorySimulator


def _results(pack: Pack, found: list[Trajectory]) -> list[tuple[Trajectory, NotePlan, str, str, float, int]]:
    """Return patient, visit, panel, measurement, value and limit of every result."""
    each = [(panel.id, one.id) for panel, one in pack.measurements.each()]
    return [
        (patient, patient.plans[visit], *each[m], value, limit)
        for patient in found
        for visit, m, value, limit in zip(
            patient.measured.visit.tolist(),
            patient.measured.measurement.tolist(),
            patient.measured.value.tolist(),
            patient.measured.limit.tolist(),
            strict=True,
        )
    ]


def test_results_depend_on_persona_and_seed_alone(pack: Pack, clinical: list[Trajectory]) -> None:
    simulator = TrajectorySimulator(pack, "clinical")
    people = list(sample_personas(pack, len(clinical), 4, "clinical"))
    for row in (31, 2):
        again, before = simulator.simulate(people[row], 4).measured, clinical[row].measured
        for name in ("visit", "measurement", "value", "limit"):
            assert np.array_equal(getattr(again, name), getattr(before, name))
    other = simulator.simulate(people[2], 5).measured
    assert not np.array_equal(other.value, clinical[2].measured.value)


def test_visits_and_plans_are_those_of_a_pack_that_measures_nothing(
    pack: Pack, clinical: list[Trajectory]
) -> None:
    bare = Pack(pack.folder, {**pack.parts, "measurements": Measurements()}, [], "bare")
    simulator = TrajectorySimulator(bare, "clinical")
    for person, before in zip(sample_personas(pack, 80, 4, "clinical"), clinical[:10], strict=False):
        found = simulator.simulate(person, 4)
        assert found.plans == before.plans
        assert len(found.measured.value) == 0
        assert len(before.measured.value) > 0


def test_nothing_is_measured_outside_its_years(
    pack: Pack, clinical: list[Trajectory], paper: list[Trajectory]
) -> None:
    panels = {panel.id: panel for panel in pack.measurements.panels}

    def outside(found: list[Trajectory]) -> int:
        years = [(panels[panel], plan.date.year) for _, plan, panel, *_ in _results(pack, found)]
        return sum(
            year < p.first_year or (p.last_year is not None and year > p.last_year) for p, year in years
        )

    assert outside(clinical) == 0
    assert (
        outside(paper) > 0
    )  # the profile without a calendar shows that the years would not keep by themselves
    seen = {panel for _, _, panel, *_ in _results(pack, clinical)}
    assert {"csf_luminex", "csf_elecsys", "brain_mri", "thyroid"} <= seen


def test_a_panel_is_ordered_only_where_and_as_often_as_the_pack_says(
    pack: Pack, clinical: list[Trajectory], controls: list[Trajectory]
) -> None:
    panels = {panel.id: panel for panel in pack.measurements.panels}
    days: dict[tuple[str, str], list[int]] = defaultdict(list)
    for patient, plan, panel, *_ in _results(pack, clinical + controls):
        assert panels[panel].ordered[plan.note_type] > 0
        own = days[patient.persona.patient_id, panel]
        if not own or own[-1] != plan.date.toordinal():
            own.append(plan.date.toordinal())
    for (_, panel), each in days.items():
        assert all(gap >= panels[panel].gap_days for gap in np.diff(each))
    assert min(int(gap) for each in days.values() for gap in np.diff(each)) < 60


def test_orders_come_at_the_chance_given_and_get_lost_as_often(pack: Pack) -> None:
    """With no gap kept and one panel for everybody, results at visits are a plain share."""
    blood = pack.measurements.panels[0]
    stages = {"early_prodromal": 1.5}
    counted = blood.model_copy(update={"gap_days": 1, "missing": 0.2, "by_stage": stages, "share": 0.7})
    bare = Pack(pack.folder, {**pack.parts, "measurements": Measurements(panels=[counted])}, [], "counted")
    simulator = TrajectorySimulator(bare, "clinical")
    found = [simulator.simulate(person, 4) for person in sample_personas(pack, 100, 4, "clinical")]
    able = [patient for patient in found if len(patient.measured.value)]
    assert len(able) / len(found) == pytest.approx(0.7, abs=4 * np.sqrt(0.7 * 0.3 / len(found)))
    expected, variance, reported = 0.0, 0.0, 0
    for patient in able:
        days = set()
        for plan in patient.plans:
            chance = min(1.0, counted.ordered.get(plan.note_type, 0.0) * stages.get(plan.stage, 1.0)) * 0.8
            expected += chance if plan.date not in days else 0.0
            variance += chance * (1 - chance)
            days.add(plan.date)
        reported += len(set(patient.measured.visit.tolist()))
    assert reported == pytest.approx(expected, abs=4 * np.sqrt(variance) + 0.01 * expected)


def test_single_results_are_missing_as_often_as_the_pack_says(
    pack: Pack, clinical: list[Trajectory], controls: list[Trajectory]
) -> None:
    done: dict[str, set[tuple[str, int]]] = defaultdict(set)
    counts: dict[str, int] = defaultdict(int)
    for patient, plan, panel, name, *_ in _results(pack, clinical + controls):
        done[panel].add((patient.persona.patient_id, plan.visit))
        counts[name] += 1
    for panel, each in pack.measurements.each():
        orders = len(done[panel.id])
        if each.missing and orders >= 300 and len(panel.measurements) > 1:
            share = 1 - counts[each.id] / orders
            near = 4 * np.sqrt(each.missing * (1 - each.missing) / orders)
            assert share == pytest.approx(each.missing, abs=near), each.id


def test_a_group_ordered_more_often_is_measured_more_often_and_higher(
    pack: Pack, clinical: list[Trajectory], controls: list[Trajectory]
) -> None:
    values: dict[str, list[float]] = {"yes": [], "no": []}
    for patient, _, _, name, value, _ in _results(pack, clinical + controls):
        if name == "hba1c":
            values[patient.persona.factors["diabetes"]].append(value)
    people = {
        level: sum(p.persona.factors["diabetes"] == level for p in clinical + controls) for level in values
    }
    assert len(values["yes"]) / people["yes"] > 2 * len(values["no"]) / people["no"]
    assert np.median(values["yes"]) > 6.5 > 5.9 > np.median(values["no"])
    assert np.mean(np.array(values["no"]) >= 6.5) < 0.05


def test_values_are_plausible_and_limits_are_marked(
    pack: Pack, clinical: list[Trajectory], controls: list[Trajectory]
) -> None:
    known = {each.id: each for _, each in pack.measurements.each()}
    beyond = 0
    for _, _, _, name, value, limit in _results(pack, clinical + controls):
        each = known[name]
        lowest, highest = each.detection
        assert each.plausible[0] <= value <= each.plausible[1]
        assert lowest is None or value >= lowest
        assert highest is None or value <= highest
        if limit:
            assert value == each.detection[0 if limit < 0 else 1]
            beyond += 1
    assert beyond > 5


def test_the_limit_s_sign_says_which_side(pack: Pack) -> None:
    thyroid = next(panel for panel in pack.measurements.panels if panel.id == "thyroid")
    for detection, side in (((50.0, None), -1), ((None, 0.02), 1)):
        (tsh,) = thyroid.measurements
        narrow = thyroid.model_copy(
            update={"measurements": [tsh.model_copy(update={"detection": detection})]}
        )
        bare = Pack(pack.folder, {**pack.parts, "measurements": Measurements(panels=[narrow])}, [], "narrow")
        simulator = TrajectorySimulator(bare, "clinical")
        found = [simulator.simulate(person, 4).measured for person in sample_personas(pack, 5, 4, "clinical")]
        limits = np.concatenate([each.limit for each in found])
        assert len(limits) > 0
        assert (limits == side).all()


def test_the_same_person_as_a_control_is_not_measured_as_a_patient(pack: Pack) -> None:
    """Being ordered hangs on visits and stage, never on being a patient."""
    simulator = TrajectorySimulator(pack, "clinical")
    model = simulator._measurements
    person = next(iter(sample_personas(pack, 1, 4, "clinical")))
    patient = simulator.simulate(person, 4)
    draws = [
        model.draw(replace(person, is_case=case), patient.course, patient.plans, np.random.default_rng(1))
        for case in (True, False)
    ]
    assert np.array_equal(draws[0].visit, draws[1].visit)
    assert np.array_equal(draws[0].measurement, draws[1].measurement)
