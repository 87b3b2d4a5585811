from dualalign.packs.pack import Pack
from dualalign.personas.conditions import person_meets
from dualalign.trajectories import Trajectory
from dualalign.trajectories.plan import Polarity


def test_a_fact_fits_the_persona_and_lasts(pack: Pack, clinical: list[Trajectory]) -> None:
    facts = {fact.id: fact for fact in pack.facts.facts}
    seen: set[str] = set()
    for each in clinical:
        persona = each.persona
        before: set[str] = set()
        for plan in each.plans:
            for fact in plan.facts:
                assert person_meets(
                    facts[fact].when, persona.factors, persona.age_at_index, persona.tags, persona.work or ""
                )
            gone = before - set(plan.facts)
            assert all(facts[fact].until in plan.facts for fact in gone)
            before = set(plan.facts)
            seen |= before
    assert len(seen) > 15


def test_a_fact_of_a_stage_waits_for_it(pack: Pack, clinical: list[Trajectory]) -> None:
    rank = {stage.id: place for place, stage in enumerate(pack.stages.stages)}
    facts = {fact.id: fact for fact in pack.facts.facts}
    for each in clinical:
        for plan in each.plans:
            for fact in plan.facts:
                wanted = facts[fact].from_stage
                assert wanted is None or rank[plan.stage] >= rank[wanted]


def test_what_a_fact_says_is_not_denied(pack: Pack, clinical: list[Trajectory]) -> None:
    facts = {fact.id: fact for fact in pack.facts.facts}
    checked = 0
    for each in clinical:
        for plan in each.plans:
            lasting = {term for fact in plan.facts for term in facts[fact].terms}
            denied = {m.term for m in plan.mentions if m.polarity is Polarity.NEGATED}
            assert not lasting & denied
            checked += bool(lasting)
    assert checked > 1000


def test_controls_have_no_fact_of_the_disease(pack: Pack, controls: list[Trajectory]) -> None:
    of_disease = {fact.id for fact in pack.facts.facts if fact.cases_only}
    assert of_disease
    assert not any(of_disease & set(plan.facts) for each in controls for plan in each.plans)
