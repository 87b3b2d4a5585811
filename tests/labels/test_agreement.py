import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from dualalign.errors import LabelError
from dualalign.labels import Annotation, cohen_kappa, disagreements, plan_annotations
from dualalign.notes import Note, SentenceSpan

LABELS = ("a", "b")


def annotations(rows: list[str], source: str = "x") -> list[Annotation]:
    return [Annotation(tuple(row), 1.0, source) for row in rows]


@given(
    st.lists(
        st.tuples(st.sampled_from(["", "a", "b", "ab"]), st.sampled_from(["", "a", "b", "ab"])), min_size=2
    )
)
def test_kappa_is_scikit_learn_s(rows: list[tuple[str, str]]) -> None:
    first, second = annotations([one for one, _ in rows]), annotations([other for _, other in rows])
    agreement = cohen_kappa(first, second, LABELS)["a"]
    marks = [["a" in one for one, _ in rows], ["a" in other for _, other in rows]]
    if len({*marks[0], *marks[1]}) == 1:
        assert agreement.kappa is None
    else:
        assert agreement.kappa == pytest.approx(cohen_kappa_score(*marks), abs=1e-9)


def test_any_counts_sentences_with_a_label() -> None:
    agreement = cohen_kappa(annotations(["a", "", "b"]), annotations(["b", "", ""]), LABELS)["any"]
    assert (agreement.both, agreement.first_only, agreement.second_only, agreement.neither) == (1, 1, 0, 1)


def test_abstentions_are_left_out() -> None:
    silent = Annotation((), 0.0, "y", abstained=True)
    agreement = cohen_kappa(annotations(["a", "a"]), [silent, *annotations(["a"])], LABELS)["a"]
    assert (agreement.both, agreement.first_only) == (1, 0)


def test_disagreements_name_what_each_gave() -> None:
    texts = ["one", "two", "three"]
    found = disagreements(texts, annotations(["a", "ab", "b"]), annotations(["a", "b", ""]))
    assert [(each.index, each.text, each.first_only, each.second_only) for each in found] == [
        (1, "two", ("a",), ()),
        (2, "three", ("b",), ()),
    ]
    assert [
        each.index
        for each in disagreements(texts, annotations(["a", "ab", "b"]), annotations(["a", "b", ""]), "b")
    ] == [2]


def test_different_lengths_are_refused() -> None:
    with pytest.raises(LabelError, match="2 annotations against 1"):
        cohen_kappa(annotations(["a", "b"]), annotations(["a"]), LABELS)
    with pytest.raises(LabelError, match="1 sentences but 2 annotations"):
        disagreements(["x"], annotations(["a", "b"]), annotations(["a", "b"]))


def test_plan_annotations_are_the_writer_s() -> None:
    note = Note(
        "Forgets. Well.", [SentenceSpan(0, 8, "subjective", ("a",)), SentenceSpan(9, 14, "plan", ())], [], "w"
    )
    assert [(each.labels, each.source, each.confidence) for each in plan_annotations(note)] == [
        (("a",), "plan", 1.0),
        ((), "plan", 1.0),
    ]
