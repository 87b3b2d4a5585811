import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from dualalign.cohort.reader import Cohort
from dualalign.errors import MeasureError
from dualalign.measures.measure import Measure
from dualalign.packs.pack import Pack
from dualalign.report import write_report

Found = dict[str, list[Measure]]

_VOID = {"meta", "br", "link", "img", "hr", "input"}


class _Balance(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name in ("src", "href", "xlink:href") and value:
                self.links.append(value)
            if name == "id" and value:
                self.ids.append(value)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_is_whole_and_fetches_nothing(page: str) -> None:
    parser = _Balance()
    parser.feed(page)
    assert not parser.open
    assert all(link.startswith("#") for link in parser.links)
    assert len(parser.ids) == len(set(parser.ids))
    assert "<script" not in page
    assert "url(http" not in page


def test_says_what_it_is_and_holds_every_figure(page: str) -> None:
    assert "Synthetic." in page
    assert page.count("<svg") >= 8
    for name in ("visits_error", "mentions_error", "contradictions", "distinct_4"):
        assert name in page


def test_colours_follow_the_theme(page: str) -> None:
    assert "prefers-color-scheme: dark" in page
    assert not re.search(r"#0102[0-9a-f]{2}", page)


def test_the_example_note_is_marked(page: str) -> None:
    assert re.search(r'<mark style="--label: var\(--series-\d\)">[^<]+</mark> <small', page)


def test_where_it_cannot_be_written_it_says_so(
    cohort: Cohort, pack: Pack, measures: Found, tmp_path: Path
) -> None:
    with pytest.raises(MeasureError, match="cannot be written"):
        write_report(cohort, pack, measures, tmp_path / "no" / "report.html")
