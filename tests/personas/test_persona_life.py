import pytest

from dualalign.personas import sample_personas

KNOWN_TAGS = {
    "female",
    "male",
    "manual_work",
    "office_work",
    "professional_work",
    "homemaker",
    "unemployed",
    "working",
    "retired",
    "married",
    "widowed",
    "divorced",
    "single",
    "lives_alone",
    "has_children",
    "has_grandchildren",
    "drives",
    "rural",
    "urban",
    "suburban",
    "homeless",
    "facility",
    "veteran",
    "low_income",
    "high_income",
    "low_education",
    "spanish_speaking",
    "religious",
    "has_garden",
    "has_pet",
    "plays_cards",
    "plays_music",
    "uses_computer",
    "cooks",
}
MARITAL = {"married", "widowed", "divorced", "single"}
CHILDREN = {"daughter", "son", "daughter-in-law", "son-in-law"}
GRANDCHILDREN = {"granddaughter", "grandson"}


@pytest.fixture(scope="module")
def people(pack):
    return [*sample_personas(pack, 2_500, 1, "clinical"), *sample_personas(pack, 2_500, 1, "paper")]


def test_tags_are_those_that_phrases_know_and_all_of_them_occur(people):
    assert {tag for persona in people for tag in persona.tags} == KNOWN_TAGS


def test_tags_agree_with_factors_and_with_one_another(people):
    for persona in people:
        tags, factors = persona.tags, persona.factors
        assert tags & MARITAL == {factors["marital"]}
        assert ("retired" in tags) == (factors["occupation"] == "retired")
        assert ("homeless" in tags) == (factors["housing"] == "homeless")
        assert len(tags & {"manual_work", "office_work", "professional_work", "homemaker"}) == 1
        assert not {"has_grandchildren"} <= tags or "has_children" in tags
        assert not {"lives_alone", "married"} <= tags
        assert not {"lives_alone", "facility"} <= tags
        assert not {"working", "facility"} <= tags
        assert not {"homeless", "has_garden"} <= tags
        assert "drives" not in tags or factors["vision_loss"] != "severe"
        assert "veteran" in tags or factors["combat_exposure"] == "no"


def test_everybody_had_work_that_fits_its_kind(people, pack):
    for persona in people:
        kind = next(iter(persona.tags & set(pack.jobs.kinds)))
        jobs = pack.jobs.kinds[kind]
        assert persona.work in {*jobs.any, *jobs.female, *jobs.male}
        if persona.factors["occupation"] == "professional":
            assert kind == "professional_work"
        if persona.factors["education"] in ("none", "primary"):
            assert kind in ("manual_work", "homemaker")


def test_informants_fit_the_family(people):
    for persona in people:
        relations = {informant.relation for informant in persona.informants}
        spouses = relations & {"wife", "husband", "spouse"}
        assert not spouses or persona.factors["marital"] == "married"
        assert spouses <= {{"female": "husband", "male": "wife", "nonbinary": "spouse"}[persona.sex]}
        if relations & CHILDREN:
            assert "has_children" in persona.tags
        if relations & GRANDCHILDREN:
            assert "has_grandchildren" in persona.tags
        if persona.factors["caregiver"] == "family":
            assert persona.informants
            assert not persona.informants[0].is_professional
        if persona.factors["caregiver"] == "professional":
            assert persona.informants[0].is_professional
        else:
            assert not any(informant.is_professional for informant in persona.informants)
        if "homeless" in persona.tags:
            assert not relations & {"home aide", "home health aide", "visiting nurse", "neighbor"}


def test_names_are_first_names_of_the_right_era(people, pack):
    names = [
        (era, name) for group in pack.names.groups for era in group.eras for name in (*era.female, *era.male)
    ]
    every = {name for _, name in names}
    for persona in people:
        given = [informant.name for informant in persona.informants]
        assert set(given) <= every
        assert len(set(given)) == len(given)
        for informant in persona.informants:
            if informant.relation in ("wife", "husband"):
                earliest = min(era.first for era, name in names if name == informant.name)
                # A spouse is at most six years younger.
                assert persona.birth_date.year + 8 >= earliest


def test_wives_bear_female_names_and_sons_male_ones(people, pack):
    female = {name for group in pack.names.groups for era in group.eras for name in era.female}
    male = {name for group in pack.names.groups for era in group.eras for name in era.male}
    for persona in people:
        for informant in persona.informants:
            if informant.relation in ("wife", "daughter", "sister", "niece"):
                assert informant.name in female
            if informant.relation in ("husband", "son", "brother", "nephew"):
                assert informant.name in male


def test_genotypes_of_white_patients_have_the_published_carrier_share(people):
    white = [
        persona.apoe
        for persona in people
        if persona.factors["race"] == "white" and persona.factors["ethnicity"] == "not_hispanic"
    ]
    carriers = sum("e4" in genotype for genotype in white) / len(white)
    # White frequencies x Farrer's odds ratios: 59 % carriers and 16 % e4/e4; about 2,300 people, three standard errors.
    assert carriers == pytest.approx(0.59, abs=0.03)
    assert sum(genotype == "e4/e4" for genotype in white) / len(white) == pytest.approx(0.16, abs=0.025)
