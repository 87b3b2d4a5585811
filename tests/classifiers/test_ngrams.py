import numpy as np
import pytest

from dualalign.classifiers import NgramOptions, ngrams
from dualalign.classifiers.ngrams import NgramFeatures, fitted_ngrams
from dualalign.errors import ClassifierError

# `day` stands in all four sentences, `keys` in one.
TEXTS = ("keys day", "bills day", "names day", "names bills day")
WORDS = 1 << 12


def word_values(options: NgramOptions, text: str, *words: str) -> list[float]:
    """What stands in the columns of whole words."""
    features, _ = NgramFeatures.fit_transform(options, TEXTS)
    row = features.transform([text]).toarray()[0]
    return [float(row[ngrams._cut(word, options.bits, 3, 5)[0]]) for word in words]


@pytest.mark.parametrize("power", [0.0, 1.0, 1.5, 2.0])
def test_rare_words_weigh_more_by_the_power_of_the_inverse_document_frequency(power: float) -> None:
    rare, common = word_values(NgramOptions(bits=12, idf_power=power), "keys day", "keys", "day")
    assert rare / common == pytest.approx((np.log(5 / 2) + 1) ** power, rel=1e-5)


@pytest.mark.parametrize("power", [0.0, 0.7, 1.0])
def test_long_sentences_are_as_long_as_the_power_lets_them(power: float) -> None:
    options = NgramOptions(bits=12, length_power=power, idf_power=0.0)
    features, _ = NgramFeatures.fit_transform(options, TEXTS)
    short, long = (
        features.transform([text]).toarray()[0, :WORDS] for text in ("keys", "keys bills names day")
    )
    assert np.linalg.norm(long) / np.linalg.norm(short) == pytest.approx(2 ** (1 - power), rel=1e-5)


def test_words_and_characters_are_equally_heavy() -> None:
    _, vectors = NgramFeatures.fit_transform(NgramOptions(bits=12), TEXTS)
    squares = (vectors.toarray() ** 2).sum(axis=0)
    assert squares[:WORDS].sum() / len(TEXTS) == pytest.approx(0.5, rel=1e-5)
    assert squares[WORDS:].sum() / len(TEXTS) == pytest.approx(0.5, rel=1e-5)


def test_a_negated_word_shares_nothing_with_the_word() -> None:
    columns = [set(ngrams._cut(word, 18, 3, 5).tolist()) for word in ("tearful", "!tearful")]
    assert not columns[0] & columns[1]
    assert len(columns[0]) == len(columns[1]) == 1 + 7 + 6 + 5


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    options = NgramOptions(bits=12)
    whole = NgramFeatures.fit_transform(options, TEXTS)
    monkeypatch.setattr(ngrams, "_CHUNK", 3)
    parted = ngrams._counts(TEXTS, options)
    for block, again in zip(ngrams._counted(TEXTS, options), parted, strict=True):
        np.testing.assert_array_equal(block.toarray(), again.toarray())
    np.testing.assert_array_equal(whole[0].transform(TEXTS).toarray(), whole[1].toarray())


def test_few_sentences_are_turned_into_vectors_once(monkeypatch: pytest.MonkeyPatch) -> None:
    options = NgramOptions(bits=11)
    assert fitted_ngrams(options, list(TEXTS)) is fitted_ngrams(options, TEXTS)
    assert fitted_ngrams(options, TEXTS[:2]) is not fitted_ngrams(options, TEXTS)
    monkeypatch.setattr(ngrams, "_REMEMBERED", 3)
    assert fitted_ngrams(options, TEXTS) is not fitted_ngrams(options, TEXTS)


def test_no_sentence_teaches_nothing() -> None:
    with pytest.raises(ClassifierError, match="no sentences to learn n-grams from"):
        fitted_ngrams(NgramOptions(bits=12), ())
    features, _ = NgramFeatures.fit_transform(NgramOptions(bits=12), TEXTS)
    assert features.transform([]).shape == (0, 2 << 12)
