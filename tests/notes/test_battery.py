"""Neuropsychology reports: results by domain agree with one another, with the summary and with the stage."""

from __future__ import annotations

import re

import pytest

from dualalign.charts import PatientSimulator
from dualalign.notes import Note, PassageWriter
from dualalign.packs import Pack
from dualalign.personas import sample_personas
from dualalign.trajectories import NotePlan

Reports = list[list[tuple[NotePlan, Note]]]
_PERCENTILE = re.compile(r"(below the |<)?(\d+)(?:st|nd|rd|th) (?:percentile|%ile)")
_MEMORY = re.compile(r"HVLT|CVLT|RAVLT")
_BANDS = ((0, 3), (3, 9), (9, 25), (25, 100))


@pytest.fixture(scope="module")
def reports(pack: Pack, simulator: PatientSimulator, writer: PassageWriter) -> Reports:
    """The neuropsychology reports of some patients."""
    found: Reports = []
    for persona in sample_personas(pack, 24, 41):
        each = simulator.simulate(persona, 41)
        pairs = zip(each.plans, writer.write_patient(each, 41), strict=True)
        found.append([pair for pair in pairs if pair[0].note_type == "neuropsychology"])
    assert sum(map(len, found)) > 80
    return found


def _sentences(note: Note, section: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(note.text[s.start : s.end], s.labels) for s in note.sentences if s.section == section]


def _band(text: str) -> set[int]:
    """Return the levels of the percentiles that a line gives."""
    values = [int(number) - (1 if below else 0) for below, number in _PERCENTILE.findall(text)]
    return {place for place, (low, high) in enumerate(_BANDS) for value in values if low <= value < high}


def test_percentiles_of_a_domain_are_of_one_level_and_earn_its_label(reports: Reports) -> None:
    lines = [
        line
        for patient in reports
        for _, note in patient
        for line in _sentences(note, "testing")
        if ";" in line[0]
    ]
    assert len(lines) > 200
    for text, labels in lines:
        bands = _band(text) if "12th to 18th" not in text and "11th to 16th" not in text else {2}
        assert len(bands) <= 1, text
        if bands:
            assert ("cognitive" in labels) == (bands <= {0, 1}), text


def test_reports_give_several_domains_with_tests_by_name(reports: Reports) -> None:
    for patient in reports:
        for plan, note in patient:
            said = " ".join(text for text, _ in _sentences(note, "testing"))
            assert _MEMORY.search(said), note.text
            assert len(re.findall(r"scaled score|SS \d|standard score|T = |/\d\d|seconds", said)) >= 3, (
                note.text
            )
            assert len(_sentences(note, "assessment")) >= 1
            assert not (plan.date.year < 2008 and ("WAIS-IV" in said or "WMS-IV" in said))


def test_memory_is_impaired_in_dementia_and_never_before_mild_impairment(reports: Reports) -> None:
    worst = {
        stage: [
            "cognitive" in labels
            for patient in reports
            for plan, note in patient
            if plan.stage == stage
            for text, labels in _sentences(note, "testing")
            if _MEMORY.search(text)
        ]
        for stage in ("early_prodromal", "mci", "mild", "moderate")
    }
    shares = [sum(found) / len(found) for found in worst.values()]
    assert shares == sorted(shares)
    assert shares[0] < 0.1
    assert shares[1] > 0.5
    assert shares[2] > 0.8


def test_a_patient_keeps_the_premorbid_estimate(reports: Reports) -> None:
    kept = 0
    for patient in reports:
        scores = [
            match[1]
            for _, note in patient
            for match in re.finditer(r"TOPF (?:standard score|SS) (\d+)", note.text)
        ]
        assert len(set(scores)) <= 1
        kept += len(scores) > 1
    assert kept


def test_the_summary_says_what_the_scores_say(reports: Reports) -> None:
    for patient in reports:
        for _, note in patient:
            memory = next((text for text, _ in _sentences(note, "testing") if _MEMORY.search(text)), "")
            summary = " ".join(text for text, _ in _sentences(note, "assessment")[:2])
            if "level of storage" in summary:
                assert "false positives" in memory or re.search(r"recognition \d/15", memory), note.text
            if memory and _band(memory) <= {0, 1} and _band(memory):
                assert re.search("emory|recall", summary), note.text
