"""Agreement of what the writer meant with what the rules read, on generated text.

Run: python benchmarks/plan_rules_agreement.py [--cohort FOLDER] [--show 20]
Without a cohort, sentences are composed (150 per label). The writer says symptoms through everyday events that no
vocabulary lists, so low recall of the rules is wanted here; low precision would be a fault of one of the two.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from pathlib import Path

from dualalign.labels import Annotation, RulesAnnotator, cohen_kappa, disagreements
from dualalign.packs import Pack, load_pack


def composed(pack: Pack, per_label: int, seed: int) -> tuple[list[str], list[Annotation]]:
    from dualalign.notes.compose import compose_sentences

    sentences = list(compose_sentences(pack, per_label, seed))
    return [each.text for each in sentences], [Annotation(each.labels, 1.0, "plan") for each in sentences]


def from_cohort(folder: Path, most: int) -> tuple[list[str], list[Annotation]]:
    from dualalign.cohort import open_cohort

    texts: list[str] = []
    annotations: list[Annotation] = []
    for table in open_cohort(folder).iterate("sentences", ["text", "labels"]):
        texts += table.column("text").to_pylist()
        annotations += [
            Annotation(tuple(labels), 1.0, "plan") for labels in table.column("labels").to_pylist()
        ]
        if len(texts) >= most:
            break
    return texts[:most], annotations[:most]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--cohort", type=Path)
    parser.add_argument("--pack", default="alzheimers")
    parser.add_argument("--most", type=int, default=50_000, help="sentences of the cohort at most")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", type=int, default=0, help="disagreements to print")
    options = parser.parse_args()
    pack = load_pack(options.pack)
    texts, plan = (
        from_cohort(options.cohort, options.most) if options.cohort else composed(pack, 150, options.seed)
    )
    rules = RulesAnnotator(pack).annotate(texts)
    labels = [label.id for label in pack.labels.scheme("five").labels]
    print(
        f"{len(texts):,} sentences\n{'label':<18}{'kappa':>7}{'both':>8}{'plan only':>11}{'rules only':>12}{'P':>7}{'R':>7}"
    )
    for label, found in cohen_kappa(plan, rules, labels).items():
        kappa = "-" if found.kappa is None else f"{found.kappa:.2f}"
        precision = found.both / max(1, found.both + found.second_only)
        recall = found.both / max(1, found.both + found.first_only)
        print(
            f"{label:<18}{kappa:>7}{found.both:>8,}{found.first_only:>11,}{found.second_only:>12,}"
            f"{precision:>7.2f}{recall:>7.2f}"
        )
    differing = disagreements(texts, plan, rules)
    kinds = Counter(
        "plan only" if not each.second_only else "rules only" if not each.first_only else "both ways"
        for each in differing
    )
    print(f"\n{len(differing):,} sentences differ: {dict(kinds)}")
    for each in random.Random(options.seed).sample(differing, min(options.show, len(differing))):
        print(f"  plan {list(each.first.labels)} rules {list(each.second.labels)}: {each.text}")


if __name__ == "__main__":
    main()
