"""Seconds to train the linear classifier on many sentences, and to label with it, on one core.

Run: python benchmarks/linear_training.py COHORT [--sentences 250000]
Exits 1 if training takes longer than five minutes.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from dualalign.classifiers import LinearClassifier
from dualalign.cohort import open_cohort
from dualalign.packs import load_pack

LIMIT_SECONDS = 300.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("cohort", type=Path)
    parser.add_argument("--sentences", type=int, default=250_000)
    options = parser.parse_args()
    cohort = open_cohort(options.cohort)
    table = cohort.table("sentences", ["text", "labels"]).slice(0, options.sentences)
    heads = [label.id for label in load_pack(cohort.pack_id).labels.scheme().labels]
    texts = table["text"].to_pylist()
    marks = np.array([[head in labels for head in heads] for labels in table["labels"].to_pylist()])
    started = time.process_time()
    classifier = LinearClassifier(heads).fit(texts, marks)
    training = time.process_time() - started
    started = time.process_time()
    classifier.predict_proba(texts[:20_000])
    labelling = 20_000 / (time.process_time() - started)
    print(
        f"{len(texts):,} sentences, {len(heads)} heads: trained in {training:.0f} s of one core "
        f"(limit {LIMIT_SECONDS:.0f}); labels {labelling:,.0f} sentences a second"
    )
    raise SystemExit(0 if training <= LIMIT_SECONDS else 1)


if __name__ == "__main__":
    main()
