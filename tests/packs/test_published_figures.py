"""The shipped pack holds the published tables, number by number.

Source of every figure here: Li, Wang, Yu, DualAlign, Findings of ACL 2026, tables 5 to 7 and appendix A.1.
"""

from __future__ import annotations

import pytest

from dualalign.packs import Pack

TABLE_5 = {
    "primary_care": [2.54, 2.59, 2.95, 5.01],
    "neurology": [0.31, 0.74, 1.18, 2.51],
    "memory_clinic": [0.31, 0.74, 1.18, 2.51],
    "neuropsychology": [0.31, 0.74, 1.18, 2.51],
    "geriatrics": [1.02, 0.74, 0.59, 1.67],
    "psychiatry": [0.51, 0.74, 0.89, 1.67],
    "emergency": [1.02, 1.11, 1.18, 2.51],
    "home_visit": [0.00, 0.00, 0.59, 1.67],
}
TABLE_6 = {
    10: 2.745,
    9: 2.874,
    8: 2.993,
    7: 3.101,
    6: 3.272,
    5: 3.384,
    4: 3.508,
    3: 3.678,
    2: 3.829,
    1: 4.160,
}
TABLE_7 = {
    "speech_language": 2.746,
    "memory": 1.000,
    "learning_perception": 1.733,
    "assistance": 1.531,
    "physiological": 8.766,
    "neuropsychiatric": 4.399,
}
STAGES = {
    10: "early_prodromal",
    9: "early_prodromal",
    8: "early_prodromal",
    7: "early_prodromal",
    6: "mci",
    5: "mci",
    4: "mild",
    3: "mild",
    2: "moderate",
    1: "moderate",
}

PERCENT_YES = {
    "family_history": 28,
    "hypertension": 68,
    "diabetes": 34,
    "cardiovascular": 45,
    "obesity": 41,
    "stroke": 18,
    "autoimmune": 12,
    "tbi": 9,
    "epilepsy": 4,
    "chronic_inflammation": 27,
    "ptsd": 11,
    "chronic_pain": 39,
    "acute_pain": 25,
    "physical_disability": 33,
    "cognitive_disability": 28,
    "substance_abuse": 17,
    "air_pollution": 35,
    "physical_abuse": 7,
    "emotional_abuse": 15,
    "sexual_abuse": 4,
    "combat_exposure": 6,
    "discrimination": 22,
    "legal_problems": 9,
    "cultural_stigma": 31,
    "internalised_shame": 19,
    "childhood_trauma": 13,
    "undocumented": 4,
}
PERCENT = {
    "age": {"under_65": 8, "65_to_74": 22, "75_to_84": 45, "85_and_over": 25},
    "gender": {"male": 42, "female": 56, "nonbinary": 2},
    "race": {
        "white": 58,
        "black": 22,
        "asian": 8,
        "american_indian": 0.5,
        "pacific_islander": 0.5,
        "multiracial": 6,
        "other": 5,
    },
    "ethnicity": {"hispanic": 15, "not_hispanic": 80, "unknown": 5},
    "location": {"urban": 55, "suburban": 30, "rural": 15},
    "education": {"none": 3, "primary": 25, "secondary": 45, "college": 20, "postgraduate": 7},
    "income": {"low": 38, "middle": 55, "high": 7},
    "occupation": {"retired": 65, "manual": 20, "professional": 10, "unemployed": 5},
    "insurance": {"none": 5, "public": 75, "private": 20},
    "health_literacy": {"low": 35, "moderate": 50, "high": 15},
    "housing": {"stable": 82, "unstable": 15, "homeless": 3},
    "depression": {"none": 55, "diagnosed": 22, "undiagnosed": 15, "untreated": 8},
    "anxiety": {"none": 63, "diagnosed": 18, "undiagnosed": 12, "untreated": 7},
    "bipolar": {"none": 93, "diagnosed": 4, "undiagnosed": 2, "untreated": 1},
    "schizophrenia": {"none": 95.5, "diagnosed": 3, "undiagnosed": 1, "untreated": 0.5},
    "hearing_loss": {"none": 45, "mild": 35, "moderate": 15, "severe": 5},
    "vision_loss": {"none": 50, "mild": 30, "moderate": 15, "severe": 5},
    "diet": {"balanced": 48, "poor": 52},
    "smoking": {"never": 45, "former": 35, "current": 20},
    "alcohol": {"none": 40, "moderate": 50, "heavy": 10},
    "activity": {"sedentary": 55, "moderate": 35, "active": 10},
    "sleep": {"regular": 60, "irregular": 40},
    "social_engagement": {"high": 35, "moderate": 45, "isolated": 20},
    "marital": {"single": 15, "married": 50, "divorced": 25, "widowed": 10},
    "caregiver": {"family": 65, "professional": 25, "none": 10},
    "stress": {"low": 25, "moderate": 50, "high": 25},
    "proximity": {"easy": 60, "limited": 30, "hard": 10},
    "public_transport": {"easy": 55, "limited": 30, "none": 15},
    "language": {"english": 82, "spanish": 12, "other": 6},
}
PERCENT |= {factor: {"no": 100 - percent, "yes": percent} for factor, percent in PERCENT_YES.items()}


