import re
from dataclasses import replace

import numpy as np
import pytest

from dualalign.measures.measure import Measure
from dualalign.measures.realism import NoteMap
from dualalign.packs.pack import Pack
from dualalign.report.comparisons import bars, dots_by_kind
from dualalign.report.dataset_card import dataset_card
from dualalign.report.text_chapters import real_chapter, sound_chapter
from dualalign.report.worth_chapters import fair_chapter, label_chapter, private_chapter

SHARE = (0.0, 1.0)


def _text(svg: str) -> str:
    return " ".join(re.findall(r">([^<>]+)<", svg))


def _sentences(value: float = 0.9) -> Measure:
    words = {"qim": 2.0, "xand": -1.5}
    return Measure(
        "two_sample_sentences", "min", SHARE, value, None, words, {"reference against itself": 0.5}
    )


def test_words_and_map_are_drawn_where_there_is_a_reference() -> None:
    found = {
        "two_sample_sentences": _sentences(),
        "two_sample_notes": replace(_sentences(0.99), name="two_sample_notes"),
    }
    placed = NoteMap(np.zeros((3, 2)), np.ones((3, 2)), "t-SNE of LSA")
    chapter = real_chapter(found, placed)
    assert chapter is not None
    assert "AUC 0.99" in chapter.text[0]
    drawn = " ".join(_text(plot.svg) for plot in chapter.plots)
    for word in ("qim", "xand", "synthetic", "reference"):
        assert word in drawn
    assert real_chapter({}, None) is None


def test_attacks_stand_beside_their_controls() -> None:
    scan = Measure("identifiers", "min", (0, np.inf), 3.0, None, {"phone": 6.0, "planned: date": 9.0})
    alone = private_chapter({"identifiers": scan})
    assert alone is not None
    assert "phone 6" in alone.text[0]
    assert "nothing is known of copying" in alone.text[1]
    copied = Measure(
        "copied_runs",
        "min",
        SHARE,
        0.4,
        (0.3, 0.5),
        {"attack": 0.5},
        {"found in unseen real notes": 0.1, "control": 0.2},
    )
    both = private_chapter({"identifiers": scan, "copied_runs": copied})
    assert both is not None
    assert "copied words" in _text(both.plots[0].svg)
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
    chapter = fair_chapter({"label_rate_gap": gap})
    assert chapter is not None
    drawn = _text(chapter.plots[0].svg)
    assert drawn.index("sex: b, x") < drawn.index("sex: a, x")
    assert "40%" in chapter.text[0]
    assert "20%" in chapter.text[0]
    assert fair_chapter({}) is None


def test_each_source_of_labels_has_a_figure(pack: Pack) -> None:
    shares = {
        f"{label.id}: {kind}": 0.1
        for label in pack.labels.scheme().labels
        for kind in ("missed", "given wrongly")
    }
    error = Measure("label_error_model", "min", SHARE, 0.2, None, shares, note="90 sentences")
    chapter = label_chapter({"label_error_model": error}, pack)
    assert chapter is not None
    assert "model" in _text(chapter.plots[0].svg)
    assert label_chapter({}, pack) is None
    assert sound_chapter({}) is None


def test_missing_values_leave_no_mark() -> None:
    full = dots_by_kind("t", ["a", "b"], {"one": [1, 2], "two": [1, 2]}, "u")
    gap = dots_by_kind("t", ["a", "b"], {"one": [1, 2], "two": [1, None]}, "u")
    assert gap.count("<use") == full.count("<use") - 1
    assert "left" in _text(bars("t", {"a": -1.0}, "u", ("left", "right")))


def test_the_card_counts_what_the_manifest_counts(cohort: object, pack: Pack) -> None:
    card = dict(dataset_card(cohort, pack))  # type: ignore[arg-type]
    counts = cohort.manifest["counts"]  # type: ignore[attr-defined]
    assert f"{counts['notes']:,} notes" in card["contents"]
    assert "Not for care" in card["not for"]


@pytest.mark.parametrize("heading", ["Dataset card", "Not measured", "Provenance", "Limits"])
def test_the_page_says_what_it_holds_and_what_not(page: str, heading: str) -> None:
    assert f"<h2>{heading}</h2>" in page
