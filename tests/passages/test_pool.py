import random
from typing import Any

import pytest

from dualalign.errors import PackError
from dualalign.packs.schema.lines import Line, When
from dualalign.passages import Gate, Pool, Scene

STAGES = {"early": 0, "mild": 1, "late": 2}


def scene(**changes: Any) -> Scene:
    given: dict[str, Any] = {
        "sex": "female",
        "age": 75,
        "stage": 1,
        "severity": 0.4,
        "setting": "clinic",
        "informant": True,
        "year": 2014,
        "seen_before": True,
        "tokens": frozenset({"cane"}),
        "values": {"he": "she"},
        "draw": random.Random(0).random,
        "style": "narrative",
        **changes,
    }
    return Scene(**given)


@pytest.mark.parametrize(
    ("when", "opens"),
    [
        ({"sex": "female"}, True),
        ({"sex": "male"}, False),
        ({"age_from": 75, "age_below": 76}, True),
        ({"age_below": 75}, False),
        ({"stage_from": "mild", "stage_to": "mild"}, True),
        ({"stage_from": "late"}, False),
        ({"stage_to": "early"}, False),
        ({"settings": ["clinic"]}, True),
        ({"settings": "ward"}, False),
        ({"not_settings": ["clinic"]}, False),
        ({"informant": False}, False),
        ({"has": ["cane"]}, True),
        ({"has": ["cane", "walker"]}, False),
        ({"without": ["cane"]}, False),
        ({"without": ["walker"]}, True),
        ({"year_from": 2015}, False),
        ({"year_to": 2014}, True),
        ({"seen_before": False}, False),
        ({"severe_from": 0.5}, False),
        ({"severe_to": 0.4}, True),
        ({"status": ["new"]}, False),
    ],
)
def test_a_gate_opens_where_the_scene_meets_it(when: dict[str, Any], opens: bool) -> None:
    assert Gate(When(**when), STAGES).opens(scene()) is opens


def test_a_stage_that_the_pack_does_not_have_never_comes() -> None:
    assert not Gate(When(stage_from="severe"), STAGES).opens(scene(stage=2))


def _pool(*lines: Line) -> Pool:
    return Pool(lines, STAGES, "test")


def test_nothing_is_said_twice_before_everything_was_said() -> None:
    pool = _pool(*(Line(say=f"line {i}") for i in range(6)))
    said: set[int] = set()
    texts = [pool.draw(scene(), said) for _ in range(6)]
    assert len({id(line) for line in texts}) == 6
    assert pool.draw(scene(), said) is not None


def test_a_line_waits_until_its_slots_have_values() -> None:
    pool = _pool(Line(say="{he} came with {informant}"))
    assert pool.draw(scene(), set()) is None
    line = pool.draw(scene(values={"he": "she", "informant": "her son"}), set())
    assert line is not None
    assert line.text(scene(values={"he": "she", "informant": "her son"})) == "she came with her son"


def test_what_is_there_is_not_denied() -> None:
    pool = _pool(Line(say="gait steady", denies=["gait"]))
    assert pool.draw(scene(), set(), {"gait"}) is None
    assert pool.draw(scene(), set(), {"sleep"}) is not None


def test_a_line_is_said_by_who_can_know_it() -> None:
    pool = _pool(Line(say="hums", by="informant"), Line(say="itches", by="patient"))
    for _ in range(20):
        informant, patient = (
            pool.draw_by("informant", scene(), set()),
            pool.draw_by("patient", scene(), set()),
        )
        assert informant is not None
        assert informant.text(scene()) == "hums"
        assert patient is not None
        assert patient.text(scene()) == "itches"


def test_a_line_that_follows_another_is_never_first() -> None:
    pool = _pool(Line(say="no fever with it", follows=True), Line(say="cough"))
    for _ in range(20):
        first = pool.draw(scene(), set())
        assert first is not None
        assert first.text(scene()) == "cough"
    following = pool.draw_next(scene(), set())
    assert following is not None
    assert following.text(scene()) == "no fever with it"


def test_a_line_of_another_style_or_beside_a_condition_is_left_out() -> None:
    pool = _pool(Line(say="a", style="telegraphic"), Line(say="b", blocked_by=["cane"]))
    assert pool.draw(scene(), set()) is None


def test_a_broken_line_is_refused_with_its_place() -> None:
    with pytest.raises(PackError, match=r"memory, told: 'a \[b': column 3"):
        Pool([Line(say="a [b")], STAGES, "memory, told")
