"""What the notes of a language model are worth: checks passed, mentions said, variety, agreement of labels.

Run: dualalign generate alzheimers --writer llama-cpp --model FILE.gguf --patients 12 --most-notes 5 --out notes
     python benchmarks/model_notes.py --cohort notes --beside grammar-cohort
Shares of notes are before any repair and at last. A mention is said if it was found in its note as it was to be
asserted. Sets are cut to as many sentences as the smaller has for each combination of labels, since Self-BLEU grows
with size. Agreement is Cohen's kappa of the plan and the rules on sentences that the plan says something of.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import pyarrow as pa

from dualalign.cohort import Cohort, open_cohort
from dualalign.labels import Annotation, cohen_kappa
from dualalign.measures.diversity import compression_ratio, distinct, matched_sample, self_bleu
from dualalign.packs import load_pack


def sentences_of(cohort: Cohort, columns: list[str]) -> pa.Table:
    return pa.concat_tables(cohort.iterate("sentences", columns))


def show_checks(cohort: Cohort) -> None:
    counts = cohort.manifest["counts"]["writing"]
    notes = sum(counts[name] for name in ("passed_at_once", "repaired", "still_failing"))
    print(
        f"{notes} notes, {counts['replies']} replies: every check passed by {counts['passed_at_once'] / notes:.2f} "
        f"at first, {(counts['passed_at_once'] + counts['repaired']) / notes:.2f} at last; "
        f"{len(counts['unwritten'])} not written"
    )
    print(f"{'check':<20}{'passed at first':>16}{'at last':>9}")
    for name, failed in sorted(counts["failed_by_check"].items(), key=lambda item: -item[1]["at_first"]):
        print(f"{name:<20}{1 - failed['at_first'] / notes:>16.2f}{1 - failed['at_last'] / notes:>9.2f}")


def show_mentions(cohort: Cohort) -> None:
    table = cohort.table("mentions", ["polarity", "start"])
    planned, said = Counter[str](), Counter[str]()
    for polarity, start in zip(table["polarity"].to_pylist(), table["start"].to_pylist(), strict=True):
        planned[polarity] += 1
        said[polarity] += start is not None
    print(f"\nmentions said: {said.total() / planned.total():.2f} of {planned.total()}")
    for polarity, count in planned.most_common():
        print(f"  {polarity:<14}{said[polarity] / count:.2f} of {count}")


def show_variety(cohorts: list[Path]) -> None:
    labelled = {}
    for folder in cohorts:
        table = sentences_of(open_cohort(folder), ["text", "labels"])
        rows = zip(table["text"].to_pylist(), table["labels"].to_pylist(), strict=True)
        labelled[folder] = [(text, labels) for text, labels in rows if labels]
    size = min(map(len, labelled.values()))
    print(f"\nvariety of {size} labelled sentences of each")
    for folder, rows in labelled.items():
        texts = [rows[row][0] for row in matched_sample([labels for _, labels in rows], size)]
        print(
            f"  {folder.name:<20}Distinct-4 {distinct(texts):.4f}, Self-BLEU-4 {self_bleu(texts):.4f}, "
            f"compression {compression_ratio(texts):.2f}"
        )


def show_agreement(cohort: Cohort, labels: list[str]) -> None:
    table = sentences_of(cohort, ["plan_labels", "rules_labels"])
    said = [row for row in table.to_pylist() if row["plan_labels"] is not None]
    plan = [Annotation(tuple(row["plan_labels"]), 1.0, "plan") for row in said]
    rules = [Annotation(tuple(row["rules_labels"]), 1.0, "rules") for row in said]
    print(f"\nplan and rules on {len(said)} of {table.num_rows} sentences")
    for label, found in cohen_kappa(plan, rules, labels).items():
        kappa = "-" if found.kappa is None else f"{found.kappa:.2f}"
        print(
            f"  {label:<18}kappa {kappa:>5}, both {found.both}, plan only {found.first_only}, rules only {found.second_only}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--cohort", type=Path, required=True, help="written by a model")
    parser.add_argument("--beside", type=Path, help="another cohort to hold its variety against")
    parser.add_argument("--pack", default="alzheimers")
    options = parser.parse_args()
    cohort = open_cohort(options.cohort)
    show_checks(cohort)
    show_mentions(cohort)
    show_variety([options.cohort, *([options.beside] if options.beside else [])])
    show_agreement(cohort, [label.id for label in load_pack(options.pack).labels.scheme().labels])


if __name__ == "__main__":
    main()
