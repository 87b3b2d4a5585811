"""Ways of adding synthetic sentences to few gold ones, compared on development sentences only.

Run: python benchmarks/ways_to_add_text.py --gold GOLD --synthetic COHORT [--fraction 1 --fraction 0.1] [--sample 10000]
     [--way "gold only" --way kept]
Prints, for each way, mean average precision over labels, that of symptom-or-not, and F1 with thresholds of greatest
out-of-fold F1 and with matched rates. Folds are drawn by note within the gold's `train` and `val`; `test` is not read.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import get_args

import numpy as np
from scipy.sparse import vstack
from sklearn.metrics import average_precision_score

from dualalign.classifiers import LinearClassifier, LinearOptions, PriorUse
from dualalign.classifiers.logistic import Design, fit_logistic
from dualalign.experiments import LabelledText, read_labelled
from dualalign.experiments.labelled_text import ANY, from_gold
from dualalign.experiments.other_text import OtherText, RememberedPrior
from dualalign.experiments.selection import By, Selector
from dualalign.experiments.tasks import with_labels_in_any
from dualalign.labels import read_gold
from dualalign.packs import load_pack
from dualalign.stats.counts import count_by_group, f1_of
from dualalign.stats.folds import group_folds
from dualalign.stats.thresholds import rate_thresholds

OUTER, INNER, ROUNDS = 4, 5, 1
OPTIONS = LinearOptions(steps=60)
BOTH = PriorUse(offset=0.3, scale=0.1)

Way = Callable[[LabelledText, LabelledText], np.ndarray]
"""From what is learned from, and sentences to judge, to logits."""


def best_f1_thresholds(truth: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """Logits of greatest F1 on the sentences given; infinity for a head without positives."""
    found = np.full(truth.shape[1], np.inf)
    for head in range(truth.shape[1]):
        order = np.argsort(-logits[:, head])
        hits = np.cumsum(truth[order, head])
        if hits[-1]:
            found[head] = logits[order, head][(2 * hits / (np.arange(1, len(order) + 1) + hits[-1])).argmax()]
    return found - 1e-9


def ways(other: LabelledText, heads: Sequence[str]) -> dict[str, Way]:
    """Every way compared, by name."""
    learned = LinearClassifier(heads, OPTIONS).fit(other.texts, other.marks)
    prior = RememberedPrior(learned)

    def alone(gold: LabelledText, judged: LabelledText) -> np.ndarray:
        return LinearClassifier(heads, OPTIONS).fit(gold.texts, gold.marks).logits(judged.texts)

    def leaning(use: PriorUse) -> Way:
        return lambda gold, judged: (
            LinearClassifier(heads, OPTIONS.model_copy(update={"use": use}), prior=prior)
            .fit(gold.texts, gold.marks)
            .logits(judged.texts)
        )

    features = learned._features
    vectors = features.transform(other.texts)

    def pooled(weight: float) -> Way:
        def judge(gold: LabelledText, judged: LabelledText) -> np.ndarray:
            both = vstack([features.transform(gold.texts), vectors]).tocsr()
            weights = np.concatenate([np.ones(len(gold)), np.full(len(other), weight)])
            marks = np.vstack([gold.marks, other.marks])
            found, _, intercepts = fit_logistic(Design(both), marks, OPTIONS.strength, weights, steps=40)
            return np.asarray(features.transform(judged.texts) @ found + intercepts)

        return judge

    def selected(by: By, share: float) -> Way:
        def learn(text: LabelledText) -> LinearClassifier:
            return LinearClassifier(heads, OPTIONS).fit(text.texts, text.marks)

        kept = OtherText(other, learn, selector=Selector(other, by), share=share)
        return lambda gold, judged: (
            LinearClassifier(heads, OPTIONS.model_copy(update={"use": BOTH}), prior=kept.prior(gold))
            .fit(gold.texts, gold.marks)
            .logits(judged.texts)
        )

    found: dict[str, Way] = {"gold only": alone}
    found |= {f"pooled, weight {w:g}": pooled(w) for w in (0.03, 0.1, 0.3)}
    found |= {f"offset {o:g}": leaning(PriorUse(offset=o, scale=0.0)) for o in (0.3, 0.6, 1.0)}
    found |= {f"features {s:g}": leaning(PriorUse(offset=0.0, scale=s)) for s in (0.05, 0.1, 0.3)}
    found["offset 0.3, features 0.1"] = leaning(BOTH)
    for by in get_args(By):
        found |= {f"the same, {by}, {share:.0%} kept": selected(by, share) for share in (0.5, 0.25)}
    return found


def few(gold: LabelledText, groups: list[str], fraction: float, random: np.random.Generator) -> list[int]:
    """Rows of whole notes drawn until the share of sentences is reached."""
    wanted, rows = fraction * len(gold), []
    names = sorted(set(groups))
    for place in random.permutation(len(names)):
        if len(rows) >= wanted:
            break
        rows += [row for row, group in enumerate(groups) if group == names[place]]
    return sorted(rows)


def judge(way: Way, gold: LabelledText, groups: list[str], fraction: float, rounds: int) -> str:
    """One printed line: what the way gives on held-out development sentences."""
    truth, logits, by_f1, by_rate = [], [], [], []
    for round_ in range(rounds):
        folds = group_folds(groups, OUTER, np.random.default_rng(round_))
        for fold in range(OUTER):
            rows = np.flatnonzero(folds != fold)
            held = gold.take(np.flatnonzero(folds == fold))
            part, names = gold.take(rows), [groups[row] for row in rows]
            if fraction < 1:
                kept = few(part, names, fraction, np.random.default_rng(100 * round_ + fold))
                part, names = part.take(kept), [names[row] for row in kept]
            inner = group_folds(names, INNER, np.random.default_rng(7))
            unseen = np.zeros(part.marks.shape)
            for each in np.unique(inner):
                out = np.flatnonzero(inner == each)
                unseen[out] = way(part.take(np.flatnonzero(inner != each)), part.take(out))
            unseen, found = with_labels_in_any(unseen), with_labels_in_any(way(part, held))
            truth.append(held.marks)
            logits.append(found)
            by_f1.append(found > best_f1_thresholds(part.marks, unseen))
            by_rate.append(found > rate_thresholds(part.marks, unseen))
    marks, scores = np.vstack(truth), np.vstack(logits)
    precision = [average_precision_score(marks[:, head], scores[:, head]) for head in range(marks.shape[1])]
    parts = [np.mean(precision[:-1]), precision[-1]]
    for predicted in (np.vstack(by_f1), np.vstack(by_rate)):
        f1 = f1_of(count_by_group(marks, predicted, np.zeros(len(marks), np.intp), 1)[0])
        parts += [f1[:-1].mean(), f1[-1]]
    return "".join(f"{part:>14.3f}" for part in parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--gold", type=Path, required=True)
    parser.add_argument("--synthetic", type=Path, required=True)
    parser.add_argument("--pack", default="alzheimers")
    parser.add_argument("--fraction", type=float, action="append")
    parser.add_argument("--sample", type=int, default=10_000, help="synthetic sentences used")
    parser.add_argument("--way", action="append", help="only ways whose name holds this; may be given again")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    scheme = load_pack(options.pack).labels.scheme()
    gold = read_gold(options.gold, scheme).fold("train", "val")
    other = read_labelled(options.synthetic, scheme)
    rows = np.random.default_rng(0).permutation(len(other))[: options.sample]
    compared = ways(other.take(rows), (*gold.label_ids, ANY))
    columns = ("AP labels", "AP any", "best-F1 lab.", "best-F1 any", "rate labels", "rate any")
    for fraction in options.fraction or (1.0, 0.1):
        print(f"\n{fraction:.0%} of {len(gold)} development sentences; {len(rows):,} synthetic")
        print(f"{'':<36}" + "".join(f"{name:>14}" for name in columns), flush=True)
        for name, way in compared.items():
            if options.way and not any(part in name for part in options.way):
                continue
            print(
                f"{name:<36}{judge(way, from_gold(gold), list(gold.groups), fraction, options.rounds)}",
                flush=True,
            )


if __name__ == "__main__":
    main()
