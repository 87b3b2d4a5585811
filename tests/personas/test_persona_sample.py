import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualalign.errors import PackError, PersonaError
from dualalign.packs import load_pack
from dualalign.personas import broken_rules, sample_personas, target_shares

PROFILES = ("paper", "clinical")


def furthest_count(table, targets):
    return max(
        abs(count - len(table) * targets[factor][level])
        for factor in targets
        for level, count in table.counts(factor).items()
    )


@pytest.mark.parametrize("profile", PROFILES)
def test_at_100_patients_every_count_is_within_1_of_its_share(pack, profile):
    for seed in range(5):
        table = sample_personas(pack, 100, seed, profile)
        assert furthest_count(table, target_shares(pack, profile)) <= 1
        assert not any(broken_rules(table, pack).values())


def test_the_paper_profile_aims_at_the_published_shares_unchanged(pack):
    targets = target_shares(pack, "paper")
    assert targets["age"] == {"under_65": 0.08, "65_to_74": 0.22, "75_to_84": 0.45, "85_and_over": 0.25}
    assert targets["gender"] == {"male": 0.42, "female": 0.56, "nonbinary": 0.02}
    assert targets["stroke"]["yes"] == 0.18
    assert targets["schizophrenia"] == {
        "none": 0.955,
        "diagnosed": 0.03,
        "undiagnosed": 0.01,
        "untreated": 0.005,
    }


@pytest.mark.parametrize("profile", PROFILES)
@settings(max_examples=40, deadline=None)
@given(n=st.integers(1, 90), seed=st.integers(0, 10_000))
def test_any_small_number_of_patients_breaks_no_rule_and_stays_near_its_shares(profile, n, seed):
    pack = load_pack("alzheimers")
    table = sample_personas(pack, n, seed, profile)
    assert not any(broken_rules(table, pack).values())
    assert furthest_count(table, target_shares(pack, profile)) <= 1 + 1e-6


@pytest.mark.parametrize("profile", PROFILES)
def test_at_20000_marginals_are_within_a_fifth_of_a_point(pack, profile):
    table = sample_personas(pack, 20_000, 1, profile)
    assert furthest_count(table, target_shares(pack, profile)) / len(table) < 0.002


def test_claims_give_age_and_sex_at_diagnosis(pack):
    table = sample_personas(pack, 20_000, 2, "clinical")
    assert table.ages.mean() == pytest.approx(80.4, abs=0.05)
    assert table.ages.std() == pytest.approx(7.8, abs=0.05)
    assert table.has("gender", "female").mean() == pytest.approx(0.662, abs=1e-4)


def test_older_people_within_the_last_band_are_rarer(pack):
    ages = sample_personas(pack, 5_000, 2, "paper").ages
    assert (ages == 86).sum() > (ages == 92).sum() > (ages == 99).sum()


def test_joint_factors_follow_age_and_sex_and_independent_ones_do_not(pack):
    def gap(profile):
        table = sample_personas(pack, 20_000, 3, profile)
        women = table.has("gender", "female")
        isolated = table.has("social_engagement", "isolated")
        return isolated[women].mean() - isolated[~women].mean()

    # Survey term 0.52 probit at a share of 20 %: about 13 points; standard error 0.6.
    assert gap("clinical") == pytest.approx(0.13, abs=0.03)
    assert abs(gap("paper")) < 0.02


def test_origin_goes_with_education_as_in_the_survey(pack):
    table = sample_personas(pack, 40_000, 3, "clinical")
    low = table.has("education", "none", "primary")
    hispanic = table.has("ethnicity", "hispanic")
    assert low[hispanic].mean() > 1.7 * low[~hispanic].mean()
    obese = table.has("obesity", "yes")
    assert obese[table.has("race", "asian")].mean() < 0.6 * obese.mean()


def test_same_seed_same_table_and_another_seed_another(pack):
    one, same, other = (sample_personas(pack, 300, seed) for seed in (4, 4, 5))
    assert all((one.codes[factor] == same.codes[factor]).all() for factor in one.codes)
    assert (one.ages == same.ages).all()
    assert (one.index_dates == same.index_dates).all()
    assert list(one) == list(same)
    assert any((one.codes[factor] != other.codes[factor]).any() for factor in one.codes)


def test_a_persona_does_not_depend_on_who_was_asked_for_before(pack):
    forward = list(sample_personas(pack, 60, 6))
    table = sample_personas(pack, 60, 6)
    backward = [table.persona(row) for row in reversed(range(60))]
    assert forward == backward[::-1]


def test_dates_agree_with_age_and_calendar(pack):
    dates = pack.population.index_dates
    for persona in sample_personas(pack, 1500, 7):
        born, at = persona.birth_date, persona.index_date
        assert dates.first <= at <= dates.last
        assert at.year - born.year - ((at.month, at.day) < (born.month, born.day)) == persona.age_at_index


def test_ids_are_rows_and_every_factor_has_a_level(pack):
    table = sample_personas(pack, 12, 8)
    assert [persona.patient_id for persona in table] == [f"P{row:06d}" for row in range(12)]
    assert list(table.persona(3).factors) == pack.factors.ids()
    assert len(table) == 12


@pytest.mark.parametrize("n", [0, -1])
def test_a_bad_number_is_refused_with_a_remedy(pack, n):
    with pytest.raises(
        PersonaError, match=rf"{n} patients were asked for - ask for a whole number of at least 1"
    ):
        sample_personas(pack, n, 0)


def test_a_negative_seed_a_missing_row_and_an_unknown_profile_are_refused(pack):
    with pytest.raises(PersonaError, match="seed is -2"):
        sample_personas(pack, 5, -2)
    with pytest.raises(PersonaError, match="no persona 5 in a table of 5"):
        sample_personas(pack, 5, 0).persona(5)
    with pytest.raises(PackError, match="no profile is named 'rough'"):
        sample_personas(pack, 5, 0, "rough")


@pytest.mark.slow
@pytest.mark.parametrize("profile", PROFILES)
def test_a_million_personas_break_no_rule_and_take_under_30_seconds(pack, profile):
    started = time.perf_counter()
    table = sample_personas(pack, 1_000_000, 0, profile)
    assert time.perf_counter() - started < 30
    assert not any(broken_rules(table, pack).values())
    assert furthest_count(table, target_shares(pack, profile)) <= 1 + 1e-6


def test_targets_sum_to_one_for_patients_and_controls(pack):
    for profile in PROFILES:
        for cases in (True, False):
            for levels in target_shares(pack, profile, cases).values():
                assert math.isclose(sum(levels.values()), 1, abs_tol=1e-9)


def test_columns_are_small(pack):
    table = sample_personas(pack, 1000, 0)
    assert all(codes.dtype == np.int8 for codes in table.codes.values())
