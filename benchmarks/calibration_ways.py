"""Ways of calibrating probabilities, compared on development sentences only.

Run: python benchmarks/calibration_ways.py --gold GOLD --synthetic COHORT [--fraction 1 --fraction 0.1] [--rounds 3]
     [--sample 10000]
Prints one table for each share of the gold: the linear classifier of gold alone and leaning on synthetic text, each
calibrated in every way. In each round the development sentences are dealt to four folds by note; from three of them a
classifier learns as in an experiment, what calibrates it is learned from its own sentences held out, and the fourth is
judged. Scores are of all four together, means over rounds, labels before symptom-or-not; `test` is not read.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import numpy as np

from dualalign.classifiers import LinearOptions
from dualalign.classifiers.calibrated import Calibration
from dualalign.experiments import read_labelled
from dualalign.experiments.development import develop
from dualalign.experiments.draws import whole_notes
from dualalign.experiments.labelled_text import ANY, from_gold
from dualalign.experiments.models import Learner, ModelChoice
from dualalign.experiments.other_text import OtherText
from dualalign.experiments.training_sets import TextUse, default_training_sets
from dualalign.labels import GoldSentences, read_gold
from dualalign.packs import load_pack
from dualalign.stats.calibration import calibration_scores, log_losses
from dualalign.stats.folds import group_folds

FOLDS = 4
OPTIONS = LinearOptions(steps=60)
WAYS: tuple[Calibration, ...] = get_args(Calibration)
COLUMNS = ("Brier", "calibration error", "calibration slope", "log loss")


def judged(
    gold: GoldSentences, others: list[OtherText], fraction: float, round_: int
) -> Iterator[tuple[np.ndarray, dict[Calibration, np.ndarray]]]:
    """Truth and log odds of each fold judged, by way of calibration."""
    folds = group_folds(gold.groups, FOLDS, np.random.default_rng(round_))
    learner = Learner(ModelChoice(name="linear"), OPTIONS, (*gold.label_ids, ANY), 0)
    candidates = learner.candidates(TextUse(), others, default_training_sets().prior_uses)
    for fold in range(FOLDS):
        random = np.random.default_rng(100 * round_ + fold)
        learned = whole_notes(gold.take(np.flatnonzero(folds != fold)), fraction, random)
        held = from_gold(gold.take(np.flatnonzero(folds == fold)))
        found = develop(from_gold(learned), learned.groups, candidates, random)
        logits = found.logits(held.texts)
        yield held.marks, {way: found.held_out.calibrated(way, logits) for way in WAYS}


def scores(truth: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """The printed scores: mean over labels, and of the last head."""
    places, once = np.arange(len(truth)), np.ones((1, len(truth)))
    heads = range(truth.shape[1])
    each = np.array([calibration_scores(truth[:, head], logits[:, head], places, once)[0] for head in heads])
    each = np.column_stack([each, log_losses(truth, logits)])
    return np.stack([each[:-1].mean(axis=0), each[-1]])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--gold", type=Path, required=True)
    parser.add_argument("--synthetic", type=Path, required=True)
    parser.add_argument("--pack", default="alzheimers")
    parser.add_argument("--fraction", type=float, action="append")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sample", type=int, default=10_000, help="synthetic sentences used")
    options = parser.parse_args()
    scheme = load_pack(options.pack).labels.scheme()
    gold = read_gold(options.gold, scheme).fold("train", "val")
    other = read_labelled(options.synthetic, scheme)
    other = other.take(np.random.default_rng(0).permutation(len(other))[: options.sample])
    like = Learner(ModelChoice(name="linear"), OPTIONS, (*gold.label_ids, ANY), 0)
    sets = {"gold": [], "+ synthetic": [OtherText(other, like.learn, gold.texts)]}
    for fraction in options.fraction or (1.0, 0.1):
        print(f"\n{fraction:.0%} of {len(gold)} development sentences; {len(other):,} synthetic\n")
        print("| training set, calibration | " + " | ".join(COLUMNS) + " |\n|---" * 1 + "|---" * 4 + "|")
        for name, others in sets.items():
            rounds = []
            for round_ in range(options.rounds):
                truths, logits = zip(*judged(gold, others, fraction, round_), strict=True)
                truth = np.vstack(truths)
                rounds.append([scores(truth, np.vstack([each[way] for each in logits])) for way in WAYS])
            for way, (labels, last) in zip(WAYS, np.mean(rounds, axis=0), strict=True):
                cells = [f"{a:.3f} / {b:.3f}" for a, b in zip(labels, last, strict=True)]
                print(f"| {name}, {way} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
