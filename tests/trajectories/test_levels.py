"""Levels and changes of 500 patients and of as many people without the disease, against the pack's own figures."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from dualalign.packs.pack import Pack
from dualalign.packs.schema.measurements import Measurement
from dualalign.personas import sample_personas
from dualalign.personas.conditions import person_meets
from dualalign.personas.persona import Persona
from dualalign.randomness import Stream, generator
from dualalign.trajectories.levels import LevelModel
from dualalign.trajectories.severity import CourseModel

PEOPLE = 500
YEARS = np.arange(9.5, 0, -1.0)
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Group:
    """People measured in every year: true scores (people by years) and values (people by years by measurements)."""

    people: list[Persona]
    scores: Floats
    values: Floats


def _measure(pack: Pack, is_case: bool) -> Group:
    courses = CourseModel(pack.stages, pack.instruments, False)
    levels = LevelModel(pack)
    people = [replace(p, is_case=is_case) for p in sample_personas(pack, PEOPLE, 8, "clinical")]
    drawn = [courses.draw(generator(8, Stream.TRAJECTORY, p.patient), is_case) for p in people]
    values = [
        levels.draw(person, course, YEARS, generator(8, Stream.MEASUREMENTS, person.patient))
        for person, course in zip(people, drawn, strict=True)
    ]
    return Group(people, np.array([course.score(YEARS) for course in drawn]), np.array(values))


@pytest.fixture(scope="module")
def cases(pack: Pack) -> Group:
    return _measure(pack, True)


@pytest.fixture(scope="module")
def well(pack: Pack) -> Group:
    return _measure(pack, False)


def _each(pack: Pack) -> list[Measurement]:
    return [each for _, each in pack.measurements.each()]


def _working(each: Measurement, values: Floats) -> Floats:
    return np.log(values) if each.scale == "ratio" else values


def _ages(group: Group) -> Floats:
    ends = np.array([(p.index_date - p.birth_date).days / 365.25 for p in group.people])
    return ends[:, None] - YEARS


def _at_reference_age(each: Measurement, values: Floats, ages: Floats) -> Floats:
    """Return values moved to the reference age by the pack's change per year."""
    years = each.reference_age - ages
    return values * (1 + each.per_year) ** years if each.scale == "ratio" else values + each.per_year * years


def _standard_error(sample: Floats) -> float:
    return float(sample.std(ddof=1) / np.sqrt(len(sample)))


def _group_of(each: Measurement, person: Persona) -> int:
    """Return the first group that fits a person, written out anew."""
    for place, typical in enumerate(each.typical):
        if person_meets(typical.when, person.factors, person.age_at_index, person.tags, person.work):
            return place
    raise AssertionError("no group fits")


def test_people_without_the_disease_have_the_level_of_their_group(pack: Pack, well: Group) -> None:
    for m, each in enumerate(_each(pack)):
        of = np.array([_group_of(each, person) for person in well.people])
        at_reference = _at_reference_age(each, well.values[:, :, m], _ages(well)).mean(axis=1)
        for place, typical in enumerate(each.typical):
            sample = at_reference[of == place]
            if len(sample) >= 50:
                near = 4 * _standard_error(sample) + 0.01 * typical.level
                assert sample.mean() == pytest.approx(typical.level, abs=near), (each.id, place)


def test_people_without_the_disease_change_with_age_alone(pack: Pack, well: Group) -> None:
    for m, each in enumerate(_each(pack)):
        values = _working(each, well.values[:, :, m])
        slopes = np.polyfit(-YEARS, values.T, 1)[0]
        wanted = np.log1p(each.per_year) if each.scale == "ratio" else each.per_year
        assert slopes.mean() == pytest.approx(wanted, abs=4 * _standard_error(slopes) + 1e-4), each.id


def _of_stage(group: Group, typical: float, worst: bool, best: bool) -> NDArray[np.bool_]:
    """Return where the true score lies in the middle of a stage, or beyond it at the ends of the scale."""
    near = abs(group.scores - typical) < 0.5
    return near | (best & (group.scores > typical)) | (worst & (group.scores < typical))


def test_patients_have_the_level_of_their_stage(pack: Pack, cases: Group) -> None:
    tested = 0
    for m, each in enumerate(_each(pack)):
        known = [effect for effect in each.disease if effect.level is not None]
        for effect in known:
            stage = pack.stages.stage(effect.stage)
            best = effect is known[0]
            there = _of_stage(cases, stage.typical, effect is known[-1], best)
            moved = _at_reference_age(each, cases.values[:, :, m], _ages(cases))
            sample = np.array([row[at].mean() for row, at in zip(moved, there, strict=True) if at.any()])
            assert len(sample) >= 100, (each.id, effect.stage)
            assert effect.level is not None
            near = 4 * _standard_error(sample) + 0.01 * effect.level
            assert sample.mean() == pytest.approx(effect.level, abs=near), (each.id, effect.stage)
            tested += 1
    assert tested == 21


def test_patients_change_as_their_stage_does(pack: Pack, cases: Group) -> None:
    """Change over one year whose middle lies in the middle of a stage."""
    middles = (cases.scores[:, 1:] + cases.scores[:, :-1]) / 2
    tested = 0
    for m, each in enumerate(_each(pack)):
        changes = np.diff(_working(each, cases.values[:, :, m]), axis=1)
        known = [effect for effect in each.disease if effect.per_year is not None]
        for effect in known:
            stage = pack.stages.stage(effect.stage)
            there = abs(middles - stage.typical) < 0.5
            if effect is known[-1]:
                there |= middles < stage.typical
            if effect is known[0]:
                there |= middles > stage.typical
            sample = np.array([row[at].mean() for row, at in zip(changes, there, strict=True) if at.any()])
            assert len(sample) >= 100
            assert effect.per_year is not None
            near = 4 * _standard_error(sample) + 0.001
            assert sample.mean() == pytest.approx(np.log1p(effect.per_year), abs=near), (
                each.id,
                effect.stage,
            )
            tested += 1
    assert tested == 9


