"""What the chapters say and draw, of measures made by hand."""

import re
from dataclasses import replace

import numpy as np
import pytest

from dualalign.cohort.reader import Cohort
from dualalign.measures import STEPS, Context, Measure, metrics_of
from dualalign.measures.realism.note_map import NoteMap
from dualalign.packs.pack import Pack
from dualalign.report.chapter import Chapter
from dualalign.report.chapters import chapter, chapter_names, summary_of
from dualalign.report.description import describe_cohort
from dualalign.report.drawing import UNKNOWN, Drawing, draw
from dualalign.report.figures import bars, dots_by_kind, map_of_notes

SHARE = (0.0, 1.0)


def _text(svg: str) -> str:
    return " ".join(re.findall(r">([^<>]+)<", svg))


def _chapter(name: str, *measures: Measure) -> Chapter | None:
    return chapter(name, {each.name: each for each in measures}, Context(), None)


def _made(name: str, *measures: Measure) -> Chapter:
    found = _chapter(name, *measures)
    assert found is not None
    return found


def _sentences(value: float = 0.9) -> Measure:
    words = {"qim": 2.0, "xand": -1.5}
    return Measure(
        "two_sample_sentences", "min", SHARE, value, None, words, {"reference against itself": 0.5}
    )


def test_words_are_drawn_where_there_is_a_reference() -> None:
    made = _made("realism", _sentences(), replace(_sentences(0.99), name="two_sample_notes"))
    assert "AUC 0.99" in made.text[0]
    drawn = _text(made.plots[0].svg)
    for word in ("qim", "xand", "synthetic", "reference"):
        assert word in drawn
    for name in chapter_names():
        assert _chapter(name) is None, name


def test_a_map_names_both_kinds_of_notes() -> None:
    drawn = _text(map_of_notes("A map", NoteMap(np.zeros((3, 2)), np.ones((3, 2)), "t-SNE of LSA")))
    assert "synthetic" in drawn
    assert "reference" in drawn


def test_attacks_stand_beside_their_controls() -> None:
    parts = {"phone": 6.0, "planned: date": 9.0}
    scan = Measure("identifiers", "min", (0, np.inf), 3.0, None, parts)
    alone = _made("privacy", scan)
    assert "(phone 6)" in alone.text[0]
    assert "nothing is known of copying" in alone.text[1]
    held = {"found in unseen real notes": 0.1, "control": 0.2}
    copied = Measure("copied_runs", "min", SHARE, 0.4, (0.3, 0.5), {"attack": 0.5}, held)
    both = _made("privacy", scan, copied)
    drawn = _text(both.plots[0].svg)
    for words in ("copied words", "measured", "control", "naive"):
        assert words in drawn
    assert len(both.text) == 1


def test_groups_furthest_off_come_first() -> None:
    cells = {"sex: a, x": 1.05, "sex: b, x": 0.6}
    gap = Measure(
        "label_rate_gap",
        "min",
        (0, np.inf),
        0.4,
        None,
        cells,
        {"noise, 1 in 20": 0.2},
        intervals={"sex: b, x": (0.5, 0.7)},
    )
    made = _made("fairness", gap)
    drawn = _text(made.plots[0].svg)
    assert drawn.index("sex: b, x") < drawn.index("sex: a, x")
    assert "40.0%" in made.text[0]
    assert "20.0%" in made.text[0]
    assert "All 2 rates, with 95% intervals" in made.plots[0].caption


def test_each_source_of_labels_has_a_figure(pack: Pack) -> None:
    shares = {
        f"{label.id}: {kind}": 0.1
        for label in pack.labels.scheme().labels
        for kind in ("missed", "given wrongly")
    }
    error = Measure("label_error_the_model", "min", SHARE, 0.2, None, shares, note="90 sentences")
    made = _made("labels", error)
    drawn = _text(made.plots[0].svg)
    assert "Errors of labels by the model" in drawn
    assert "given wrongly" in drawn
    assert "90 sentences. 20.0% of sentences" in made.plots[0].caption


