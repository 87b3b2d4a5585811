from collections import Counter

import numpy as np
import pytest

from dualalign.errors import PersonaError
from dualalign.personas import broken_rules, match_controls, sample_personas, target_shares


@pytest.fixture(scope="module")
def cases(pack):
    return sample_personas(pack, 400, 1, "clinical")


@pytest.fixture(scope="module")
def controls(cases, pack):
    return match_controls(cases, pack, 1_000, 1)


def test_controls_match_age_sex_and_index_date(cases, controls):
    patients = {persona.patient_id: persona for persona in cases}
    for control in controls:
        case = patients[control.matched_to]
        assert not control.is_case
        assert control.sex == case.sex
        assert abs(control.age_at_index - case.age_at_index) <= 1
        assert control.index_date == case.index_date


def test_every_case_has_as_many_controls_as_any_other_or_one_more(cases, controls):
    matched = Counter(control.matched_to for control in controls)
    assert len(matched) == len(cases)
    assert set(matched.values()) <= {2, 3}


def test_controls_have_rows_and_ids_of_their_own(cases, controls):
    assert [controls.persona(row).patient for row in (0, 999)] == [400, 1399]
    assert controls.persona(7).patient_id == "C000007"
    assert cases.persona(7).patient_id == "P000007"


def test_controls_meet_the_shares_of_people_without_the_disease_and_the_rules(cases, controls, pack):
    targets = target_shares(pack, "clinical", cases=False)
    for factor in set(targets) - {"age", "gender"}:
        for level, count in controls.counts(factor).items():
            assert abs(count - 1_000 * targets[factor][level]) <= 1
    assert not any(broken_rules(controls, pack).values())


def test_risk_factors_are_rarer_without_the_disease_by_their_relative_risk(pack):
    for_cases = target_shares(pack, "clinical")
    without = target_shares(pack, "clinical", cases=False)
    # Share among cases p x RR / (1 + p (RR - 1)) must give back the published share.
    for risk in pack.population.relative_risks:
        p = sum(without[risk.factor][level] for level in risk.levels)
        back = p * risk.ratio / (1 + p * (risk.ratio - 1))
        assert back == pytest.approx(sum(for_cases[risk.factor][level] for level in risk.levels))
    assert without["hypertension"]["yes"] == pytest.approx(0.569, abs=0.001)
    assert without["caregiver"]["none"] > 0.8


def test_carriers_are_rarer_without_the_disease(cases, controls):
    def carriers(table):
        return np.mean(["e4" in persona.apoe for persona in table])

    # About 26 % against 56 %; standard errors 1.4 and 2.5 points.
    assert carriers(controls) < carriers(cases) - 0.15


def test_controls_follow_the_seed_and_work_for_the_paper_profile_too(pack):
    table = sample_personas(pack, 50, 2, "paper")
    assert list(match_controls(table, pack, 70, 3)) == list(match_controls(table, pack, 70, 3))
    assert list(match_controls(table, pack, 70, 3)) != list(match_controls(table, pack, 70, 4))


def test_a_bad_number_of_controls_is_refused(cases, pack):
    with pytest.raises(PersonaError, match="0 controls were asked for - ask for"):
        match_controls(cases, pack, 0, 1)
