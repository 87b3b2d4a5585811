"""The ways chosen by encoder_ways.py, on the test fold, beside gold only.

Run: python benchmarks/encoder_test.py --gold GOLD --synthetic COHORT --encoder MODEL --work FOLDER
       [--sample 40000] [--most 5000] [--seeds 5] [--fraction 1 --fraction 0.1] [--fine-tune]
Learns from `train` and `val` and chooses there, out of fold, how far each label leans on synthetic text and where its
threshold lies, as `dualalign experiment` does; `test` is read for the figures only. What each way predicts is kept in
FOLDER (one for each gold set and cohort), so a stopped run goes on. Prints binary F1 and macro-F1 over labels, means
over seeds, and paired differences from gold only (or `--against`) with 95% intervals by note. `--fine-tune` adds networks trained on
gold, alone (one seed) and beside n-grams: slow. `--way NAME` runs some of the ways only.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from encoder_ways import FROM_PRETRAINED, FROM_SYNTHETIC, LINEAR, Bench, Fixed

from dualalign.classifiers import LinearClassifier, PriorUse, make_classifier
from dualalign.experiments import read_labelled
from dualalign.experiments.development import Candidate, develop
from dualalign.experiments.draws import whole_notes
from dualalign.experiments.labelled_text import from_gold
from dualalign.experiments.selection import Selector, best_rows
from dualalign.labels import GoldSentences, read_gold
from dualalign.packs import load_pack
from dualalign.stats.bootstrap import estimate, group_weights, paired_difference
from dualalign.stats.counts import count_by_group, f1_of

DRAWS = 2000
USES = (PriorUse(offset=0.3, scale=0.1), PriorUse(offset=0.6, scale=0.05))
MOST_REAL = 0.25
GOLD, NETWORK_GOLD = "n-grams, gold only", "network, gold only"


Arm = tuple[Sequence[Candidate], int]
"""Ways to choose from, and how many fifths are held out in turn."""


def leaning(prior: Any, heads: Sequence[str]) -> Arm:
    """The linear classifier, leaning on a prior as far as development sentences say."""

    def candidate(use: PriorUse | None) -> Candidate:
        options = LINEAR if use is None else LINEAR.model_copy(update={"use": use})
        return Candidate(
            str(use),
            lambda gold, held: LinearClassifier(heads, options, prior=prior).fit(gold.texts, gold.marks),
        )

    return ([candidate(use) for use in USES] if prior is not None else [candidate(None)]), 5


def fine_tuned(bench: Bench, prior: Any, training: dict[str, Any]) -> Arm:
    def fit(gold: Any, held: Any) -> Any:
        made = make_classifier("encoder", bench.heads, 0, prior, model=bench.encoder, training=training)
        return made.fit(gold.texts, gold.marks)

    return [Candidate("encoder", fit)], 1


class Mean:
    """What classifiers say together, as the mean of their logits."""

    def __init__(self, classifiers: Sequence[Any]) -> None:
        self.heads = classifiers[0].heads
        self._classifiers = classifiers

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        return np.mean([each.logits(texts) for each in self._classifiers], axis=0)


def together(bench: Bench, linear_prior: Any, network_prior: Any, training: dict[str, Any]) -> Arm:
    """N-grams and a network that both learn from the gold, each fifth held out in turn."""
    ((ngrams, *_), folds), ((network,), _) = (
        leaning(linear_prior, bench.heads),
        fine_tuned(bench, network_prior, training),
    )
    fits = (ngrams.fit, network.fit)
    return [Candidate("together", lambda gold, held: Mean([fit(gold, None) for fit in fits]))], folds


def arms(bench: Bench, development: GoldSentences, fine_tune: bool) -> dict[str, Callable[[], Arm]]:
    """What is compared, by name; nothing is fitted before it is needed."""

    def asked(name: str, make: Callable[[], Fixed]) -> Fixed:
        place = bench.work / f"answers-{name}-{bench.most}-of-{len(bench.other)}.npy"
        if not place.is_file():
            np.save(place, make().logits(bench.gold.texts))
        return Fixed(bench.heads, dict(zip(bench.gold.texts, np.load(place), strict=True)))

    def linear() -> Fixed:
        return asked("linear", lambda: bench.fixed(bench.linear(bench.other)))

    def encoder() -> Fixed:
        return asked("encoder", lambda: bench.fixed(bench.network(bench.other)))

    def selected() -> Fixed:
        def make() -> Fixed:
            scores = Selector(bench.other, "discriminator").scores(from_gold(development))
            rows = best_rows(bench.other.marks, scores, MOST_REAL)
            return bench.fixed(bench.linear(bench.other.take(rows)))

        return asked("selected", make)

    heads = bench.heads
    found: dict[str, Callable[[], Arm]] = {
        GOLD: lambda: leaning(None, heads),
        "n-grams on linear": lambda: leaning(linear(), heads),
        "n-grams on linear + encoder": lambda: leaning(bench.fixed(linear(), encoder()), heads),
        "n-grams on most real quarter + encoder": lambda: leaning(bench.fixed(selected(), encoder()), heads),
    }
    if fine_tune:
        found[NETWORK_GOLD] = lambda: fine_tuned(bench, None, FROM_PRETRAINED)
        found["network, synthetic first"] = lambda: fine_tuned(
            bench, bench.network(bench.other), FROM_SYNTHETIC
        )
        found["n-grams and network, gold only"] = lambda: together(bench, None, None, FROM_PRETRAINED)
        found["n-grams on linear + encoder, and network, synthetic first"] = lambda: together(
            bench, bench.fixed(linear(), encoder()), bench.network(bench.other), FROM_SYNTHETIC
        )
    return found


def marked(arm: Callable[[], Arm], learned: GoldSentences, test: GoldSentences, seed: int) -> np.ndarray:
    """Which heads say yes of each test sentence."""
    candidates, folds = arm()
    random = np.random.default_rng(seed)
    developed = develop(from_gold(learned), learned.groups, candidates, random, folds)
    return developed.logits(test.texts) > developed.thresholds


def scores(total: np.ndarray) -> np.ndarray:
    """F1 of symptom-or-not, the mean over labels, and each label."""
    each = f1_of(total)
    mean = each[..., :-1].mean(axis=-1, keepdims=True)
    return np.concatenate([each[..., -1:], mean, each[..., :-1]], axis=-1)


def line(name: str, own: tuple[np.ndarray, np.ndarray], other: tuple[np.ndarray, np.ndarray]) -> str:
    """One row of the printed table."""
    cells = [name]
    for place in range(2):
        value = estimate(own[0][place], own[1][:, place])
        apart = paired_difference((own[0][place], own[1][:, place]), (other[0][place], other[1][:, place]))
        cells += [f"{value.value:.3f}", f"{apart.value:+.3f} ({apart.low:+.3f} to {apart.high:+.3f})"]
    return "| " + " | ".join([*cells, " / ".join(f"{each:.2f}" for each in own[0][2:])]) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--gold", type=Path, required=True)
    parser.add_argument("--synthetic", type=Path, required=True)
    parser.add_argument("--encoder", required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--pack", default="alzheimers")
    parser.add_argument("--fraction", type=float, action="append")
    parser.add_argument("--sample", type=int, default=40_000, help="synthetic sentences used")
    parser.add_argument("--most", type=int, default=5_000, help="synthetic sentences the network learns from")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--fine-tune", action="store_true")
    parser.add_argument("--way", action="append", help="only this one, beside gold only")
    parser.add_argument("--against", default=GOLD, help="the way that differences are from")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    scheme = load_pack(options.pack).labels.scheme()
    gold = read_gold(options.gold, scheme)
    other = read_labelled(options.synthetic, scheme)
    other = other.take(np.random.default_rng(0).permutation(len(other))[: options.sample])
    development, test = gold.fold("train", "val"), gold.fold("test")
    compared = arms(
        Bench(gold, other, options.encoder, options.work, options.most), development, options.fine_tune
    )
    if options.way:
        compared = {name: compared[name] for name in dict.fromkeys((GOLD, options.against, *options.way))}
    truth = from_gold(test).marks
    groups = np.unique(np.array(test.groups, dtype=object), return_inverse=True)[1]
    size = int(groups.max()) + 1
    weights = group_weights(size, DRAWS, np.random.default_rng(0))
    for fraction in options.fraction or (1.0, 0.1):
        found = {}
        for name, arm in compared.items():
            runs = []
            for seed in range(1 if name.startswith("network") else options.seeds):
                kept = options.work / f"test {name} {fraction:g} {seed}.npy".replace(" ", "_").replace(
                    "|", "on"
                )
                if not kept.is_file():
                    part = whole_notes(development, fraction, np.random.default_rng(seed))
                    np.save(kept, marked(arm, part, test, seed))
                runs.append(count_by_group(truth, np.load(kept), groups, size))
            drawn = [scores(np.tensordot(weights, counts, axes=1)) for counts in runs]
            found[name] = (
                np.mean([scores(counts.sum(axis=0)) for counts in runs], axis=0),
                np.mean(drawn, axis=0),
            )
        print(f"\n{fraction:.0%} of {len(development)} development sentences; {len(other):,} synthetic")
        print(f"differences from {options.against}")
        print("| way | F1, any | difference (95%) | F1, labels | difference (95%) | each label |")
        print("|---|---|---|---|---|---|")
        for name, own in found.items():
            print(line(name, own, found[options.against]))


if __name__ == "__main__":
    main()
