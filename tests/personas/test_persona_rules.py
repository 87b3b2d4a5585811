import numpy as np
import pytest

from dualalign.errors import PackError, PersonaError
from dualalign.packs.schema.persona_rules import PersonaRules
from dualalign.personas import broken_rules, sample_personas, target_shares
from dualalign.personas.exchange import Exchange


def rules(*each):
    return PersonaRules.model_validate({"rules": list(each)})


def rule(rule_id, exchange, **never):
    return {"id": rule_id, "why": "for the test", "never": never, "exchange": exchange}


@pytest.mark.parametrize(
    "rule_id",
    [
        "married_without_caregiver",
        "homeless_with_aide",
        "retired_before_50",
        "employed_at_85",
        "early_onset_on_medicare",
        "literate_without_schooling",
        "undocumented_on_public_insurance",
        "professional_without_schooling",
        "heavy_drinking_unmarked",
        "deaf_and_blind",
        "combat_of_older_women",
    ],
)
def test_rules_that_the_pack_must_have(pack, rule_id):
    assert rule_id in {each.id for each in pack.persona_rules.rules}


@pytest.mark.parametrize("profile", ["paper", "clinical"])
def test_rules_would_be_broken_often_without_mending_and_never_are(pack, changed, profile):
    free = sample_personas(changed(persona_rules=PersonaRules()), 20_000, 1, profile)
    kept = sample_personas(pack, 20_000, 1, profile)
    unmended = broken_rules(free, pack)
    assert sum(count > 0 for count in unmended.values()) > 20
    assert not any(broken_rules(kept, pack).values())
    assert unmended["married_without_caregiver"] > 0


def test_the_checker_sees_a_rule_broken_by_hand(pack):
    table = sample_personas(pack, 200, 1, "paper")
    oldest = int(table.ages.argmax())
    table.codes["occupation"][oldest] = table.levels["occupation"].index("manual")
    assert broken_rules(table, pack)["employed_at_85"] == 1


def test_the_checker_counts_as_a_plain_loop_does(pack, changed):
    table = sample_personas(changed(persona_rules=PersonaRules()), 400, 1, "paper")
    counted = {each.id: 0 for each in pack.persona_rules.rules}
    for persona in table:
        for each in pack.persona_rules.rules:
            if (
                all(persona.factors[factor] in levels for factor, levels in each.never.factors.items())
                and persona.age_at_index >= (each.never.age_from or 0)
                and persona.age_at_index < (each.never.age_below or 999)
            ):
                counted[each.id] += 1
    assert broken_rules(table, pack) == counted


def test_mending_leaves_every_count_as_it_was(pack, changed):
    free = sample_personas(changed(persona_rules=PersonaRules()), 5_000, 1, "paper")
    kept = sample_personas(pack, 5_000, 1, "paper")
    assert all(free.counts(factor) == kept.counts(factor) for factor in free.codes)


def test_rules_that_shares_cannot_meet_are_named(changed):
    # Half are married and 65 % have family care: they must overlap.
    impossible = changed(
        persona_rules=rules(rule("no_family", "caregiver", marital="married", caregiver="family"))
    )
    with pytest.raises(
        PersonaError, match=r"persona rule 'no_family' is broken by \d+ of 1000 people.*factors\.yaml"
    ):
        sample_personas(impossible, 1_000, 0, "paper")


def test_a_forbidden_sex_is_unsatisfiable(changed):
    nobody = changed(persona_rules=rules(rule("no_women", "gender", gender="female")))
    with pytest.raises(PersonaError, match="no_women"):
        sample_personas(nobody, 100, 0, "paper")


def test_tight_rules_are_met_to_the_last_person(changed, pack):
    # Exactly the 15 % single and the 25 % divorced can take the 40 % low earners who may be neither married nor widowed.
    tight = changed(
        persona_rules=rules(rule("low_is_unmarried", "income", income="low", marital=["married", "widowed"]))
    )
    table = sample_personas(tight, 2_000, 0, "paper")
    assert not any(broken_rules(table, tight).values())
    assert table.counts("income")["low"] == 760
    assert table.counts("marital") == {"single": 300, "married": 1000, "divorced": 500, "widowed": 200}


def test_a_chain_is_found_where_no_pair_can_exchange():
    # Person 0 may only have b, person 1 may only have b or c, person 2 only c or a: no two can swap, three can rotate.
    levels = {"kind": ("a", "b", "c"), "mark": ("x", "y", "z")}
    columns = {"kind": np.array([0, 1, 2], dtype=np.int8), "mark": np.array([0, 1, 2], dtype=np.int8)}
    each = rules(
        rule("x_needs_b", "kind", mark="x", kind=["a", "c"]),
        rule("y_not_a", "kind", mark="y", kind="a"),
        rule("z_not_b", "kind", mark="z", kind="b"),
    ).rules
    shares = {"kind": dict.fromkeys("abc", 1 / 3), "mark": dict.fromkeys("xyz", 1 / 3)}
    ages = np.array([80, 80, 80], dtype=np.int16)
    Exchange(each, columns, ages, levels, shares, frozenset({"mark"})).mend(np.random.default_rng(0))
    assert columns["kind"].tolist() == [1, 2, 0]
    assert columns["mark"].tolist() == [0, 1, 2]


def test_rules_of_the_disease_spare_people_without_it(pack):
    spared = {each.id for each in pack.persona_rules.rules} - {
        each.id for each in pack.persona_rules.applying(cases=False)
    }
    assert spared == {"married_without_caregiver"}


def test_an_unknown_level_in_a_rule_is_refused_with_its_place(changed):
    wrong = changed(persona_rules=rules(rule("typo", "marital", marital="maried")))
    with pytest.raises(
        PackError, match=r"persona_rules\.yaml: rules\.0\.never\.marital: 'maried' is no level"
    ):
        sample_personas(wrong, 10, 0)


def test_rules_may_not_speak_of_tags_nor_exchange_what_they_do_not_name():
    with pytest.raises(ValueError, match="must be one of the factors"):
        rules(rule("odd", "income", marital="married"))
    with pytest.raises(ValueError, match="not of tags"):
        rules(rule("odd", "marital", marital="married", tags="drives"))


def test_targets_hold_where_rules_bind_hardest(pack):
    table = sample_personas(pack, 37, 11, "paper")
    targets = target_shares(pack, "paper")
    for factor in ("insurance", "undocumented", "caregiver", "occupation"):
        for level, count in table.counts(factor).items():
            assert abs(count - 37 * targets[factor][level]) <= 1
