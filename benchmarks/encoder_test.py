"""The way chosen by encoder_ways.py, on the test fold: gold only, leaning on a linear prior, and on a blend.

Run: python benchmarks/encoder_test.py --gold GOLD --synthetic COHORT --encoder MODEL --work FOLDER
       [--sample 40000] [--most 5000] [--seeds 5]
Learns from `train` and `val`, takes thresholds there (out of fold, five folds by note), and reads `test` once.
Prints binary F1, macro-F1 over labels, and their paired differences from gold only with 95% intervals by note.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from encoder_ways import Bench, Way, of_linear

from dualalign.classifiers import PriorUse
from dualalign.experiments import read_labelled
from dualalign.experiments.development import group_folds
from dualalign.experiments.draws import whole_notes
from dualalign.experiments.intervals import difference, estimate, resample_scores
from dualalign.experiments.labelled_text import from_gold
from dualalign.experiments.scores import (
    GroupCounts,
    count_by_group,
    f1_of,
    rate_thresholds,
    with_labels_in_any,
)
from dualalign.labels import GoldSentences, read_gold
from dualalign.packs import load_pack

FOLDS = 5
DRAWS = 2000
USE = PriorUse(0.3, 0.1)


def scores(total: np.ndarray) -> np.ndarray:
    """F1 of symptom-or-not, the mean over labels, and each label."""
    each = f1_of(total)
    return np.concatenate(
        [each[..., -1:], each[..., :-1].mean(axis=-1, keepdims=True), each[..., :-1]], axis=-1
    )


def counts(way: Way, learned: GoldSentences, test: GoldSentences, seed: int) -> GroupCounts:
    """Hits and misses on test sentences of a classifier and thresholds learned elsewhere."""
    unseen = np.zeros(from_gold(learned).marks.shape)
    folds = group_folds(learned.groups, FOLDS, np.random.default_rng(seed))
    for fold in np.unique(folds):
        held = np.flatnonzero(folds == fold)
        part = learned.take(np.flatnonzero(folds != fold).tolist())
        unseen[held] = way(part, learned.take(held.tolist()).texts)
    thresholds = rate_thresholds(from_gold(learned).marks, with_labels_in_any(unseen))
    marked = with_labels_in_any(way(learned, test.texts)) > thresholds
    return count_by_group(from_gold(test).marks, marked, test.groups)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--gold", type=Path, required=True)
    parser.add_argument("--synthetic", type=Path, required=True)
    parser.add_argument("--encoder", required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--pack", default="alzheimers")
    parser.add_argument("--sample", type=int, default=40_000, help="synthetic sentences used")
    parser.add_argument("--most", type=int, default=5_000, help="synthetic sentences the network learns from")
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    scheme = load_pack(options.pack).labels.scheme()
    gold = read_gold(options.gold, scheme)
    other = read_labelled(options.synthetic, scheme)
    other = other.take(np.random.default_rng(0).permutation(len(other))[: options.sample])
    bench = Bench(gold, other, options.encoder, options.work, options.most)
    linear, network = bench.linear(other), bench.network(other)
    compared = {
        "gold": of_linear(None, None, bench.heads),
        "gold, leaning on linear": of_linear(bench.fixed(linear), USE, bench.heads),
        "gold, leaning on linear + encoder": of_linear(bench.fixed(linear, network), USE, bench.heads),
    }
    development, test = gold.fold("train", "val"), gold.fold("test")
    for fraction in (1.0, 0.1):
        found = {}
        for name, way in compared.items():
            runs = []
            for seed in range(options.seeds):
                part = whole_notes(development, fraction, np.random.default_rng(seed))
                runs.append(counts(way, part, test, seed))
            found[name] = resample_scores(runs, scores, DRAWS, 0)
        print(f"\n{fraction:.0%} of {len(development)} development sentences; {len(other):,} synthetic")
        for name, (value, drawn) in found.items():
            for place, score in enumerate(("binary F1", "macro-F1")):
                own = estimate(value[place], drawn[:, place])
                apart = difference(
                    (value[place], drawn[:, place]),
                    (found["gold"][0][place], found["gold"][1][:, place]),
                )
                print(
                    f"{name:<36}{score:<10}{own.value:.3f} ({own.low:.3f} to {own.high:.3f})  against gold "
                    f"{apart.value:+.3f} ({apart.low:+.3f} to {apart.high:+.3f}), p {apart.p:.3f}"
                )
            print(f"{'':<36}each      " + " ".join(f"{each:.3f}" for each in value[2:]), flush=True)


if __name__ == "__main__":
    main()
