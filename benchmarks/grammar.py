"""Notes per second of the grammar writer on one core, text and labels; plans are made before the clock starts.

Garbage collection stands still as it does in the processes that write a cohort.

Run: python benchmarks/grammar.py [--patients 40] [--repeats 5] [--profile]
Exits 1 below the aim of 3,000 notes a second.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import pstats
import time
from collections.abc import Sequence
from dataclasses import dataclass

from dualalign.notes import GrammarWriter
from dualalign.packs import load_pack
from dualalign.personas import sample_personas
from dualalign.personas.persona import Persona
from dualalign.trajectories import NotePlan, TrajectorySimulator

AIM = 3_000.0

Job = tuple[Persona, Sequence[NotePlan]]


@dataclass(frozen=True)
class Pass:
    """What one pass wrote, and the processor time it took."""

    notes: int
    words: int
    labels: int
    seconds: float


def write_all(writer: GrammarWriter, jobs: Sequence[Job], seed: int) -> Pass:
    """Write every note once, patient by patient, keeping none; only the writing is timed."""
    notes = words = labels = 0
    seconds = 0.0
    for persona, plans in jobs:
        start = time.process_time()
        written = writer.write_patient(persona, plans, seed)
        seconds += time.process_time() - start
        notes += len(written)
        words += sum(len(note.text.split()) for note in written)
        labels += sum(len(sentence.labels) for note in written for sentence in note.sentences)
    return Pass(notes, words, labels, seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--pack", default="alzheimers")
    parser.add_argument("--patients", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=5, help="passes; the fastest counts")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--profile", action="store_true", help="show where one more pass spends its time")
    options = parser.parse_args()

    pack = load_pack(options.pack)
    simulator = TrajectorySimulator(pack, pack.profiles.default)
    jobs: list[Job] = [
        (persona, simulator.simulate(persona, options.seed).plans)
        for persona in sample_personas(pack, options.patients, options.seed)
    ]
    start = time.process_time()
    writer = GrammarWriter(pack)
    compiling = time.process_time() - start
    gc.freeze()
    gc.disable()
    passes = []
    for _ in range(options.repeats):
        passes.append(write_all(writer, jobs, options.seed))
        gc.collect()
    best = min(passes, key=lambda each: each.seconds)
    rate = best.notes / best.seconds
    print(
        f"{best.notes:,} notes of {best.words / best.notes:.0f} words, {best.labels:,} labels; "
        f"compiled in {compiling:.2f} s; best of {options.repeats}: {rate:,.0f} notes/s, "
        f"{best.words / best.seconds:,.0f} words/s (aim {AIM:,.0f} notes/s)"
    )
    if options.profile:
        profiler = cProfile.Profile()
        profiler.runcall(write_all, writer, jobs, options.seed)
        pstats.Stats(profiler).sort_stats("tottime").print_stats(25)
    if rate < AIM:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