def test_years_are_drawn_as_a_line_with_its_targets() -> None:
    parts = {"AUC 0 years before": 0.9, "AUC 9 years before": 0.6}
    held = {"real notes 0 years before": 0.8, "real notes 9 years before": 0.6}
    made = _made("soundness", Measure("leakage_excess", "min", (-1, 1), 0.1, None, parts, held))
    assert {"target", "measured"} <= set(_text(made.plots[0].svg).split())


def test_cells_of_two_names_are_drawn_as_a_grid() -> None:
    parts = {"office visit 1": 1.2, "office visit 2-5": 0.8, "ward 2-5": 1.0}
    held = {"sampling noise": 0.1}
    made = _made("visits", Measure("visits_error", "min", (0, 9), 0.2, None, parts, held))
    drawn = _text(made.plots[0].svg)
    for words in ("1.20", "0.80", "1.00", "ward", "2-5", "–"):
        assert words in drawn


def test_a_measure_of_no_chapter_is_drawn_as_it_is() -> None:
    parts = {"a": 0.1, "b": 0.9, "zero": 0.0}
    held = {"target a": 0.4}
    new = Measure("brand_new", "none", SHARE, 0.5, None, parts, held, intervals={"b": (0.8, 1.0)})
    made = _made("further", new, _sentences())
    (plot,) = made.plots
    drawn = _text(plot.svg)
    assert "Brand new" in drawn
    assert drawn.index("b") < drawn.index("a ")
    assert "target" in drawn
    assert "zero" not in drawn
    assert draw(replace(new, breakdown={}), UNKNOWN) is None
    assert draw(new, Drawing(shape="none")) is None


def test_every_measure_has_a_place_on_the_page() -> None:
    for step in STEPS:
        for metric in metrics_of(step):
            for name in metric.contracts:
                called = name.replace("label_error", "label_error_x") if name == "label_error" else name
                made = Measure(called, "min", (-9, 9), 0.1, None, {"year 1": 0.1})
                assert _chapter("further", made) is None, f"{name} is in no chapter"


def test_what_comes_first_follows_the_figures() -> None:
    alike = Measure("self_bleu_4", "min", SHARE, 0.5, baseline={"real notes": 0.3})
    varied = replace(alike, value=0.2)
    assert "more than real ones do: Self-BLEU 0.5 against 0.3" in summary_of({"self_bleu_4": alike}, None)[0]
    assert "as varied as real ones" in summary_of({"self_bleu_4": varied}, None)[0]
    attack = Measure("membership_inference", "min", SHARE, 0.7, (0.6, 0.8))
    assert "An attacker can tell" in summary_of({attack.name: attack}, None)[0]
    weak = replace(attack, interval=(0.4, 0.8))
    assert "An attacker cannot tell" in summary_of({attack.name: weak}, None)[0]
    assert summary_of({}, None) == []


def test_missing_values_leave_no_mark() -> None:
    full = dots_by_kind("t", ["a", "b"], {"one": [1, 2], "two": [1, 2]}, "u")
    gap = dots_by_kind("t", ["a", "b"], {"one": [1, 2], "two": [1, None]}, "u")
    assert gap.count("<use") == full.count("<use") - 1
    assert "left" in _text(bars("t", {"a": -1.0}, "u", ("left", "right")))


def test_the_card_counts_what_the_manifest_counts(cohort: Cohort, pack: Pack) -> None:
    card = describe_cohort(cohort, pack)["card"]
    counts = cohort.manifest["counts"]
    assert f"{counts['notes']:,} notes" in card["contents"]
    assert "Not for care" in card["not for"]


@pytest.mark.parametrize("heading", ["Dataset card", "Not measured", "Provenance", "Limits"])
def test_the_page_says_what_it_holds_and_what_not(page: str, heading: str) -> None:
    assert f"<h2>{heading}</h2>" in page
