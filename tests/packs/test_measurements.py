"""measurements.yaml: what does not load, what names nothing, and a pack that measures nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dualalign.errors import PackError
from dualalign.packs import Pack
from dualalign.packs.check import check_pack
from dualalign.packs.loader import read_pack

Replace = Callable[[Path, str, str], int]

DOPAMINE = """
panels:
- id: dopamine_scan
  name: dopamine transporter scan
  modality: imaging
  ordered: {neurology: 0.5}
  by_stage: {one_sided: 1.5}
  more_often: [{when: {marital: married}, times: 2}]
  first_year: 2011
  source: toy
  evidence: D
  measurements:
  - {id: putamen, name: binding in the putamen, unit: ratio, scale: ratio, plausible: [0.2, 6], decimals: 2,
     typical: [{when: {gender: male}, level: 2.4}, {level: 2.6}], per_year: -0.005,
     spread: {between: 0.1, within: 0.05, source: toy, evidence: D},
     disease: [{stage: one_sided, per_year: -0.06, source: toy, evidence: D}], source: toy, evidence: D}
  - {id: caudate, name: binding in the caudate, unit: ratio, scale: ratio, plausible: [0.2, 6], decimals: 2,
     typical: [{level: 3}], spread: {between: 0.1, within: 0.05, source: toy, evidence: D}, source: toy, evidence: D}
correlations:
- {one: putamen, other: caudate, r: 0.6, source: toy, evidence: D}
"""


@pytest.fixture
def measured(toy_copy: Path) -> Path:
    """A copy of the toy pack that measures something."""
    (toy_copy / "measurements.yaml").write_text(DOPAMINE, encoding="utf-8")
    return toy_copy


def test_a_pack_without_the_file_measures_nothing(toy: Pack) -> None:
    assert toy.measurements.panels == []


def test_a_sound_file_has_no_problem(measured: Path) -> None:
    assert check_pack(measured) == []
    assert read_pack(measured).measurements.correlation_matrix() == pytest.approx(
        np.array([[1, 0.6], [0.6, 1]])
    )


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("level: 2.6", "level: 260", "260 ratio lies outside the plausible 0.2 to 6; is its unit right?"),
        ("plausible: [0.2, 6]", "plausible: [6, 0.2]", "give the lower value first"),
        ("plausible: [0.2, 6]", "plausible: [0, 6]", "a ratio scale needs values above 0"),
        ("per_year: -0.06", "per_year: -6", "write 2 % as 0.02"),
        ("{level: 2.6}", "{when: {gender: female}, level: 2.6}", "the last group under typical must fit"),
        ("per_year: -0.06", "per_year: -0.06, level: 2", "needs either a level or a change per_year"),
        (
            "[{stage: one_sided,",
            "[{stage: subtle, level: 2, source: toy, evidence: D}, {stage: one_sided,",
            "disease gives levels in some stages and changes in others",
        ),
        ("stage: one_sided, per_year: -0.06", "stage: one_sided", "needs either a level"),
        ("first_year: 2011", "first_year: 2011\n  last_year: 2010", "last_year 2010 comes before"),
        ("id: caudate", "id: putamen", "the measurement 'putamen' is listed twice; keep one"),
        ("other: caudate", "other: pallidum", "a correlation names 'pallidum', which no panel measures"),
        ("other: caudate", "other: putamen", "are not two traits of one modality"),
        ("r: 0.6", "r: 0.9999999", "the correlations contradict one another"),
        ("unit: ratio", "unit: ''", "at least 1 character"),
        ("ordered: {neurology: 0.5}", "ordered: {neurology: 5}", "less than or equal to 1"),
    ],
)
def test_a_fault_of_one_file_is_refused(
    measured: Path, replace: Replace, old: str, new: str, says: str
) -> None:
    replace(measured / "measurements.yaml", old, new)
    with pytest.raises(PackError) as caught:
        read_pack(measured)
    assert says in caught.value.message
    assert str(measured / "measurements.yaml") in caught.value.message


@pytest.mark.parametrize(
    ("old", "new", "field", "what", "remedy"),
    [
        ("{neurology:", "{neurologie:", "panels.0.ordered.neurologie", "is no note type", "'neurology'?"),
        ("{one_sided:", "{late:", "panels.0.by_stage.late", "is no stage", "one of subtle"),
        (
            "[{stage: one_sided,",
            "[{stage: onesided,",
            "panels.0.measurements.0.disease.0.stage",
            "is no stage",
            "'one_sided'?",
        ),
        (
            "{gender: male}",
            "{gender: mail}",
            "panels.0.measurements.0.typical.0.when.gender",
            "'mail' is no level of 'gender'",
            "correct the name",
        ),
        (
            "{marital: married}",
            "{wed: married}",
            "panels.0.more_often.0.when.wed",
            "wed",
            "correct the name",
        ),
        (
            "{marital: married}",
            "{tags: wed}",
            "panels.0.more_often.0.when.tags",
            "'wed' is no tag",
            "use one of",
        ),
        (
            "source: toy\n  evidence: D\n  m",
            "source: tony\n  evidence: D\n  m",
            "panels.0.source",
            "'tony'",
            "add",
        ),
    ],
)
def test_a_name_that_stands_for_nothing_is_told_at_its_line(
    measured: Path, replace: Replace, old: str, new: str, field: str, what: str, remedy: str
) -> None:
    line = replace(measured / "measurements.yaml", old, new)
    (problem,) = check_pack(measured)
    assert (problem.field, problem.line) == (field, line)
    assert what in problem.what
    assert remedy in problem.remedy


def test_the_shipped_pack_measures_the_usual_work_up(alzheimers: Pack) -> None:
    units = {each.id: each.unit for _, each in alzheimers.measurements.each()}
    work_up = {
        "tsh",
        "vitamin_b12",
        "folate",
        "hemoglobin",
        "mcv",
        "sodium",
        "glucose",
        "creatinine",
        "calcium",
    }
    work_up |= {"albumin", "hba1c", "ldl", "hdl", "total_cholesterol", "triglycerides"}
    assert work_up | {"hippocampus", "ventricles", "whole_brain", "head_size"} <= units.keys()
    assert (units["hippocampus"], units["tsh"], units["csf_abeta42_elecsys"]) == ("mL", "mIU/L", "pg/mL")


def test_published_figures_stand_as_published(alzheimers: Pack) -> None:
    """Means by assay of PMC6747411, loss of hippocampal volume of Barnes 2009 and Jack 2000."""
    found = {each.id: each for _, each in alzheimers.measurements.each()}
    elecsys = {
        "csf_abeta42_elecsys": [1325, 1066, 784, 595],
        "csf_t_tau_elecsys": [217, 234, 291, 340],
        "csf_p_tau181_elecsys": [19.0, 20.7, 28.0, 33.8],
    }
    for name, levels in elecsys.items():
        assert [found[name].typical[-1].level, *(effect.level for effect in found[name].disease)] == levels
    hippocampus = found["hippocampus"]
    verified = [e.per_year for e in hippocampus.disease if e.verified]
    assert [hippocampus.per_year, *verified] == [-0.0141, -0.0173, -0.0466]
    assert {e.stage for e in hippocampus.disease if not e.verified} == {"mci"}