def test_loss_is_faster_the_later_the_stage(pack: Pack, cases: Group, well: Group) -> None:
    """The difference from people without the disease opens over the years before the diagnosis."""
    m = [each.id for each in _each(pack)].index("hippocampus")
    ratio = np.exp(np.log(cases.values[:, :, m]).mean(axis=0) - np.log(well.values[:, :, m]).mean(axis=0))
    assert ratio[0] == pytest.approx(1.0, abs=0.03)
    assert ratio[-1] == pytest.approx(0.86, abs=0.05)
    assert abs(np.diff(ratio)[-3:]).mean() > 1.5 * abs(np.diff(ratio)[:3]).mean()


def test_a_faster_course_loses_more(pack: Pack, cases: Group) -> None:
    """Values hang on the patient's own course, not on the years before the diagnosis alone."""
    m = [each.id for each in _each(pack)].index("hippocampus")
    lost = np.log(cases.values[:, 0, m] / cases.values[:, -1, m])
    fall = cases.scores[:, 0] - cases.scores[:, -1]
    assert np.corrcoef(lost, fall)[0, 1] > 0.25


def test_people_differ_and_repeats_differ_as_the_pack_says(pack: Pack, well: Group) -> None:
    for m, each in enumerate(_each(pack)):
        common = [
            p for p, person in enumerate(well.people) if _group_of(each, person) == len(each.typical) - 1
        ]
        if len(common) < 100:
            continue
        values = _working(each, _at_reference_age(each, well.values[common, :, m], _ages(well)[common]))
        fits = np.polyfit(-YEARS, values.T, 1)
        residuals = values.T - (np.outer(-YEARS, fits[0]) + fits[1])
        within = float(np.sqrt((residuals**2).sum() / (len(common) * (len(YEARS) - 2))))
        digit = 10.0**-each.decimals / (np.median(well.values[:, :, m]) if each.scale == "ratio" else 1.0)
        wanted = np.hypot(each.spread.within, digit / np.sqrt(12))
        assert within == pytest.approx(wanted, rel=0.08), each.id
        between = np.sqrt(values.mean(axis=1).var(ddof=1) - within**2 / len(YEARS))
        assert between == pytest.approx(each.spread.between, rel=0.15), each.id


def test_people_change_at_their_own_speed(pack: Pack, well: Group) -> None:
    """Slopes vary by the pack's spread and by what the noise of ten results adds."""
    tested = 0
    for m, each in enumerate(_each(pack)):
        noise = each.spread.within / np.sqrt(((YEARS - YEARS.mean()) ** 2).sum())
        if each.spread.slope < 0.5 * noise:
            continue
        slopes = np.polyfit(-YEARS, _working(each, well.values[:, :, m]).T, 1)[0]
        assert slopes.std(ddof=1) == pytest.approx(np.hypot(each.spread.slope, noise), rel=0.12), each.id
        tested += 1
    assert tested >= 15


def test_deviations_of_one_modality_go_together(pack: Pack, well: Group) -> None:
    names = [each.id for each in _each(pack)]
    traits = [each.trait_id for each in _each(pack)]
    for pair in pack.measurements.correlations:
        one, other = traits.index(pair.one), traits.index(pair.other)
        deviations = []
        for m in (one, other):
            each = _each(pack)[m]
            values = _working(each, _at_reference_age(each, well.values[:, :, m], _ages(well)))
            own = [_group_of(each, person) for person in well.people]
            means = values.mean(axis=1)
            expected = np.array([_working(each, np.array(t.level)) for t in each.typical])
            spread = [each.spread.between if t.between is None else t.between for t in each.typical]
            deviations.append((means - expected[own]) / np.array(spread)[own])
        found = np.corrcoef(*deviations)[0, 1]
        assert found == pytest.approx(pair.r, abs=0.17), (names[one], names[other])
        assert np.sign(found) == np.sign(pair.r) or abs(pair.r) < 0.15


def test_two_assays_of_one_trait_agree_on_the_person(pack: Pack, well: Group) -> None:
    names = [each.id for each in _each(pack)]
    one, other = names.index("csf_abeta42_luminex"), names.index("csf_abeta42_elecsys")
    means = np.log(well.values).mean(axis=1)
    assert np.corrcoef(means[:, one], means[:, other])[0, 1] > 0.95


def test_no_value_is_implausible_and_all_are_rounded_as_reported(
    pack: Pack, cases: Group, well: Group
) -> None:
    for m, each in enumerate(_each(pack)):
        for group in (cases, well):
            values = group.values[:, :, m]
            assert each.plausible[0] <= values.min() < values.max() <= each.plausible[1], each.id
            assert np.allclose(values, np.round(values, each.decimals), atol=1e-9)
            # Values are plausible by themselves; the bounds only catch what chance throws far out.
            assert np.isin(values, each.plausible).mean() < 0.001, each.id


def test_measurements_without_a_disease_effect_do_not_tell_patients(
    pack: Pack, cases: Group, well: Group
) -> None:
    """The same people with the same numbers drawn: laboratory values are equal, volumes are not."""
    for m, (panel, each) in enumerate(pack.measurements.each()):
        equal = np.array_equal(cases.values[:, :, m], well.values[:, :, m])
        assert equal == (not each.disease), each.id
        assert panel.modality != "lab" or equal
