"""Attacks on personas as measured here, against the library anonymeter by the authors of the attacks, on the same tables.

Run: python benchmarks/persona_attacks_against_library.py write FOLDER [--rounds 5] [--people 600]
     and, in an environment of its own with `pip install anonymeter` (it pins an old numpy; nothing else is needed),
     python benchmarks/persona_attacks_against_library.py compare FOLDER
The first writes tables of people and what the attacks here make of them; the second runs the library's on the same
tables and prints both. Cases: `honest`: seen and held-out people are two halves of one draw, synthetic ones another
draw of the same model; `leaking`: half of the synthetic rows are copied from seen ones, with all columns and with ten. `as coded` gives the library
the codes that ours work on, `as they come` the tables with age as a number. Rates are means over rounds.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

ATTACKS, FEW, MOST_TRIES = 500, 10, 100_000
CASES = ("honest", "leaking", "leaking, few columns")
SETS = ("synthetic", "saw", "held_out")


def write(folder: Path, rounds: int, people: int) -> None:
    """Write the tables of every case and round, coded and as they come, and the rates of the attacks here."""
    import pyarrow as pa
    import pyarrow.csv as csv

    from dualalign.cohort.tables import personas_table
    from dualalign.measures.privacy.persona_attacks import inference, linkability, singling_out
    from dualalign.measures.privacy.persona_tables import persona_sets
    from dualalign.packs import load_pack
    from dualalign.personas import sample_personas

    pack = load_pack("alzheimers")

    def draw(count: int, seed: int) -> pa.Table:
        sampled = sample_personas(pack, count, seed)
        table = personas_table(list(sampled), list(sampled.codes))
        plain = [field.name for field in table.schema if field.type in (pa.string(), pa.int16())]
        return table.select([name for name in plain if name not in ("patient_id", "matched_to")])

    for round_ in range(rounds):
        real, other = draw(2 * people, 2 * round_ + 1), draw(people, 2 * round_ + 2)
        rows = np.random.default_rng(round_).permutation(2 * people)
        saw, held_out = real.take(rows[:people]), real.take(rows[people:])
        copied = pa.concat_tables([saw.slice(0, people // 2), other.slice(people // 2)])
        # A copy must not stand in the row of its original: the library's naive guess goes by row numbers.
        copied = copied.take(np.random.default_rng(round_).permutation(people))
        few = np.random.default_rng(round_).choice(other.column_names, FEW, replace=False).tolist()
        for case, synthetic, columns in (
            ("honest", other, other.column_names),
            ("leaking", copied, other.column_names),
            ("leaking, few columns", copied, few),
        ):
            place = folder / f"{case}-{round_}"
            place.mkdir(parents=True, exist_ok=True)
            tables = [each.select(columns) for each in (synthetic, saw, held_out)]
            sets = persona_sets(tables, SETS)
            for name, table in zip(SETS, tables, strict=True):
                csv.write_csv(table, place / f"{name}.csv")
                coded = {
                    column: [f"level {code}" for code in getattr(sets, name)[:, at]]
                    for at, column in enumerate(sets.columns)
                }
                csv.write_csv(pa.table(coded), place / f"{name}_coded.csv")
            # The first thing that the attack draws is its two halves of the columns.
            order = np.random.default_rng(round_).permutation(len(sets.columns))
            halves = [order[: len(order) // 2].tolist(), order[len(order) // 2 :].tolist()]
            found = {
                attack.__name__: attack(sets, ATTACKS, np.random.default_rng(round_))
                for attack in (singling_out, linkability, inference)
            }
            rates = {
                name: [each.attack.value, each.naive.value, each.control.value]
                for name, each in found.items()
            }
            (place / "here.json").write_text(json.dumps({"rates": rates, "halves": halves}), encoding="utf-8")


def library(place: Path, coded: bool, halves: list[list[int]]) -> dict[str, list[float]]:
    """Attack, naive and control rate of the library's three attacks on one case."""
    import pandas as pd
    from anonymeter.evaluators import InferenceEvaluator, LinkabilityEvaluator, SinglingOutEvaluator

    ending = "_coded.csv" if coded else ".csv"
    tables = {name: pd.read_csv(place / f"{name}{ending}", keep_default_na=False) for name in SETS}
    ours, names = tables["saw"], list(tables["saw"].columns)
    people: dict[str, pd.DataFrame] = {"ori": ours, "syn": tables["synthetic"], "control": tables["held_out"]}
    count = min(ATTACKS, len(ours))
    single = SinglingOutEvaluator(**people, n_attacks=count, max_attempts=MOST_TRIES, seed=0)
    parts = tuple([names[at] for at in half] for half in halves)
    link = LinkabilityEvaluator(**people, aux_cols=parts, n_attacks=count)
    found = {
        "singling_out": _rates(single.evaluate(mode="multivariate")),
        "linkability": _rates(link.evaluate(n_jobs=1)),
    }
    each = []
    for secret in names:
        others = [name for name in names if name != secret]
        guess = InferenceEvaluator(**people, aux_cols=others, secret=secret, n_attacks=count)
        each.append(_rates(guess.evaluate(n_jobs=1)))
    return found | {"inference": np.mean(each, axis=0).tolist()}


def _rates(evaluator: Any) -> list[float]:
    found = evaluator.results()
    tries = (found.n_attacks_ori, found.n_attacks_baseline, found.n_attacks_control)
    return [
        count / tried
        for count, tried in zip((found.n_success, found.n_baseline, found.n_control), tries, strict=True)
    ]


def compare(folder: Path) -> None:
    """Run the library on what was written and print its rates beside those here."""
    warnings.simplefilter("ignore")
    for case in CASES:
        places = sorted(folder.glob(f"{case}-[0-9]*"))
        here = [json.loads((place / "here.json").read_text(encoding="utf-8")) for place in places]
        rates = {"here": [each["rates"] for each in here]}
        for name, coded in (("library, as coded", True), ("library, as they come", False)):
            rates[name] = [library(p, coded, h["halves"]) for p, h in zip(places, here, strict=True)]
        print(f"\n{case}, {len(places)} rounds\n\n| attack | " + " | ".join(rates) + " |")
        print("|---" * (len(rates) + 1) + "|")
        for attack in ("singling_out", "linkability", "inference"):
            cells = []
            for found in rates.values():
                mean = np.mean([each[attack] for each in found], axis=0)
                excess = max(0.0, (mean[0] - mean[2]) / (1 - mean[2]))
                cells.append(" / ".join(f"{each:.3f}" for each in mean) + f": {excess:.3f}")
            print(f"| {attack} | " + " | ".join(cells) + " |", flush=True)
    print("\nattack / naive guess / control: risk")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("step", choices=("write", "compare"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--people", type=int, default=600, help="in each table")
    options = parser.parse_args()
    if options.step == "write":
        write(options.folder, options.rounds, options.people)
    elif importlib.util.find_spec("anonymeter") is None:
        print(
            "not installed: anonymeter - in an environment of its own: pip install anonymeter",
            file=sys.stderr,
        )
        return 2
    elif not list(options.folder.glob("*/here.json")):
        print(f"{options.folder}: no tables - run the step `write` first", file=sys.stderr)
        return 2
    else:
        compare(options.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
