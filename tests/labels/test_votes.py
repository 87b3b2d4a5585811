import pytest

from dualalign.labels.votes import settle

LABELS = ("a", "b")


@pytest.mark.parametrize(
    ("final", "labels", "confidence"),
    [
        ([("a",)], ("a",), 1.0),
        ([("a",), ("a",), ()], ("a",), 2 / 3),
        ([("a",), (), ()], (), 2 / 3),
        ([("a",), ("a", "b"), ("b",)], ("a", "b"), 2 / 3),
        ([("a",), ()], (), 0.5),
        ([("a",), ("a",), None], ("a",), 1.0),
    ],
)
def test_most_votes_decide_and_confidence_is_the_least_agreement(final, labels, confidence) -> None:
    found = settle(final, LABELS, "llm")
    assert found.labels == labels
    assert found.confidence == pytest.approx(confidence)
    assert not found.abstained


@pytest.mark.parametrize("final", [[None], [None, ("a",)], [None, None, ("a",)]])
def test_half_the_votes_abstaining_is_to_abstain(final) -> None:
    found = settle(final, LABELS, "llm")
    assert (found.labels, found.confidence, found.abstained) == ((), 0.0, True)


def test_shares_of_votes_are_kept() -> None:
    found = settle([("a",), ("a", "b"), ("a",)], LABELS, "llm")
    assert dict(found.shares) == pytest.approx({"a": 1.0, "b": 1 / 3})


def test_a_check_decides_and_what_was_said_before_lowers_confidence() -> None:
    changed = settle([()], LABELS, "llm", earlier=[("a",)])
    assert (changed.labels, changed.confidence) == ((), 0.5)
    assert settle([("a",)], LABELS, "llm", earlier=[("a",)]).confidence == 1.0
