from datetime import timedelta

from dualalign.charts import PatientSimulator
from dualalign.packs import Pack
from dualalign.personas import sample_personas
from dualalign.trajectories import Polarity, Trajectory
from dualalign.trajectories.plan import Course, Reporter, Role


def test_a_patient_depends_on_persona_and_seed_alone(
    pack: Pack, simulator: PatientSimulator, patients: list[Trajectory]
) -> None:
    people = list(sample_personas(pack, len(patients), 6, "clinical"))
    for row in (17, 3):
        again = PatientSimulator(pack, "clinical").simulate(people[row], 6)
        assert again.plans == patients[row].plans
        assert again.chart == patients[row].chart


def test_every_mention_stands_in_one_place_of_the_agenda(patients: list[Trajectory]) -> None:
    for each in patients:
        for plan in each.plans:
            agenda = plan.agenda
            assert agenda is not None
            placed = [*agenda.denied, *agenda.absent, *agenda.past, *agenda.family]
            for item in agenda.items:
                placed += [*item.told, *item.seen, *item.assessed]
            assert sorted(placed) == list(range(len(plan.mentions)))


def test_roles_and_polarity_agree(patients: list[Trajectory]) -> None:
    polarity = {
        Role.DENIED: Polarity.NEGATED,
        Role.ABSENT: Polarity.NEGATED,
        Role.PAST: Polarity.HISTORICAL,
        Role.FAMILY: Polarity.FAMILY,
    }
    seen = set()
    for each in patients:
        for plan in each.plans:
            for mention in plan.mentions:
                assert mention.polarity == polarity.get(mention.role, Polarity.AFFIRMED)
                seen.add(mention.role)
                if mention.reporter is Reporter.INFORMANT:
                    assert plan.informant is not None
    assert seen == set(Role)


def test_what_was_told_and_lasts_is_never_denied_later(pack: Pack, patients: list[Trajectory]) -> None:
    terms = pack.lexicon.terms()
    thing = {term: each.same_as or term for term, each in terms.items()}
    for each in patients:
        lasting: set[str] = set()
        for plan in each.plans:
            for mention in plan.mentions:
                if mention.polarity is Polarity.NEGATED:
                    assert thing[mention.term] not in lasting
            lasting |= {
                thing[m.term]
                for m in plan.mentions
                if m.polarity is Polarity.AFFIRMED and terms[m.term].course == "persistent"
            }


def test_a_symptom_is_new_once(patients: list[Trajectory]) -> None:
    found = 0
    for each in patients:
        new: set[str] = set()
        for plan in each.plans:
            for mention in plan.mentions:
                if mention.course is Course.NEW:
                    assert mention.term not in new
                    new.add(mention.term)
                    found += 1
    assert found > 40


def test_the_assessment_restates_what_the_note_found(patients: list[Trajectory]) -> None:
    for each in patients:
        for plan in each.plans:
            agenda = plan.agenda
            assert agenda is not None
            for item in agenda.items:
                restated = {plan.mentions[i].term for i in item.assessed}
                found = {plan.mentions[i].term for i in (*item.told, *item.seen)}
                # A term that only a clinician names has no other place than the assessment.
                assert not restated or found or len(restated) == len(item.assessed)


def test_drugs_and_doses_come_from_the_closed_table(pack: Pack, patients: list[Trajectory]) -> None:
    table = {drug.id: drug for drug in pack.medicines.medicines}
    courses = 0
    for each in patients:
        chart = each.chart
        assert chart is not None
        allergies = {allergy.allergy_class for allergy in chart.allergies if allergy.allergy_class}
        for course in chart.medicines:
            drug = table[course.drug.id]
            courses += 1
            assert drug.approved <= course.start.year
            assert drug.sex in (None, each.persona.sex)
            assert not drug.allergy or drug.allergy not in allergies
            for change in course.changes:
                assert change.dose in (*drug.steps, *drug.short)
    assert courses > 100


def test_nobody_takes_one_drug_or_two_of_a_class_at_once(patients: list[Trajectory]) -> None:
    for each in patients:
        assert each.chart is not None
        for plan in each.plans[::7]:
            running = [c.drug for c in each.chart.medicines_on(plan.date) if not c.short]
            classes = [drug.drug_class for drug in running if drug.drug_class]
            assert len({drug.id for drug in running}) == len(running)
            assert len(set(classes)) == len(classes)


def test_devices_go_one_way(patients: list[Trajectory]) -> None:
    rank = {"cane": 1, "walker": 2, "wheelchair": 3}
    seen = set()
    for each in patients:
        last = 0
        for plan in each.plans:
            assert plan.agenda is not None
            now = max((rank[token] for token in rank if token in plan.agenda.tokens), default=0)
            assert now >= last
            last = now
            seen.add(now)
    assert {0, 1, 2} <= seen


def test_a_move_into_care_is_made_once_and_staff_speak_only_after_it(patients: list[Trajectory]) -> None:
    moved = 0
    for each in patients:
        chart = each.chart
        assert chart is not None
        for plan in each.plans:
            assert plan.agenda is not None
            at_home = chart.moved is None or plan.date < chart.moved
            assert (plan.place == "home") == at_home
            moved += not at_home
            if plan.informant is not None and plan.informant.is_professional:
                since = chart.moved or chart.aide_from
                assert since is not None
                assert since <= plan.date
    assert moved > 20


