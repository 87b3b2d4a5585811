import numpy as np
import pytest

from dualalign.errors import PackError
from dualalign.packs.pack import Pack
from dualalign.personas import sample_personas
from dualalign.trajectories import NotePlan, Trajectory, TrajectorySimulator
from dualalign.trajectories.plan import Course, Polarity, Reporter
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


def test_counts_follow_the_tables(pack: Pack, paper: list[Trajectory]) -> None:
    settings = pack.profiles.profile("paper")
    notes = [len(each.plans) for each in paper]
    expected = settings.visit_intensity * sum(
        rate * len(window.years())
        for kind in pack.visits.types
        for window, rate in zip(pack.visits.windows, kind.rates, strict=True)
    )
    assert np.mean(notes) == pytest.approx(expected, abs=4 * np.sqrt(expected / len(paper)))
    plans = _plans(paper)
    for year, mean in pack.mentions.per_note.items():
        counts = [len(plan.mentions) for plan in plans if plan.year_bin == year]
        target = mean * settings.mention_density
        assert np.mean(counts) == pytest.approx(target, abs=4 * np.sqrt(target / len(counts)))
    total = sum(len(plan.mentions) for plan in plans)
    for domain, share in pack.mentions.domain_shares().items():
        found = sum(mention.domain == domain for plan in plans for mention in plan.mentions) / total
        assert found == pytest.approx(share, abs=0.01)


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


def test_what_was_told_is_never_denied_later(pack: Pack, clinical: list[Trajectory]) -> None:
    terms = pack.lexicon.terms()
    thing = {term: each.same_as or term for term, each in terms.items()}
    denied_at_all = 0
    for each in clinical:
        told: set[str] = set()
        for plan in each.plans:
            denied = {thing[m.term] for m in plan.mentions if m.polarity is Polarity.NEGATED}
            affirmed = {thing[m.term] for m in plan.mentions if m.polarity is Polarity.AFFIRMED}
            assert not denied & (told | affirmed)
            denied_at_all += len(denied)
            told |= affirmed
    assert denied_at_all > 1000


def test_new_is_said_once_of_each_symptom(clinical: list[Trajectory]) -> None:
    for each in clinical:
        new = [m.term for plan in each.plans for m in plan.mentions if m.course is Course.NEW]
        assert len(new) == len(set(new))


def test_order_of_losses_holds_in_what_is_told(pack: Pack, clinical: list[Trajectory]) -> None:
    reached = 0
    for each in clinical:
        told: set[str] = set()
        for plan in each.plans:
            now = {m.term for m in plan.mentions if m.polarity is Polarity.AFFIRMED}
            for rule in pack.stages.order:
                if now & set(rule.then):
                    assert (told | now) & set(rule.first)
                    reached += 1
            told |= now
    assert reached > 10


def test_only_who_is_there_speaks(pack: Pack, clinical: list[Trajectory]) -> None:
    informant_label = pack.labels.informant_label
    for plan in _plans(clinical):
        for mention in plan.mentions:
            if mention.reporter is Reporter.INFORMANT:
                assert plan.informant is not None
            if informant_label in mention.labels:
                assert plan.informant is not None
                assert not plan.informant.is_professional
            if mention.polarity in (Polarity.NEGATED, Polarity.FAMILY):
                assert mention.labels == ()


def test_controls_have_no_disease(pack: Pack, controls: list[Trajectory], clinical: list[Trajectory]) -> None:
    assert len(controls) == len(clinical)
    assert not any(plan.medicines for plan in _plans(controls))
    best = pack.stages.stages[0].id
    last_year = [plan.stage for plan in _plans(controls) if plan.year_bin == 1]
    cases = [plan.stage for plan in _plans(clinical) if plan.year_bin == 1]
    assert np.mean([stage == best for stage in last_year]) > 0.3
    assert np.mean([stage == best for stage in cases]) < 0.15

    def told(found: list[Trajectory]) -> float:
        plans = [plan for plan in _plans(found) if plan.year_bin == 1]
        return float(np.mean([sum(m.polarity is Polarity.AFFIRMED for m in plan.mentions) for plan in plans]))

    assert told(clinical) > 1.5 * told(controls)
