"""Sentences whose meaning a mark, a count, a clause, a person or a number turns round; written for this test."""

from collections import Counter
from pathlib import Path

import pytest

from dualalign.labels import RulesAnnotator
from dualalign.packs import load_pack

TABLE = Path(__file__).parent / "turned_meaning.tsv"


def rows() -> list[tuple[str, frozenset[str], str]]:
    """Return kind, right labels and text of each row; `\\t` in a text is a tab."""
    lines = [line.split("\t", 2) for line in TABLE.read_text(encoding="utf-8").splitlines()[1:]]
    return [(kind, frozenset(filter(None, labels.split(";"))), text) for kind, labels, text in lines]


@pytest.fixture(scope="module")
def wrong() -> Counter[str]:
    rules = RulesAnnotator(load_pack("alzheimers"))
    return Counter(
        kind for kind, labels, text in rows() if frozenset(rules.annotate([text])[0].labels) != labels
    )


def test_at_least_95_of_100_are_right(wrong: Counter[str]) -> None:
    assert len(rows()) >= 300
    assert wrong.total() <= 0.05 * len(rows()), wrong


def test_no_kind_is_mostly_wrong(wrong: Counter[str]) -> None:
    sizes = Counter(kind for kind, _, _ in rows())
    assert {kind: number for kind, number in wrong.items() if number > 0.2 * sizes[kind]} == {}
