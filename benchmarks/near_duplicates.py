"""How fast near-duplicates are found among a cohort's sentences, and how many are found, against MinHash.

Run: dualalign generate alzheimers --patients 75 --out cohort; python benchmarks/near_duplicates.py --cohort cohort
datasketch is left out if it is not installed. Recall is counted on the first `--pairs` sentences, each compared with
all: the share of sentences with an earlier one of at least the threshold for which some such one is found. Both
indexes get every sentence, so that they answer the same question; sentences equal but for letter case and
punctuation are given once. Seconds are of the processor, so that a busy machine changes them little.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from resource import RUSAGE_SELF, getrusage

import numpy as np
from scipy.sparse import csr_matrix

from dualalign.cohort import open_cohort
from dualalign.labels.near_duplicates import SIZE, THRESHOLD, NearDuplicates, normalised, shingles

PERMUTATIONS = 128


def different(texts: Sequence[str], most: int) -> list[str]:
    once: dict[str, None] = {}
    for text in texts:
        once.setdefault(normalised(text))
        if len(once) == most:
            break
    return list(once)


def exact(texts: Sequence[str], threshold: float, size: int) -> set[int]:
    """Return the sentences with an earlier one at least as similar as the threshold, from all pairs."""
    columns: dict[str, int] = {}
    rows = [[columns.setdefault(each, len(columns)) for each in shingles(text, size)] for text in texts]
    sizes = np.array([len(row) for row in rows])
    indices = np.concatenate([np.array(row) for row in rows])
    matrix = csr_matrix(
        (np.ones(len(indices), dtype=np.int32), indices, np.concatenate([[0], np.cumsum(sizes)]))
    )
    found: set[int] = set()
    for start in range(0, len(texts), 500):
        block = (matrix[start : start + 500] @ matrix.T).tocoo()
        row, column = block.row + start, block.col
        similarity = block.data / (sizes[row] + sizes[column] - block.data)
        found.update(row[(column < row) & (similarity >= threshold - 1e-9)].tolist())
    return found


def ours(texts: Sequence[str], threshold: float, size: int) -> set[int]:
    index = NearDuplicates(threshold, size)
    found = set()
    for row, text in enumerate(texts):
        if index.find(text) is not None:
            found.add(row)
        index.add(text)
    return found


def minhash(texts: Sequence[str], threshold: float, size: int) -> set[int]:
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=threshold, num_perm=PERMUTATIONS)
    sets: list[frozenset[str]] = []
    found = set()
    for row, text in enumerate(texts):
        mine = shingles(text, size)
        sketch = MinHash(num_perm=PERMUTATIONS)
        sketch.update_batch([each.encode() for each in mine])
        # Its candidates are checked exactly, so that both give no false ones.
        if any(
            len(mine & sets[at]) >= (threshold - 1e-9) * len(mine | sets[at]) for at in index.query(sketch)
        ):
            found.add(row)
        index.insert(row, sketch, check_duplication=False)
        sets.append(mine)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cohort", required=True)
    parser.add_argument("--sentences", type=int, default=250_000)
    parser.add_argument("--pairs", type=int, default=20_000)
    parser.add_argument("--threshold", type=float, default=THRESHOLD)
    arguments = parser.parse_args()
    everything = open_cohort(arguments.cohort).table("sentences", ["text"])["text"].to_pylist()
    texts = different(everything, arguments.pairs)
    truth = exact(texts, arguments.threshold, SIZE)
    print(f"{len(texts):,} different sentences, {len(truth):,} with a near-duplicate before them")
    for name, method in (("dualalign", ours), ("datasketch", minhash)):
        started = time.process_time()
        try:
            found = method(texts, arguments.threshold, SIZE)
        except ImportError:
            print(f"{name:<11} not installed")
            continue
        seconds = time.process_time() - started
        recall = len(found & truth) / len(truth)
        print(
            f"{name:<11} recall {recall:.4f}, false {len(found - truth)}, {len(texts) / seconds:,.0f} sentences/s"
        )
    index = NearDuplicates(arguments.threshold)
    started, given = time.process_time(), everything[: arguments.sentences]
    kept = sum(map(index.keep, given))
    seconds = time.process_time() - started
    peak = getrusage(RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{len(given):,} sentences as they come: {kept:,} kept in {seconds:.1f} s; the whole program's peak {peak:,.0f} MB"
    )


if __name__ == "__main__":
    main()
