import random
from dataclasses import replace
from datetime import date

import pytest

from dualalign.charts import PatientSimulator
from dualalign.charts.chart import Allergy, Chart
from dualalign.charts.formulary import Formulary, change_step, stop
from dualalign.charts.illnesses import IllnessDrawer
from dualalign.packs import Pack
from dualalign.personas import sample_personas
from dualalign.personas.persona import Persona

DAY = date(2014, 5, 1)


@pytest.fixture
def formulary(pack: Pack) -> Formulary:
    return Formulary(pack)


@pytest.fixture
def persona(pack: Pack) -> Persona:
    return next(iter(sample_personas(pack, 1, 0)))


@pytest.fixture
def chart(pack: Pack, simulator: PatientSimulator, persona: Persona) -> Chart:
    chart = simulator.simulate(persona, 0).chart
    assert chart is not None
    return replace(chart, medicines=[], conditions=[], allergies=())


def test_a_drug_is_not_given_before_its_approval_nor_against_an_allergy(
    formulary: Formulary, chart: Chart, persona: Persona
) -> None:
    apixaban, lisinopril = formulary.drugs["apixaban"], formulary.drugs["lisinopril"]
    assert not formulary.allowed(apixaban, chart, persona, date(2011, 1, 1))
    assert formulary.allowed(apixaban, chart, persona, DAY)
    assert formulary.allowed(lisinopril, chart, persona, DAY)
    allergic = replace(chart, allergies=(Allergy("lisinopril", "ace", "cough"),))
    assert not formulary.allowed(lisinopril, allergic, persona, DAY)


def test_nothing_is_given_beside_what_it_must_not_meet(
    formulary: Formulary, chart: Chart, persona: Persona
) -> None:
    course = formulary.start(chart, formulary.drugs["lisinopril"], "hypertension", DAY)
    assert not formulary.allowed(formulary.drugs["losartan"], chart, persona, DAY)
    assert not formulary.allowed(formulary.drugs["lisinopril"], chart, persona, DAY)
    stop(course, DAY, "dry cough")
    assert formulary.allowed(formulary.drugs["losartan"], chart, persona, DAY)
    assert not formulary.allowed(formulary.drugs["lisinopril"], chart, persona, DAY)


def test_doses_move_along_the_steps_and_stop_at_their_ends(formulary: Formulary, chart: Chart) -> None:
    course = formulary.start(chart, formulary.drugs["lisinopril"], "hypertension", DAY)
    seen = [course.dose]
    for _ in range(6):
        change_step(course, 1, DAY)
        seen.append(course.dose)
    assert seen[:4] == course.drug.steps
    assert set(seen) == set(course.drug.steps)
    change_step(course, -9, DAY)
    assert course.dose == course.drug.steps[0]


def test_a_short_course_ends_by_itself(formulary: Formulary, chart: Chart, persona: Persona) -> None:
    course = formulary.short_course(chart, ["nothing", "cephalexin"], persona, DAY, random.Random(0))
    assert course is not None
    assert course.dose in formulary.drugs["cephalexin"].short
    assert course.on(DAY)
    assert not course.on(date(2014, 7, 1))


def test_a_condition_found_stops_what_harms_it_and_begins_its_first_drug(
    formulary: Formulary, chart: Chart, persona: Persona, pack: Pack
) -> None:
    harmful = formulary.start(chart, formulary.drugs["ibuprofen"], "low_back_pain", date(2013, 1, 1))
    kept = formulary.start(chart, formulary.drugs["levothyroxine"], "hypothyroidism", date(2013, 1, 1))
    found = IllnessDrawer(pack).newly("peptic_ulcer_history", DAY, random.Random(1))
    assert found is not None
    assert "peptic_ulcer_history" in harmful.drug.avoid_with
    spec = found.spec.model_copy(update={"treated": 1.0})
    formulary.treat(chart, replace(found, spec=spec), persona, DAY, random.Random(1))
    assert harmful.stop == DAY
    assert kept.stop is None
    begun = [each for each in chart.medicines if each.indication == "peptic_ulcer_history"]
    assert [each.drug.id in found.spec.ladder[0] for each in begun] == [True]
