"""Recall of planted contradictions by kind, and what the checker says of the cohort before anything was planted.

Usage: python benchmarks/planted_faults.py [patients] [--per-kind N] [--seed S] [--cohort FOLDER]. Exits 1 if a kind is
found in fewer than 95% of its faults, or if checking takes a minute for 10,000 notes.
"""

import argparse
import tempfile
import time
from collections import Counter
from pathlib import Path

from dualalign.cohort import generate_cohort, open_cohort
from dualalign.measures.contradictions import KINDS, UNLIKELY, find_contradictions
from dualalign.measures.planting import plant_faults, recall_of
from dualalign.packs import load_pack

LEAST_RECALL = 0.95
SECONDS = 60.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("patients", type=int, nargs="?", default=100)
    parser.add_argument("--per-kind", type=int, default=70)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cohort", type=Path, help="a cohort at hand instead of a new one")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = asked.cohort or generate_cohort(
            "alzheimers", f"{folder}/cohort", asked.patients, seed=asked.seed
        )
        cohort = open_cohort(path)
        pack = load_pack(cohort.pack_id)
        notes = cohort.manifest["counts"]["notes"]
        start = time.process_time()
        clean = Counter(each.kind for each in find_contradictions(cohort, pack))
        spent = (time.process_time() - start) * 10_000 / notes
        faults = plant_faults(cohort, f"{folder}/planted", pack, per_kind=asked.per_kind, seed=asked.seed)
        recalls = {each.kind: each for each in recall_of(open_cohort(f"{folder}/planted"), faults, pack)}
    print(
        f"{len(faults):,} faults of {len(recalls)} kinds planted in {notes:,} notes; {spent:.0f} s for 10,000 notes"
    )
    print(f"{'kind':24} {'planted':>8} {'found':>6} {'recall':>7} {'clean':>6}")
    for kind in KINDS:
        recall = recalls.get(kind)
        shown = (
            f"{recall.planted:8} {recall.found:6} {recall.share:7.3f}" if recall else f"{'':8} {'':6} {'':7}"
        )
        print(f"{kind:24} {shown} {clean[kind]:6}{' soft' if kind in UNLIKELY else ''}")
    if spent > SECONDS or any(each.share < LEAST_RECALL for each in recalls.values()):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
