"""What the meaning of notes, read by a pretrained encoder, adds to sentences counted by label.

    dualalign generate alzheimers --patients 300 --controls 300 --out pairs
    python benchmarks/progression_note_vectors.py pairs sentence-transformers/all-MiniLM-L6-v2 --pairs 60

Labels of a made-up cohort are the truth, which no real note has: counts have the advantage here. What comes out says
what the simulator's sentences hold, not what notes of real patients hold.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from progression_synthetic import DECLINE, OPTIONS, before, some

from dualalign.progression import (
    DualPath,
    LongitudinalData,
    LongitudinalSchema,
    Method,
    NoteEncoder,
    Protocol,
    Visits,
    compare,
    cross_validate,
    decline_questions,
    read_cohort,
    to_visits,
)
from dualalign.progression.baselines import history_logistic
from dualalign.progression.evaluation import Predictions
from dualalign.progression.note_encoder import MEANING, NUMBERS

YEARS = (1, 3, 5)
COUNTS = "notes"
"""Modality of the sentences counted by label."""


def linear_too(schema: LongitudinalSchema) -> LongitudinalSchema:
    """Return the schema with the encoder's numbers also in the linear path and the tables of the baselines."""
    return schema.with_modalities([each.model_copy(update={"linear": True}) for each in schema.modalities])


def features(visits: Visits, modalities: Sequence[str]) -> tuple[str, ...]:
    """Return the features of some modalities."""
    return tuple(each for each in visits.schema.numeric if visits.schema.modality_of[each] in modalities)


class Table:
    """Gathers answers by what the method saw of the notes."""

    def __init__(self, data: LongitudinalData, folds: int, repeats: int) -> None:
        self.visits = to_visits(data)
        questions = {f"{year} years before": before(self.visits, year) for year in YEARS}
        questions[DECLINE] = decline_questions(self.visits)
        self.protocol = Protocol(self.visits, data.groups, questions, (), folds, repeats)
        self.everything = tuple(each.id for each in self.visits.schema.modalities)
        self.predictions: Predictions = {}

    def ask(self, name: str, method: Method, seen: Sequence[str], linear: bool = False) -> None:
        """Cross-validate a method that sees only some modalities."""
        started = time.perf_counter()
        visits = replace(self.visits, schema=linear_too(self.visits.schema)) if linear else self.visits
        gone = [each for each in self.everything if each not in seen]
        protocol = replace(self.protocol, visits=visits, hidden=features(visits, gone))
        (self.predictions[name],) = cross_validate(protocol, [method]).values()
        print(f"  {name}: {time.perf_counter() - started:.0f} s", flush=True)

    def show(self, reference: str, names: Sequence[str]) -> list[dict[str, object]]:
        """Print AUCs, and differences from a reference with their intervals and p."""
        rows = compare(self.protocol, {name: self.predictions[name] for name in names}, reference)
        tasks = list(self.protocol.questions)
        print(f"\n{'':<32}" + "".join(f"{task:>34}" for task in tasks))
        for name in names:
            cells = []
            for task in tasks:
                row = next(row for row in rows if row.method == name and row.task == task)
                cell = f"{row.scores['auc'].value:.3f}"
                if row.difference is not None:
                    less = row.difference
                    cell += f" {less.value:+.3f} ({less.low:+.2f} {less.high:+.2f}) p {less.p:.2f}"
                cells.append(f"{cell:>34}")
            print(f"{name:<32}" + "".join(cells), flush=True)
        return [row.as_dict() for row in rows]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("cohort", type=Path)
    parser.add_argument("encoder", help="id on the Hugging Face hub, or a folder")
    parser.add_argument(
        "--pairs", type=int, default=60, help="only the first so many cases and their controls"
    )
    parser.add_argument("--numbers", type=int, default=NUMBERS, help="numbers a sentence's vector becomes")
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--vectors", type=Path, help="folder that keeps vectors for other runs")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    encoder = NoteEncoder(chosen.encoder, chosen.numbers, cache=chosen.vectors)
    started = time.perf_counter()
    data = read_cohort(chosen.cohort, patients=some(chosen.cohort, chosen.pairs), encoder=encoder)
    table = Table(data, chosen.folds, chosen.repeats)
    counted = {
        task: f"{len(asked)} ({int(asked.answers.sum())} yes)"
        for task, asked in table.protocol.questions.items()
    }
    print(
        f"{len(data)} people, {len(table.visits.times)} visits, {chosen.numbers} numbers from {encoder.identity.name}, "
        f"{chosen.repeats} x {chosen.folds} folds by matched set; notes read in {time.perf_counter() - started:.0f} s"
    )
    print(f"questions: {counted}")
    ours = DualPath(options=OPTIONS, folds=2)
    others = [each for each in table.everything if each not in (COUNTS, MEANING)]
    kinds = {"counts": [COUNTS], "vectors": [MEANING], "both": [COUNTS, MEANING]}
    table.ask("all but notes", ours, others)
    table.ask("logistic, all but notes", history_logistic(), others)
    for kind, notes in kinds.items():
        table.ask(f"notes: {kind}", ours, notes)
        table.ask(f"all: {kind}", ours, [*others, *notes])
        table.ask(f"logistic, notes: {kind}", history_logistic(), notes, linear=True)
        table.ask(f"logistic, all: {kind}", history_logistic(), [*others, *notes], linear=True)
        if MEANING in notes:
            table.ask(f"notes: {kind}, linear too", ours, notes, linear=True)
            table.ask(f"all: {kind}, linear too", ours, [*others, *notes], linear=True)
    rows = []
    for start in ("notes", "all", "logistic, notes", "logistic, all"):
        names = [name for name in table.predictions if name.startswith(start)]
        rows += table.show(next(name for name in names if name.endswith("counts")), names)
        if "all" in start:
            rows += table.show(next(name for name in names if name.endswith("but notes")), names)
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
