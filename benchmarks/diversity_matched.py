"""Diversity of a cohort's labelled sentences, sampled in proportion to the published gold categories.

Run: python benchmarks/diversity_matched.py COHORT [--size 3000] [--draws 3] [--show 20] [--said-only]
Prints Distinct-4 and Self-BLEU-4 beside the figures to hold them against, and the 4-grams repeated most.
Exits 1 short of the floor (Distinct-4 0.75, Self-BLEU-4 0.50).
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dualalign.cohort import open_cohort
from dualalign.measures.diversity import distinct, self_bleu

# Gold sentences by category: Li, Wang, Yu, arXiv 2509.10538 (2025).
GOLD = {
    "cognitive": 6_240,
    "concern": 785,
    "assistance": 1_864,
    "physiological": 1_340,
    "neuropsychiatric": 1_342,
}
FLOOR = (0.75, 0.50)
TOKEN = re.compile(r"\w+|[^\w\s]")


def draw(labels: Sequence[Sequence[str]], size: int, seed: int) -> list[int]:
    """Rows of a sample in the gold proportions; rarer categories choose first, no row serves twice."""
    random = np.random.default_rng(seed)
    total = sum(GOLD.values())
    taken: set[int] = set()
    for label, gold in sorted(GOLD.items(), key=lambda item: item[1]):
        rows = [row for row, found in enumerate(labels) if label in found and row not in taken]
        taken.update(random.choice(rows, round(size * gold / total), replace=False).tolist())
    return sorted(taken)


def said_by_mentions(folder: Path) -> set[tuple[str, int]]:
    """(note, sentence) of every sentence that a planned mention was said in."""
    table = open_cohort(folder).table("mentions", ["note_id", "sentence"])
    return set(zip(table["note_id"].to_pylist(), table["sentence"].to_pylist(), strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("cohort", type=Path)
    parser.add_argument("--size", type=int, default=3_000)
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--show", type=int, default=0, help="most repeated 4-grams to print")
    parser.add_argument("--said-only", action="store_true", help="leave out test scores and stated facts")
    options = parser.parse_args()
    table = open_cohort(options.cohort).table("sentences", ["note_id", "sentence", "text", "labels"])
    rows = table.to_pylist()
    if options.said_only:
        said = said_by_mentions(options.cohort)
        rows = [row for row in rows if (row["note_id"], row["sentence"]) in said]
    labels = [row["labels"] for row in rows]
    samples = [
        [rows[row]["text"] for row in draw(labels, options.size, seed)] for seed in range(options.draws)
    ]
    values = np.mean([(distinct(sample, 4), self_bleu(sample)) for sample in samples], axis=0)
    tokens = np.mean([len(TOKEN.findall(text)) for sample in samples for text in sample])
    print(
        f"{options.draws} draws of {options.size:,}: Distinct-4 {values[0]:.3f} (real 0.935), "
        f"Self-BLEU-4 {values[1]:.3f} (real 0.285), {tokens:.1f} tokens a sentence"
    )
    counts: Counter[tuple[str, ...]] = Counter()
    for text in samples[0]:
        found = TOKEN.findall(text)
        counts.update(zip(found, found[1:], found[2:], found[3:], strict=False))
    for gram, count in counts.most_common(options.show):
        print(f"{count:5}  {' '.join(gram)}")
    if values[0] < FLOOR[0] or values[1] > FLOOR[1]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