def test_an_ordered_panel_is_told_later_with_the_measured_values(
    pack: Pack, patients: list[Trajectory]
) -> None:
    told = 0
    names = [each.id for _, each in pack.measurements.each()]
    for each in patients:
        for plan in each.plans:
            assert plan.agenda is not None
            for result in plan.agenda.results:
                values = {
                    (names[m], value)
                    for visit, m, value in zip(
                        each.measured.visit, each.measured.measurement, each.measured.value, strict=True
                    )
                    if each.plans[visit].date == result.day
                }
                assert set(result.values.items()) <= values
                assert result.day == plan.date or plan.date - result.day > timedelta(days=3)
                told += 1
    assert told > 100


def test_what_was_seen_elsewhere_is_told_at_the_next_visit(patients: list[Trajectory]) -> None:
    told = 0
    for each in patients:
        last: dict[str, object] = {}
        for plan in each.plans:
            agenda = plan.agenda
            assert agenda is not None
            for event in agenda.events:
                assert event.day < plan.date
                assert event.setting != plan.note_type
                told += 1
            last[plan.note_type] = plan.date
            assert agenda.last_here is None or agenda.seen_before
    assert told > 100


def test_relatives_are_older_or_near_in_age_and_only_they_carry_the_family_history(
    pack: Pack, patients: list[Trajectory]
) -> None:
    affected = 0
    for each in patients:
        assert each.chart is not None
        has = each.persona.factors[pack.mentions.family_factor] == "yes"
        assert any(relative.affected for relative in each.chart.relatives) == has
        affected += has
        for relative in each.chart.relatives:
            if relative.relation in ("mother", "father"):
                assert 18 <= each.persona.birth_date.year - relative.born <= 41
            if relative.died is not None:
                assert relative.died > relative.born
            if relative.affected and relative.died is not None:
                assert relative.born + relative.affected_age <= relative.died
    assert affected > 5


def test_medicines_are_listed_as_they_are_when_the_visit_begins(patients: list[Trajectory]) -> None:
    raised = 0
    for each in patients:
        for plan in each.plans:
            assert plan.agenda is not None
            listed = {(drug, dose) for drug, dose, _ in plan.agenda.medicines}
            for item in plan.agenda.items:
                for step in item.medicines:
                    if step.action == "increase":
                        assert (step.drug, step.old_dose) in listed
                        assert (step.drug, step.dose) not in listed
                        raised += 1
    assert raised > 20


def test_an_order_is_given_once_a_visit(patients: list[Trajectory]) -> None:
    several = 0
    for each in patients:
        for plan in each.plans:
            assert plan.agenda is not None
            orders = [action.order for item in plan.agenda.items for action in item.actions if action.order]
            assert len(set(orders)) == len(orders)
            several += len(orders) > 1
    assert several > 20


def test_nothing_of_a_thread_is_denied_from_the_stage_that_loses_it(
    pack: Pack, simulator: PatientSimulator, patients: list[Trajectory]
) -> None:
    rank = {stage.id: place for place, stage in enumerate(pack.stages.stages)}
    book = simulator.book
    late = 0
    for each in patients:
        for plan in each.plans:
            for mention in plan.mentions:
                lost = book.threads[book.thread_of[mention.term]].lost_from
                if lost and rank[plan.stage] >= rank[lost]:
                    assert mention.polarity is not Polarity.NEGATED
                    late += 1
    assert late > 50


def test_a_problem_keeps_its_presentation_while_it_can_be_so(
    simulator: PatientSimulator, patients: list[Trajectory]
) -> None:
    presentations = simulator.book.presentations
    told, changed = 0, 0
    for each in patients:
        kept: dict[str, str] = {}
        for plan in each.plans:
            assert plan.agenda is not None
            for item in plan.agenda.items:
                if item.thread is None:
                    continue
                before = kept.get(item.id)
                told += before is not None
                changed += before not in (None, item.thread.presentation)
                if before not in (None, item.thread.presentation):
                    gate = presentations[before].gate  # type: ignore[index]
                    assert gate is not None
                kept[item.id] = item.thread.presentation
    assert told > 500
    assert changed < told / 10


def test_an_account_opens_with_a_symptom_and_counts_only_what_the_patient_has(
    pack: Pack, simulator: PatientSimulator, patients: list[Trajectory]
) -> None:
    lines, terms = simulator.book.lines, list(pack.lexicon.terms())
    for each in patients[:10]:
        for plan in each.plans:
            assert plan.agenda is not None
            for item in plan.agenda.items:
                if item.thread is None:
                    continue
                assert item.thread.told[0].mention >= 0
                for said in (*item.thread.told, *item.thread.seen, *item.thread.assessed):
                    if said.mention >= 0:
                        counted = plan.mentions[said.mention].term
                        assert counted in {terms[place] for place in lines[said.line].terms}


def test_scores_that_fell_make_what_they_measure_worse(patients: list[Trajectory], pack: Pack) -> None:
    screens = {each.id for each in pack.instruments.instruments if each.screens}
    fell = 0
    for each in patients:
        for plan in each.plans:
            agenda = plan.agenda
            assert agenda is not None
            lost = any(
                score.instrument in agenda.last_scores
                and agenda.last_scores[score.instrument][0] - score.value >= 3
                for score in plan.scores
                if score.instrument in screens
            )
            assert not lost or "score_fell" in agenda.tokens
            fell += lost
    assert fell > 5
