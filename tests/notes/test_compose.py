from collections import Counter
from pathlib import Path

import pytest

from dualalign.errors import WriterError
from dualalign.notes.compose import compose_sentences
from dualalign.packs import Pack, load_pack


def test_counts_are_exact_labels_right_and_nothing_repeats(pack: Pack) -> None:
    sentences = list(compose_sentences(pack, 60, 5))
    wanted = [label.id for label in pack.labels.scheme().labels]
    assert Counter(each.written_for for each in sentences) == dict.fromkeys(wanted, 60)
    assert list(dict.fromkeys(each.written_for for each in sentences)) == wanted
    assert len({each.text for each in sentences}) == len(sentences)
    order = {label: rank for rank, label in enumerate(wanted)}
    for each in sentences:
        assert each.written_for in each.labels
        assert list(each.labels) == sorted(set(each.labels), key=order.__getitem__)


def test_same_seed_same_sentences(pack: Pack) -> None:
    first = list(compose_sentences(pack, 5, 1))
    assert first == list(compose_sentences(pack, 5, 1))
    assert first != list(compose_sentences(pack, 5, 2))


def test_a_small_pack_still_repeats_nothing() -> None:
    toy = load_pack(Path(__file__).parents[1] / "packs" / "toy")
    texts = [each.text for each in compose_sentences(toy, 100, 1)]
    assert len(set(texts)) == len(texts)


def test_no_sentence_is_refused(pack: Pack) -> None:
    with pytest.raises(WriterError, match="at least 1"):
        list(compose_sentences(pack, 0, 1))


def test_a_negative_seed_is_refused(pack: Pack) -> None:
    with pytest.raises(WriterError, match="seed is -1 - give a whole number of at least 0"):
        list(compose_sentences(pack, 1, -1))
