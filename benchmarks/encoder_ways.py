"""Ways of using a pretrained encoder beside few gold sentences, compared on development sentences only.

Run: python benchmarks/encoder_ways.py --gold GOLD --synthetic COHORT --encoder MODEL --work FOLDER
       [--silver LABELLED] [--most 5000] [--sample 10000] [--fraction 1 --fraction 0.1] [--fine-tune]
MODEL is a Hugging Face id or folder (MiniLM here). Networks and vectors are kept in FOLDER, so a second run is quick.
Prints, for each way, mean average precision over labels and that of symptom-or-not, and F1 of both where 1.15 times as
many sentences are marked as have the label. Sentences are judged by classifiers of other notes (four folds by note
within the gold's `train` and `val`); `test` is not read. `--fine-tune` adds the slow ways that train a network on gold.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score

from dualalign.classifiers import (
    Classifier,
    LinearClassifier,
    LinearOptions,
    PriorUse,
    load_classifier,
    make_classifier,
)
from dualalign.experiments import LabelledText, read_labelled
from dualalign.experiments.draws import whole_notes
from dualalign.experiments.labelled_text import ANY, from_gold
from dualalign.experiments.selection import Selector, best_rows
from dualalign.experiments.tasks import with_labels_in_any
from dualalign.labels import GoldSentences, read_gold
from dualalign.packs import load_pack
from dualalign.stats.counts import count_by_group, f1_of
from dualalign.stats.folds import group_folds
from dualalign.stats.thresholds import rate_thresholds

FOLDS = 4
LINEAR = LinearOptions(steps=60)
USES = (PriorUse(offset=0.3, scale=0.1),)
ONE_PASS = {"epochs": 1, "rate": 1e-4, "head_rate": 1e-3, "tokens": 64, "precision": "bfloat16"}
ON_GOLD = {"batch": 16, "micro_batch": 16, "tokens": 64, "precision": "bfloat16"}
FROM_PRETRAINED = ON_GOLD | {"epochs": 5, "rate": 1e-4, "head_rate": 1e-3}
FROM_SYNTHETIC = ON_GOLD | {"epochs": 3, "rate": 5e-5, "head_rate": 2.5e-4}

Way = Callable[[GoldSentences, Sequence[str]], np.ndarray]
"""From what is learned from, and sentences to judge, to logits."""


class Fixed:
    """What a classifier said of every gold sentence, asked once; a prior like any other."""

    def __init__(self, heads: tuple[str, ...], answers: Mapping[str, np.ndarray]) -> None:
        self.heads = heads
        self._answers = answers

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        return np.array([self._answers[text] for text in texts])


@dataclass
class Bench:
    """What every way uses."""

    gold: GoldSentences
    other: LabelledText
    encoder: str
    work: Path
    most: int

    @property
    def heads(self) -> tuple[str, ...]:
        return (*self.gold.label_ids, ANY)

    def fixed(self, *classifiers: Any) -> Fixed:
        """The mean of what classifiers say of the development sentences."""
        logits = np.mean([each.logits(self.gold.texts) for each in classifiers], axis=0)
        return Fixed(self.heads, dict(zip(self.gold.texts, logits, strict=True)))

    def linear(self, text: LabelledText) -> LinearClassifier:
        return LinearClassifier(self.heads, LINEAR).fit(text.texts, text.marks)

    def vectors(self, ngrams: bool) -> dict[str, Any]:
        options = {"model": self.encoder, "cache": str(self.work / "vectors")}
        return options if ngrams else options | {"ngrams": None, "scale": 6.0}

    def network(self, text: LabelledText) -> Classifier:
        """The encoder after one pass over synthetic sentences, read from the work folder if it was trained before."""
        folder = self.work / f"encoder-{self.most}-of-{len(text)}"
        if not (folder / "classifier.json").is_file():
            made = make_classifier(
                "encoder", self.heads, 0, model=self.encoder, most=self.most, training=ONE_PASS
            )
            made.fit(text.texts, text.marks).save(folder)
        return load_classifier(folder)


def of_linear(prior: Any, use: PriorUse | None, heads: Sequence[str]) -> Way:
    def judge(gold: GoldSentences, judged: Sequence[str]) -> np.ndarray:
        text = from_gold(gold)
        options = LINEAR if use is None else LINEAR.model_copy(update={"use": use})
        return LinearClassifier(heads, options, prior=prior).fit(text.texts, text.marks).logits(judged)

    return judge


def of_named(name: str, options: Mapping[str, Any], prior: Any, heads: Sequence[str]) -> Way:
    def judge(gold: GoldSentences, judged: Sequence[str]) -> np.ndarray:
        text = from_gold(gold)
        made = make_classifier(name, heads, 0, prior, **options)
        return made.fit(text.texts, text.marks).logits(judged)

    return judge


def remembered(way: Way) -> Way:
    """The same way, which judges the same sentences after the same lesson only once."""
    known: dict[tuple[tuple[str, ...], tuple[str, ...]], np.ndarray] = {}

    def judge(gold: GoldSentences, judged: Sequence[str]) -> np.ndarray:
        key = (tuple(gold.ids), tuple(judged))
        if key not in known:
            known[key] = way(gold, judged)
        return known[key]

    return judge


def mean_of(*members: Way) -> Way:
    return lambda gold, judged: np.mean([way(gold, judged) for way in members], axis=0)


def of_selected(bench: Bench, network: Fixed, share: float, use: PriorUse) -> Way:
    """The linear prior learns from the synthetic sentences that look most like the gold learned from."""
    selector = Selector(bench.other, "discriminator")

    def judge(gold: GoldSentences, judged: Sequence[str]) -> np.ndarray:
        chosen = best_rows(bench.other.marks, selector.scores(from_gold(gold)), share)
        prior = bench.fixed(bench.linear(bench.other.take(chosen)), network)
        return of_linear(prior, use, bench.heads)(gold, judged)

    return judge


def ways(bench: Bench, silver: LabelledText | None, fine_tune: bool) -> dict[str, Way]:
    """Every way compared, by name."""
    heads = bench.heads
    network = bench.network(bench.other)
    priors = {"linear": bench.fixed(bench.linear(bench.other)), "encoder": bench.fixed(network)}
    frozen = make_classifier("embedding", heads, 0, None, **bench.vectors(ngrams=False))
    priors["frozen encoder"] = bench.fixed(frozen.fit(bench.other.texts, bench.other.marks))
    priors["linear + encoder"] = bench.fixed(priors["linear"], priors["encoder"])
    if silver is not None:
        priors["silver"] = bench.fixed(bench.linear(silver))
        pooled = bench.fixed(bench.linear(bench.other.joined(silver)))
        priors["linear with silver, + encoder"] = bench.fixed(pooled, priors["encoder"])
    found: dict[str, Way] = {
        f"{name} of synthetic alone": lambda gold, judged, prior=prior: prior.logits(judged)
        for name, prior in priors.items()
    }
    found["gold: n-grams"] = of_linear(None, None, heads)
    found["gold: frozen vectors"] = of_named("embedding", bench.vectors(ngrams=False), None, heads)
    found["gold: n-grams, frozen vectors"] = of_named("embedding", bench.vectors(ngrams=True), None, heads)
    for name, prior in priors.items():
        for use in USES:
            found[f"n-grams on {name} {use.offset:g}, {use.scale:g}"] = of_linear(prior, use, heads)
    leaning = bench.vectors(ngrams=True) | {"use": {"offset": 0.3, "scale": 0.1}}
    found["n-grams, vectors on linear + encoder"] = of_named(
        "embedding", leaning, priors["linear + encoder"], heads
    )
    found["n-grams on most real quarter + encoder"] = of_selected(bench, priors["encoder"], 0.25, USES[0])
    if fine_tune:
        tuned = {"model": bench.encoder}
        of_gold = remembered(of_named("encoder", tuned | {"training": FROM_PRETRAINED}, None, heads))
        first = remembered(of_named("encoder", tuned | {"training": FROM_SYNTHETIC}, network, heads))
        leaning_ngrams = of_linear(priors["linear + encoder"], USES[0], heads)
        found["gold: network"] = of_gold
        found["gold: mean of n-grams and network"] = mean_of(found["gold: n-grams"], of_gold)
        found["network, synthetic first"] = first
        found["mean of gold n-grams and that network"] = mean_of(found["gold: n-grams"], first)
        found["mean of n-grams on linear + encoder and that network"] = mean_of(leaning_ngrams, first)
    return found


def judge(way: Way, gold: GoldSentences, fraction: float) -> list[float]:
    """What the way gives on development sentences of notes it did not learn from."""
    truth = from_gold(gold).marks
    folds = group_folds(gold.groups, FOLDS, np.random.default_rng(0))
    logits = np.zeros(truth.shape)
    for fold in range(FOLDS):
        rows, held = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        part = gold.take(rows.tolist())
        if fraction < 1:
            part = whole_notes(part, fraction, np.random.default_rng(fold))
        logits[held] = way(part, gold.take(held.tolist()).texts)
    logits = with_labels_in_any(logits)
    precision = [average_precision_score(truth[:, head], logits[:, head]) for head in range(truth.shape[1])]
    marked = logits > rate_thresholds(truth, logits)
    f1 = f1_of(count_by_group(truth, marked, np.zeros(len(truth), np.intp), 1)[0])
    return [float(np.mean(precision[:-1])), precision[-1], float(f1[:-1].mean()), float(f1[-1])]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--gold", type=Path, required=True)
    parser.add_argument("--synthetic", type=Path, required=True)
    parser.add_argument("--encoder", required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--silver", type=Path)
    parser.add_argument("--pack", default="alzheimers")
    parser.add_argument("--fraction", type=float, action="append")
    parser.add_argument("--sample", type=int, default=10_000, help="synthetic sentences used")
    parser.add_argument("--most", type=int, default=5_000, help="synthetic sentences the network learns from")
    parser.add_argument("--fine-tune", action="store_true")
    options = parser.parse_args()
    scheme = load_pack(options.pack).labels.scheme()
    gold = read_gold(options.gold, scheme).fold("train", "val")
    other = read_labelled(options.synthetic, scheme)
    other = other.take(np.random.default_rng(0).permutation(len(other))[: options.sample])
    silver = read_labelled(options.silver, scheme) if options.silver else None
    bench = Bench(gold, other, options.encoder, options.work, options.most)
    compared = ways(bench, silver, options.fine_tune)
    for fraction in options.fraction or (1.0, 0.1):
        print(f"\n{fraction:.0%} of {len(gold)} development sentences; {len(other):,} synthetic")
        print("| way | AP, labels | AP, any | F1, labels | F1, any |\n|---|---|---|---|---|")
        for name, way in compared.items():
            scores = judge(way, gold, fraction)
            print(f"| {name} | " + " | ".join(f"{score:.3f}" for score in scores) + " |", flush=True)


if __name__ == "__main__":
    main()
