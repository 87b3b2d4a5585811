from datetime import date
from xml.etree import ElementTree

import matplotlib
import pytest

from dualalign.report.figures import (
    PatientLine,
    dots_by_kind,
    grid_of_ratios,
    line_against_target,
    patient_timeline,
    stacked_bars,
)

SVG = "{http://www.w3.org/2000/svg}"
LINE = PatientLine(
    "P000001, woman, 81 at diagnosis",
    [(9.5, "primary_care", "early"), (0.4, "neurology", "late")],
    {"MMSE": [(9.5, 29.0), (0.4, 19.0)]},
    {"MMSE": 30.0},
    [(0.4, "recall"), (9.5, "apathy")],
    date(2019, 5, 2),
)
DRAWN = {
    "dots": lambda: dots_by_kind("Dots & <rings>", ["a & <b>"], {"measured": [20.0], "target": [25.0]}, "%"),
    "line": lambda: line_against_target("Line & <x>", [3, 2, 1], [1.0, 2.0, 3.0], [1.0, 2.5, 3.0], "x", "y"),
    "grid": lambda: grid_of_ratios("Grid & <x>", ["row"], ["one", "two"], [[1.13, None]]),
    "bars": lambda: stacked_bars("Bars & <x>", [2, 1], {"a": [1, 2], "b": [3, 4]}, "x", "y"),
    "patient": lambda: patient_timeline(LINE, ["early", "late"]),
}


def _words(svg: str) -> list[str]:
    return ["".join(each.itertext()).strip() for each in ElementTree.fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize("name", DRAWN)
def test_a_figure_is_sound_scales_and_wears_the_pages_colours(name: str) -> None:
    before = dict(matplotlib.rcParams)
    svg = DRAWN[name]()
    root = ElementTree.fromstring(svg)
    assert "width" not in root.attrib
    assert root.attrib["viewBox"]
    assert root.attrib["aria-label"]
    assert "var(--ink)" in svg
    assert "#0102" not in svg
    assert dict(matplotlib.rcParams) == before
    assert DRAWN[name]() == svg, "not the same twice"


def test_what_is_drawn_is_said() -> None:
    assert {"a & <b>", "target", "measured"} <= set(_words(DRAWN["dots"]()))
    assert {"1.13", "–", "row", "one", "two"} <= set(_words(DRAWN["grid"]()))
    assert {"a", "b"} <= set(_words(DRAWN["bars"]()))
    said = _words(DRAWN["patient"]())
    assert {"recall", "apathy", "primary care", "neurology", "MMSE"} <= set(said)
    assert any("May 2019" in each for each in said)


def test_a_patient_without_scores_or_symptoms_is_drawn() -> None:
    bare = PatientLine("bare", [(1.0, "primary_care", "early")], {}, {}, [], date(2019, 5, 2))
    assert "primary care" in _words(patient_timeline(bare, ["early"]))


def test_more_parts_than_colours_are_all_drawn() -> None:
    svg = stacked_bars("Many", [1], {f"label {n}": [1.0] for n in range(9)}, "x", "y")
    assert {f"label {n}" for n in range(9)} <= set(_words(svg))


def test_text_is_escaped_in_the_aria_label() -> None:
    assert ElementTree.fromstring(DRAWN["dots"]()).attrib["aria-label"] == "Dots & <rings>"
