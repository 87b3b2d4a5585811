from pathlib import Path

import numpy as np
import pytest

from dualalign.errors import MeasureError
from dualalign.measures.labelled_sentences import LabelledSentences
from dualalign.measures.note_sets import NoteSet
from dualalign.measures.realism.embeddings import embed_together
from dualalign.measures.semantic_spread import directions, mean_distance, semantic_spread
from tests.measures.made_up_notes import made_up


def test_distance_and_directions_by_hand() -> None:
    corners = np.eye(4)
    assert mean_distance(corners) == pytest.approx(1.0)
    assert directions(corners) == pytest.approx(4.0)
    same = np.tile(corners[:1], (5, 1))
    assert mean_distance(same) == pytest.approx(0.0)
    assert directions(same) == pytest.approx(1.0)
    pairs = [1 - float(a @ b) for i, a in enumerate(corners) for j, b in enumerate(corners) if i != j]
    assert mean_distance(corners) == pytest.approx(np.mean(pairs))


def test_repeated_sentences_lie_nearer() -> None:
    notes = made_up(120, 1, words=10)
    one_line = NoteSet(tuple(text.replace("\n", " ") for text in notes.texts), notes.groups, notes.years)
    varied = one_line.texts
    found = semantic_spread(LabelledSentences(varied), one_line)
    dull = semantic_spread(LabelledSentences(varied[:6] * 20), one_line)
    assert dull.value < found.value
    assert dull.breakdown["directions"] < found.breakdown["directions"]
    assert found.interval is not None
    assert found.interval[0] < found.value < found.interval[1]
    assert found.baseline["reference"] == pytest.approx(found.value)


@pytest.mark.slow
def test_an_encoder_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    with pytest.raises(MeasureError, match="cannot be loaded"):
        embed_together([["one", "two"]], str(tmp_path / "none"))


@pytest.mark.slow
def test_an_encoder_is_used(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    folder = tmp_path / "tiny"
    folder.mkdir()
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "she", "he", "walks", "sleeps"]
    (folder / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    transformers.BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    config = transformers.BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
    )
    transformers.BertModel(config).save_pretrained(folder)
    texts = ["she walks", "he sleeps and walks and walks", "she walks"]
    embedded = embed_together([texts], str(folder))
    points = embedded.sets[0]
    assert points.shape == (3, 16)
    assert points[0] == pytest.approx(points[2], abs=1e-5)
    assert not np.allclose(points[0], points[1], atol=1e-3)
