"""How varied sentences are: Distinct-n, exact Self-BLEU-4 and compression ratio, each in linear time."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib import resources

import numpy as np
import numpy.typing as npt
import yaml

from dualalign.errors import MeasureError
from dualalign.measures.labelled_sentences import LabelledSentences, plain_sentences
from dualalign.measures.measure import Figure, Measure, TooLittleData, random_numbers
from dualalign.measures.metric import higher, lower, measured
from dualalign.measures.note_sets import NoteSet

IntArray = npt.NDArray[np.int64]

_TOKEN = re.compile(r"\w+|[^\w\s]")
_SMOOTHING = 0.1  # method 1 of Chen and Cherry (2014), as nltk's default epsilon
_ORDERS = 4
_DRAWS = 5


class TokenTable:
    """Sentences as integer tokens, laid end to end.

    Args:
        texts: the sentences; tokens are words and single punctuation marks, letter case kept.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        numbers: dict[str, int] = {}
        lengths = np.zeros(len(texts), dtype=np.int64)
        tokens: list[int] = []
        for row, text in enumerate(texts):
            found = _TOKEN.findall(text)
            lengths[row] = len(found)
            tokens.extend([numbers.setdefault(token, len(numbers)) for token in found])
        self.tokens: IntArray = np.array(tokens, dtype=np.int64)
        self.lengths = lengths
        self.vocabulary = len(numbers)

    def ngrams(self, highest: int) -> Iterator[tuple[IntArray, IntArray]]:
        """Yield, for each order 1 to highest, the n-gram ids and the sentence each stands in."""
        sentence = np.repeat(np.arange(len(self.lengths)), self.lengths)
        left = np.repeat(np.cumsum(self.lengths), self.lengths) - np.arange(len(self.tokens))
        ids = self.tokens
        yield ids, sentence
        for order in range(2, highest + 1):
            # An n-gram is the (n-1)-gram at its start followed by one more token of the same sentence.
            room = np.flatnonzero(left >= order)
            joined = ids[room] * self.vocabulary + self.tokens[room + order - 1]
            _, compact = np.unique(joined, return_inverse=True)
            yield compact, sentence[room]
            ids = np.zeros(len(self.tokens), dtype=np.int64)
            ids[room] = compact


def distinct(texts: Sequence[str], order: int = 4) -> float:
    """Return the share of n-grams that are different from one another, over all sentences together.

    Source: Li et al., A Diversity-Promoting Objective Function, NAACL 2016.

    Raises:
        MeasureError: no sentence is as long as the order.
    """
    ids, _ = list(TokenTable(texts).ngrams(order))[-1]
    if not len(ids):
        raise TooLittleData(f"no sentence has {order} tokens", "give longer sentences or a lower order")
    return len(np.unique(ids)) / len(ids)


def self_bleu(texts: Sequence[str]) -> float:
    """Return the mean BLEU-4 of each sentence against all others, exactly, as nltk computes it.

    A sentence's clipped count of an n-gram needs only the greatest count of it elsewhere, which is the greatest or the
    second greatest overall; so the cost is that of sorting the tokens, not of comparing pairs of sentences.
    Uniform weights to order 4, method-1 smoothing, brevity penalty by the closest reference length.

    Source: Zhu et al., Texygen, SIGIR 2018.

    Raises:
        MeasureError: fewer than two sentences, or one without a token.
    """
    table = TokenTable(texts)
    if len(texts) < 2 or not table.lengths.all():
        raise TooLittleData(
            "Self-BLEU needs two sentences or more, none of them empty", "drop empty sentences"
        )
    logs = np.zeros(len(texts))
    nothing_shared = np.zeros(len(texts), dtype=bool)
    for order, (ids, sentence) in enumerate(table.ngrams(_ORDERS), start=1):
        matches = _clipped_matches(ids, sentence, len(texts))
        totals = np.maximum(table.lengths - order + 1, 1)
        if order == 1:
            nothing_shared = matches == 0
        logs += np.log(np.where(matches == 0, _SMOOTHING, matches) / totals) / _ORDERS
    scores = np.exp(logs) * _brevity_penalty(table.lengths)
    return float(np.where(nothing_shared, 0.0, scores).mean())


def compression_ratio(texts: Sequence[str]) -> float:
    """Return bytes before over bytes after gzip-style compression: higher means more repetition.

    Source: Shaib et al., Standardizing the Measurement of Text Diversity, 2024.
    """
    raw = "\n".join(texts).encode()
    if not raw:
        raise TooLittleData("no text to compress", "give at least one sentence that is not empty")
    return len(raw) / len(zlib.compress(raw, 6))


