"""Contradictions of a fresh cohort by kind, with the time and memory they take to find.

Usage: python benchmarks/contradictions.py [patients] [--show KIND ...]. Exits 1 past 6 ms of processor time a note.
"""

import argparse
import resource
import tempfile
import time
from collections import Counter

from dualalign.cohort import Cohort, generate_cohort, open_cohort
from dualalign.measures.contradictions import KINDS, count_contradictions, find_contradictions

LIMIT_MS = 6.0
EXAMPLES = 20


def show(cohort: Cohort, kinds: set[str]) -> None:
    """Print the commonest sentences and rows of some kinds, each with one example."""
    found = [each for each in find_contradictions(cohort) if each.kind in kinds]
    example = {(each.kind, each.where): each for each in found}
    for key, count in Counter((each.kind, each.where) for each in found).most_common(EXAMPLES):
        print(f"{count:5} {example[key]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("patients", type=int, nargs="?", default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", nargs="*", default=[], choices=list(KINDS), metavar="KIND")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = generate_cohort("alzheimers", f"{folder}/cohort", asked.patients, seed=asked.seed)
        cohort = open_cohort(path)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        start = time.process_time()
        measure = count_contradictions(cohort)
        spent = 1000 * (time.process_time() - start) / cohort.manifest["counts"]["notes"]
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{measure}; {measure.note}")
        for kind, count in measure.breakdown.items():
            print(f"  {kind:24} {count:7,.0f}  {KINDS[kind]}")
        print(f"{spent:.2f} ms a note (limit {LIMIT_MS}); peak {after:,.0f} MB, {before:,.0f} before")
        if asked.show:
            show(cohort, set(asked.show))
    if spent > LIMIT_MS:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
