"""How varied a bronze set is, and what the rules see in its sentences.

Run: dualalign compose alzheimers --writer llama-cpp --model FILE.gguf --per-label 60 --out bronze
     python benchmarks/composed_sentences.py --sets bronze other-set
Sets are cut to the same number of sentences for each label asked for, since Self-BLEU grows with size. Agreement is
the share of a label's sentences in which the rules see that label, see others only, or see none; sentences with other
labels only are refused while composing, unless that check was off.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

import pyarrow.parquet as pq

from dualalign.labels import RulesAnnotator
from dualalign.measures.diversity import compression_ratio, distinct, self_bleu
from dualalign.packs import load_pack


def by_label(folder: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for row in pq.ParquetFile(folder / "sentences" / "part-00000.parquet").read().to_pylist():
        found[row["written_for"]].append(row["text"])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=Path, nargs="+", required=True)
    parser.add_argument("--pack", default="alzheimers")
    arguments = parser.parse_args()
    rules = RulesAnnotator(load_pack(arguments.pack))
    sets = {folder: by_label(folder) for folder in arguments.sets}
    labels = list(next(iter(sets.values())))
    size = {label: min(len(found[label]) for found in sets.values()) for label in labels}
    for folder, found in sets.items():
        texts = [text for label in labels for text in found[label][: size[label]]]
        words = sum(len(text.split()) for text in texts) / len(texts)
        print(
            f"{folder}: {len(texts)} sentences of {words:.1f} words, Distinct-4 {distinct(texts):.4f}, "
            f"Self-BLEU-4 {self_bleu(texts):.4f}, compression {compression_ratio(texts):.2f}"
        )
        for label in labels:
            seen = [each.labels for each in rules.annotate(found[label])]
            right, none = sum(label in each for each in seen), sum(not each for each in seen)
            print(
                f"  {label:<18} {len(seen):>5}  rules see it in {right / len(seen):.2f}, "
                f"others only in {(len(seen) - right - none) / len(seen):.2f}, none in {none / len(seen):.2f}"
            )


if __name__ == "__main__":
    main()