def matched_sample(labels: Sequence[Sequence[str]], size: int, seed: int = 0) -> IntArray:
    """Return rows of a sample with the same number of sentences for every label.

    A sentence with several labels stands for the rarest of them. Where a label has too few sentences the sample is
    smaller, and labels stay equal.

    Args:
        labels: label ids of each sentence; sentences without any are never drawn.
        size: sentences wanted in all.
    """
    counts: dict[str, int] = {}
    for row in labels:
        for label in row:
            counts[label] = counts.get(label, 0) + 1
    rows: dict[str, list[int]] = {label: [] for label in sorted(counts)}
    for index, row in enumerate(labels):
        if row:
            rows[min(row, key=lambda label: (counts[label], label))].append(index)
    rows = {label: found for label, found in rows.items() if found}
    if not rows:
        raise MeasureError("no sentence carries a label", "label the sentences first")
    each = min(size // len(rows), *(len(found) for found in rows.values()))
    random = random_numbers(seed)
    return np.sort(np.concatenate([random.choice(found, each, replace=False) for found in rows.values()]))


@measured(distinct_4=higher(), self_bleu_4=lower(0, 1), compression_ratio=lower())
def diversity(
    labelled: LabelledSentences,
    any_reference: NoteSet | None = None,
    sample: int | None = None,
    draws: int = _DRAWS,
) -> list[Measure]:
    """Return Distinct-4, Self-BLEU-4 and compression ratio of sentences.

    All three move with the number of sentences, so they are taken on samples of one size. Published figures are of
    samples matched by label; sentences without labels are held against those of the reference instead.

    Args:
        sample: sentences in a sample (3,000, as published, if None); fewer are used where there are fewer.
        draws: samples, from which the interval is the range seen; one where the sample is the whole set.
    """
    wanted = sample if sample is not None else published_sample()
    if labelled.labels is None and len(labelled.texts) <= wanted:
        draws = 1
    samples = [draw_sentences(labelled, wanted, draw) for draw in range(draws)]
    size = len(samples[-1])
    comparable = labelled.labels is not None and size >= 0.9 * published_sample()
    note = f"{draws} draw(s) of {size:,} sentences" + (
        "" if comparable else "; too few to hold against baselines"
    )
    reference = None
    if labelled.labels is None:
        note = f"{draws} draw(s) of {size:,} sentences without labels: published figures are of sentences with them"
        reference = draw_sentences(plain_sentences(any_reference), size) if any_reference else None
    found = []
    for name, statistic in _STATISTICS.items():
        values = [statistic(chosen) for chosen in samples]
        baseline = published_baselines(name) if comparable else {}
        if reference:
            baseline = {f"{len(reference):,} sentences of the reference": statistic(reference)}
        interval = (min(values), max(values)) if draws > 1 else None
        found.append(Figure(float(np.mean(values)), interval, baseline=baseline, note=note))
    return found


_STATISTICS: dict[str, Callable[[Sequence[str]], float]] = {
    "distinct_4": distinct,
    "self_bleu_4": self_bleu,
    "compression_ratio": compression_ratio,
}


def _clipped_matches(ids: IntArray, sentence: IntArray, sentences: int) -> npt.NDArray[np.float64]:
    pairs, counts = np.unique(ids * sentences + sentence, return_counts=True)
    if not len(pairs):
        return np.zeros(sentences)
    gram, holder = np.divmod(pairs, sentences)
    starts = np.flatnonzero(np.r_[True, gram[1:] != gram[:-1]])
    group = np.repeat(np.arange(len(starts)), np.diff(np.r_[starts, len(gram)]))
    greatest = np.maximum.reduceat(counts, starts)[group]
    at_top = counts == greatest
    several = np.add.reduceat(at_top.astype(np.int64), starts)[group] > 1
    below = np.maximum.reduceat(np.where(at_top, 0, counts), starts)[group]
    elsewhere = np.where(at_top & ~several, below, greatest)
    found = np.bincount(holder, weights=np.minimum(counts, elsewhere), minlength=sentences)
    return found.astype(np.float64)


def _brevity_penalty(lengths: IntArray) -> npt.NDArray[np.float64]:
    values, index, counts = np.unique(lengths, return_inverse=True, return_counts=True)
    closest = values.copy()
    for row in np.flatnonzero(counts == 1):
        others = np.delete(values, row)
        # On a tie nltk takes the shorter reference; argmin of the sorted lengths does the same.
        closest[row] = others[np.argmin(np.abs(others - values[row]))]
    penalty = np.where(values > closest, 1.0, np.exp(1 - closest / values))
    return np.asarray(penalty[index], dtype=np.float64)


def draw_sentences(labelled: LabelledSentences, size: int, seed: int = 0) -> list[str]:
    """Return a sample of sentences, matched by label where they have labels; all of them where there are fewer."""
    texts = labelled.texts
    if labelled.labels is not None:
        return [texts[row] for row in matched_sample(labelled.labels, size, seed)]
    if len(texts) <= size:
        return list(texts)
    rows = random_numbers(seed).choice(len(texts), size, replace=False)
    return [texts[row] for row in rows]


@cache
def _published() -> Mapping[str, object]:
    text = resources.files("dualalign.measures").joinpath("diversity.yaml").read_text(encoding="utf-8")
    loaded: Mapping[str, object] = yaml.safe_load(text)
    return loaded


def published_sample() -> int:
    """Return the number of sentences that published figures were taken on."""
    size = _published()["sample"]
    assert isinstance(size, int)
    return size


def published_baselines(measure: str) -> dict[str, float]:
    """Return what others measured of a measure of diversity, by name."""
    rows = _published()["baselines"]
    assert isinstance(rows, list)
    return {row["name"]: float(row["values"][measure]) for row in rows if measure in row["values"]}
