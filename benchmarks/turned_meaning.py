"""Score the rules on the project's own sentences whose meaning a mark, count, clause, person or number turns round.

Run: python benchmarks/turned_meaning.py [--errors]
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from dualalign.labels import RulesAnnotator
from dualalign.packs import load_pack

TABLE = Path(__file__).parents[1] / "tests" / "labels" / "turned_meaning.tsv"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--errors", action="store_true", help="also list every wrong sentence")
    options = parser.parse_args()
    rules = RulesAnnotator(load_pack("alzheimers"))
    size: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for line in TABLE.read_text(encoding="utf-8").splitlines()[1:]:
        kind, labels, text = line.split("\t", 2)
        given = rules.annotate([text])[0].labels
        size[kind] += 1
        if set(given) == set(filter(None, labels.split(";"))):
            right[kind] += 1
        elif options.errors:
            print(f"{kind}: {text!r} right '{labels}' given '{';'.join(given)}'")
    for kind, number in size.items():
        print(f"{kind:<26}{right[kind]:5} of {number:4}{right[kind] / number:8.1%}")
    print(f"{'all':<26}{right.total():5} of {size.total():4}{right.total() / size.total():8.1%}")


if __name__ == "__main__":
    main()
