"""How right each source of labels is against a gold set, and how far any two agree.

Run: dualalign label sentences.csv -t TEXT --id-column ID --annotator llama-cpp --model FILE.gguf --out silver
     python benchmarks/model_annotator.py --silver silver --gold ../shared/data/symptom-benchmark/sentences.jsonl
The notes labelled are the gold set's sentences, each a note by its id. One that the splitter parted has the labels of
all its parts, and is abstained from if every part is. Sentences from which a source abstains count for no score of it.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from itertools import combinations
from pathlib import Path

import pyarrow.parquet as pq

from dualalign.labels import Annotation, cohen_kappa, read_gold
from dualalign.packs import load_pack


def read_silver(folder: Path) -> dict[str, dict[str, Annotation]]:
    """Return source -> id of the note -> its labels together."""
    parts = [
        pq.ParquetFile(part).read().to_pylist() for part in sorted((folder / "sentences").glob("*.parquet"))
    ]
    rows = [row for part in parts for row in part]
    names = [name.removesuffix("_abstained") for name in rows[0] if name.endswith("_abstained")]
    said: dict[str, dict[str, list[dict[str, object]]]] = {name: defaultdict(list) for name in names}
    for row in rows:
        for name in names:
            said[name][row["note_id"]].append(row)
    return {
        name: {
            note: Annotation(
                tuple(sorted({label for row in those for label in row[f"{name}_labels"]})),  # type: ignore[attr-defined]
                1.0,
                name,
                abstained=all(row[f"{name}_abstained"] for row in those),
            )
            for note, those in notes.items()
        }
        for name, notes in said.items()
    }


def scores(truth: list[Annotation], told: list[Annotation], label: str) -> tuple[float, float, float, int]:
    """Return precision, recall, F1 and the number of sentences with the label; `any` asks for any label."""
    pairs = [
        (bool(a.labels), bool(b.labels)) if label == "any" else (label in a.labels, label in b.labels)
        for a, b in zip(truth, told, strict=True)
        if not b.abstained
    ]
    right = sum(a and b for a, b in pairs)
    there, said = sum(a for a, _ in pairs), sum(b for _, b in pairs)
    precision, recall = right / max(said, 1), right / max(there, 1)
    return precision, recall, 2 * right / max(there + said, 1), there


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--silver", type=Path, required=True)
    parser.add_argument("--gold", type=Path, required=True)
    parser.add_argument("--pack", default="alzheimers")
    arguments = parser.parse_args()
    scheme = load_pack(arguments.pack).labels.scheme()
    gold = read_gold(arguments.gold, scheme)
    silver = read_silver(arguments.silver)
    order = [label.id for label in scheme.labels]
    rows = {each: row for row, each in enumerate(gold.ids)}
    ids = [each for each in next(iter(silver.values())) if each in rows]
    said = {"gold": [_annotation(gold, rows[each]) for each in ids]}
    said |= {name: [notes[each] for each in ids] for name, notes in silver.items()}
    manifest = json.loads((arguments.silver / "manifest.json").read_text())
    print(
        f"{len(ids)} sentences, {sum(bool(each.labels) for each in said['gold'])} with a label; "
        f"model {manifest['options']['model']['name']}"
    )
    for name, told in said.items():
        if name == "gold":
            continue
        print(f"{name}: abstained from {sum(each.abstained for each in told)}")
        f1s = []
        for label in (*order, "any"):
            precision, recall, f1, there = scores(said["gold"], told, label)
            f1s.append(f1)
            print(f"  {label:<18} P {precision:.2f}  R {recall:.2f}  F1 {f1:.2f}  ({there})")
        print(f"  {'macro':<18} {'':<15} F1 {sum(f1s[:-1]) / len(order):.2f}")
    for first, second in combinations(said, 2):
        kappas = cohen_kappa(said[first], said[second], order)
        told = ", ".join(
            f"{label} {'-' if found.kappa is None else format(found.kappa, '.2f')}"
            for label, found in kappas.items()
        )
        print(f"kappa {first} - {second}: {told}")


def _annotation(gold, row: int) -> Annotation:
    labels = tuple(label for label, given in zip(gold.label_ids, gold.labels[row], strict=True) if given)
    return Annotation(labels, 1.0, "gold")


if __name__ == "__main__":
    main()
