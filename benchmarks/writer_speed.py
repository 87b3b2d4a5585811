"""Notes per second of the embedded writer on one core: the whole patient, and the writing alone.

The whole patient is trajectory, chart, agendas, text and labels; tables and files are left out. Garbage collection stands
still as it does in the processes that write a cohort.

Run: python benchmarks/writer_speed.py [--patients 40] [--repeats 5] [--profile]
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import pstats
import time
from collections.abc import Sequence
from dataclasses import dataclass

from dualalign.charts import PatientSimulator
from dualalign.notes import PassageWriter
from dualalign.packs import load_pack
from dualalign.personas import sample_personas
from dualalign.personas.persona import Persona


@dataclass(frozen=True)
class Pass:
    """What one pass wrote, and the processor time that planning and writing took."""

    notes: int
    words: int
    labels: int
    planning: float
    writing: float


def write_all(
    simulator: PatientSimulator, writer: PassageWriter, people: Sequence[Persona], seed: int
) -> Pass:
    """Simulate and write every patient once, keeping none."""
    notes = words = labels = 0
    planning = writing = 0.0
    for persona in people:
        start = time.process_time()
        trajectory = simulator.simulate(persona, seed)
        planned = time.process_time()
        written = writer.write_patient(trajectory, seed)
        writing += time.process_time() - planned
        planning += planned - start
        notes += len(written)
        words += sum(len(note.text.split()) for note in written)
        labels += sum(len(sentence.labels) for note in written for sentence in note.sentences)
    return Pass(notes, words, labels, planning, writing)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--pack", default="alzheimers")
    parser.add_argument("--patients", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=5, help="passes; the fastest counts")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--profile", action="store_true", help="show where one more pass spends its time")
    options = parser.parse_args()

    start = time.process_time()
    pack = load_pack(options.pack)
    simulator = PatientSimulator(pack, pack.profiles.default)
    writer = PassageWriter(pack, simulator.book)
    loading = time.process_time() - start
    people = list(sample_personas(pack, options.patients, options.seed))
    gc.freeze()
    gc.disable()
    passes = []
    for _ in range(options.repeats):
        passes.append(write_all(simulator, writer, people, options.seed))
        gc.collect()
    best = min(passes, key=lambda each: each.planning + each.writing)
    whole = best.planning + best.writing
    print(
        f"{best.notes:,} notes of {best.words / best.notes:.0f} words, {best.labels:,} labels; pack loaded and compiled in "
        f"{loading:.2f} s\nbest of {options.repeats}: {best.notes / whole:,.0f} notes/s with plan and chart, "
        f"{best.notes / best.writing:,.0f} notes/s of writing alone"
    )
    if options.profile:
        profiler = cProfile.Profile()
        profiler.runcall(write_all, simulator, writer, people, options.seed)
        pstats.Stats(profiler).sort_stats("tottime").print_stats(25)


if __name__ == "__main__":
    main()
