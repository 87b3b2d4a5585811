import numpy as np
import pytest

from dualalign.errors import PackError
from dualalign.packs.pack import Pack
from dualalign.personas import sample_personas
from dualalign.trajectories import NotePlan, Trajectory, TrajectorySimulator
from dualalign.trajectories.visit_process import VisitProcess


def _plans(found: list[Trajectory]) -> list[NotePlan]:
    return [plan for each in found for plan in each.plans]


def test_a_patient_depends_on_persona_and_seed_alone(pack: Pack, clinical: list[Trajectory]) -> None:
    simulator = TrajectorySimulator(pack, "clinical")
    people = list(sample_personas(pack, len(clinical), 4, "clinical"))
    for row in (17, 3, 60):
        assert simulator.simulate(people[row], 4).plans == clinical[row].plans
    assert simulator.simulate(people[3], 5).plans != clinical[3].plans


def test_an_unknown_profile_is_refused_by_name(pack: Pack) -> None:
    with pytest.raises(PackError, match="no profile is named 'papers'"):
        TrajectorySimulator(pack, "papers")


def test_visits_come_in_order_within_the_horizon(pack: Pack, clinical: list[Trajectory]) -> None:
    for each in clinical:
        dates = [plan.date for plan in each.plans]
        assert dates == sorted(dates)
        assert [plan.visit for plan in each.plans] == list(range(len(dates)))
        for plan in each.plans:
            assert 0 < plan.years_before <= pack.pack.horizon_years
            assert plan.date < each.persona.index_date
            assert plan.year_bin == int(np.ceil(plan.years_before))


def test_visits_are_as_many_as_the_table_says(pack: Pack, paper: list[Trajectory]) -> None:
    settings = pack.profiles.profile("paper")
    notes = [len(each.plans) for each in paper]
    expected = settings.visit_intensity * sum(
        rate * len(window.years())
        for kind in pack.visits.types
        for window, rate in zip(pack.visits.windows, kind.rates, strict=True)
    )
    assert np.mean(notes) == pytest.approx(expected, abs=4 * np.sqrt(expected / len(paper)))


def test_sparse_patients_differ_as_the_pack_says_and_are_seen_as_often_on_average(pack: Pack) -> None:
    settings = pack.profiles.profile("sparse")
    visits = VisitProcess(
        pack.visits, pack.pack.horizon_years, settings.visit_intensity, settings.visit_shape
    )
    counts = np.array([len(visits.draw(np.random.default_rng(seed), True)[0]) for seed in range(3000)])
    alike = VisitProcess(pack.visits, pack.pack.horizon_years, settings.visit_intensity)
    expected = np.mean([len(alike.draw(np.random.default_rng(seed), True)[0]) for seed in range(300)])
    assert counts.mean() == pytest.approx(expected, rel=0.06)
    assert settings.visit_shape is not None
    found = counts.mean() ** 2 / (counts.var() - counts.mean())
    assert found == pytest.approx(settings.visit_shape, rel=0.12)


def test_the_published_map_gives_the_stage(pack: Pack, paper: list[Trajectory]) -> None:
    for plan in _plans(paper):
        assert plan.stage == pack.stages.year_to_stage[plan.year_bin]


def test_stages_never_go_back(pack: Pack, clinical: list[Trajectory]) -> None:
    rank = {stage.id: place for place, stage in enumerate(pack.stages.stages)}
    for each in clinical:
        ranks = [rank[plan.stage] for plan in each.plans]
        assert ranks == sorted(ranks)


def test_the_mean_course_is_the_packs(pack: Pack, clinical: list[Trajectory]) -> None:
    for window in pack.stages.course.windows:
        times = np.linspace(window.to_years, window.from_years, 15)
        means = [each.course.score(times).mean() for each in clinical]
        assert np.mean(means) == pytest.approx(window.mean, abs=0.7)


def test_scores_stay_near_the_stage(pack: Pack, clinical: list[Trajectory]) -> None:
    noise = pack.stages.course.noise_limit
    bands = {stage.id: stage.scores for stage in pack.stages.stages}
    seen = 0
    for plan in _plans(clinical):
        for score in plan.scores:
            band = bands[plan.stage].get(score.instrument)
            if band is None:
                continue
            error = pack.instruments.instrument(score.instrument).noise_sd * noise
            assert band[0] - error - 0.51 <= score.value <= band[1] + error + 0.51
            seen += 1
    assert seen > 300


def test_drugs_exist_and_fit_the_stage(pack: Pack, clinical: list[Trajectory]) -> None:
    drugs = {name: drug for drug in pack.drugs.drugs for name in drug.names}
    seen = 0
    for plan in _plans(clinical):
        for medicine in plan.medicines:
            assert plan.date.year >= drugs[medicine.drug].approved
            seen += 1
    assert seen > 50


def test_controls_have_no_disease(pack: Pack, controls: list[Trajectory], clinical: list[Trajectory]) -> None:
    assert len(controls) == len(clinical)
    assert not any(plan.medicines for plan in _plans(controls))
    best = pack.stages.stages[0].id
    last_year = [plan.stage for plan in _plans(controls) if plan.year_bin == 1]
    cases = [plan.stage for plan in _plans(clinical) if plan.year_bin == 1]
    assert np.mean([stage == best for stage in last_year]) > 0.3
    assert np.mean([stage == best for stage in cases]) < 0.15