def test_notes_per_patient_by_type_and_window_are_table_5(alzheimers: Pack) -> None:
    visits = alzheimers.visits
    assert [(w.from_year, w.to_year) for w in visits.windows] == [(10, 7), (6, 4), (3, 2), (1, 1)]
    assert {kind.id: kind.rates for kind in visits.types} == TABLE_5


def test_the_lookup_of_a_rate_by_year_follows_the_windows(alzheimers: Pack) -> None:
    visits = alzheimers.visits
    for kind, rates in TABLE_5.items():
        by_year = [visits.rate(kind, year) for year in range(10, 0, -1)]
        assert by_year == [rates[0]] * 4 + [rates[1]] * 3 + [rates[2]] * 2 + [rates[3]]
        assert visits.rate(kind, 11) == 0.0


def test_ten_years_add_up_to_the_notes_that_the_table_implies(alzheimers: Pack) -> None:
    """4 x 6.02 + 3 x 7.40 + 2 x 9.74 + 20.06 notes, 85.8; the paper's median of 106 needs 1.24 times as many."""
    rates = alzheimers.visits.rate
    total = sum(rates(kind.id, year) for kind in alzheimers.visits.types for year in range(1, 11))
    assert total == pytest.approx(85.82)
    assert alzheimers.profiles.profile("paper").visit_intensity == 1.24
    assert alzheimers.profiles.profile("paper").visit_intensity * total == pytest.approx(106, abs=0.5)


def test_mentions_per_note_are_table_6(alzheimers: Pack) -> None:
    assert alzheimers.mentions.per_note == TABLE_6
    assert alzheimers.profiles.profile("paper").mention_density == 5.0


def test_sparse_records_are_as_unequal_as_claims_and_as_sparse_as_the_table(alzheimers: Pack) -> None:
    """Physician visits in the year of the first dementia code: mean 10.1, SD 9.0 (PMC7825250, table 1)."""
    sparse = alzheimers.profiles.profile("sparse")
    assert sparse.mention_density == 1.0
    assert sparse.visit_shape == pytest.approx(10.1**2 / (9.0**2 - 10.1), abs=0.005)
    assert alzheimers.profiles.profile("paper").visit_shape is None


def test_domain_ratios_are_table_7(alzheimers: Pack) -> None:
    assert alzheimers.mentions.domain_ratios == TABLE_7
    shares = alzheimers.mentions.domain_shares()
    assert sum(shares.values()) == pytest.approx(1.0)
    assert shares["physiological"] / shares["memory"] == pytest.approx(8.766)


def test_the_stage_of_each_year_is_the_published_map(alzheimers: Pack) -> None:
    assert alzheimers.stages.year_to_stage == STAGES
    assert [stage.id for stage in alzheimers.stages.stages] == list(dict.fromkeys(STAGES.values()))
    assert alzheimers.profiles.profile("paper").latent_course == "published_map"
    assert alzheimers.profiles.profile("paper").persona_mode == "independent"
    assert alzheimers.profiles.profile("paper").age_at_diagnosis == "table"


def test_every_prevalence_is_that_of_appendix_a1(alzheimers: Pack) -> None:
    assert len(PERCENT) == 56
    published = {factor: pytest.approx(levels) for factor, levels in PERCENT.items()}
    held = {
        f.id: {level: 100 * share for level, share in f.levels.items()} for f in alzheimers.factors.factors
    }
    assert held == published


def test_what_is_published_says_so(alzheimers: Pack) -> None:
    for part in (alzheimers.factors, alzheimers.visits, alzheimers.mentions, alzheimers.stages):
        assert (part.source, part.evidence) == ("dualalign_paper", "P")
    assert "2509.10538" in alzheimers.sources["dualalign_paper"].link


def test_index_dates_are_those_of_the_source_cohort(alzheimers: Pack) -> None:
    dates = alzheimers.population.index_dates
    assert (dates.first.isoformat(), dates.last.isoformat()) == ("2015-10-01", "2022-09-30")
