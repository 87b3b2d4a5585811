import pytest
from pydantic import ValidationError

from dualalign.errors import PackError
from dualalign.packs.schema.conditions import Condition
from dualalign.packs.schema.factors import Factor
from dualalign.packs.schema.joint import Joint
from dualalign.packs.schema.people import People
from dualalign.personas import sample_personas
from dualalign.personas.references import bad_references


def test_a_share_stands_for_no_and_yes():
    factor = Factor.model_validate({"id": "tbi", "name": "injury", "group": "medical", "share": 0.09})
    assert factor.levels == {"no": 0.91, "yes": 0.09}


def test_shares_must_sum_to_one():
    with pytest.raises(ValidationError, match=r"shares of 'diet' sum to 0\.9000"):
        Factor.model_validate({"id": "diet", "name": "d", "group": "g", "levels": {"poor": 0.5, "good": 0.4}})


def test_conditions_are_flat_and_take_an_unquoted_yes():
    condition = Condition.model_validate({"stroke": True, "marital": ["single", "widowed"], "age_from": 75})
    assert condition.factors == {"stroke": ("yes",), "marital": ("single", "widowed")}
    assert condition.age_from == 75


def test_impossible_correlations_are_refused():
    variable = {"constant": 0, "age": 0, "age_squared": 0, "female": 0}
    with pytest.raises(ValidationError, match="not those of any distribution"):
        Joint.model_validate(
            {
                "variables": dict.fromkeys("abc", variable),
                "correlations": {"a": [], "b": [0.9], "c": [0.9, -0.9]},
            }
        )


def test_the_packs_persona_files_fit_together(pack):
    assert list(bad_references(pack)) == []


def test_a_tag_asked_for_before_it_is_given_is_named(changed):
    people = People.model_validate({"tags": [{"id": "cooks", "chances": [{"when": {"tags": "drives"}}]}]})
    with pytest.raises(PackError, match=r"people\.yaml: tags\.0\.chances\.0\.when: the tag 'drives'"):
        sample_personas(changed(people=people), 5, 0)


def test_a_factor_drawn_too_late_to_be_asked_for_is_named(changed):
    def draw(factor, level, other, other_level):
        shift = {"when": {other: other_level}, "by": 1, "source": "dualalign", "evidence": "D"}
        return {
            "factor": factor,
            "source": "dualalign",
            "evidence": "D",
            "picks": [{"levels": level, "shifts": [shift]}],
        }

    joint = Joint.model_validate(
        {"factors": [draw("tbi", "yes", "stroke", "yes"), draw("stroke", "yes", "ptsd", "yes")]}
    )
    with pytest.raises(PackError, match="'stroke' is drawn no earlier than 'tbi'"):
        sample_personas(changed(joint=joint), 5, 0)


def test_a_pack_needs_no_joint_model_nor_people(changed):
    bare = changed(joint=Joint(), people=People())
    persona = sample_personas(bare, 5, 0, "clinical").persona(0)
    assert persona.tags == frozenset()
    assert persona.informants == ()
    assert persona.work == ""
