"""Notes per second of the grammar writer on one core, text and labels; plans are made before the clock starts.

Run: python benchmarks/grammar.py [--patients 40] [--repeats 5] [--profile]
Exits 1 below the aim of 3,000 notes a second.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import time
from collections.abc import Sequence

from dualalign.notes import GrammarWriter, Note
from dualalign.packs import load_pack
from dualalign.personas import sample_personas
from dualalign.personas.persona import Persona
from dualalign.trajectories import NotePlan, TrajectorySimulator

AIM = 3_000.0

Job = tuple[Persona, Sequence[NotePlan]]


def write_all(writer: GrammarWriter, jobs: Sequence[Job], seed: int) -> tuple[list[Note], float]:
    """Write every note once; returns them with the seconds of processor time taken."""
    start = time.process_time()
    notes = [note for persona, plans in jobs for note in writer.write_patient(persona, plans, seed)]
    return notes, time.process_time() - start


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
    passes = [write_all(writer, jobs, options.seed) for _ in range(options.repeats)]
    notes, best = passes[0][0], min(seconds for _, seconds in passes)
    words = sum(len(note.text.split()) for note in notes)
    labels = sum(len(sentence.labels) for note in notes for sentence in note.sentences)
    print(
        f"{len(notes):,} notes of {words / len(notes):.0f} words, {labels:,} labels; compiled in {compiling:.2f} s; "
        f"best of {options.repeats}: {len(notes) / best:,.0f} notes/s, {words / best:,.0f} words/s "
        f"(aim {AIM:,.0f} notes/s)"
    )
    if options.profile:
        profiler = cProfile.Profile()
        profiler.runcall(write_all, writer, jobs, options.seed)
        pstats.Stats(profiler).sort_stats("tottime").print_stats(25)
    if len(notes) / best < AIM:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
