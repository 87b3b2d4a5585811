"""Seconds for the default cohort, imports included, and what a second worker brings.

The two runs of a pair follow each other at once, and before each pair two busy loops side by side show how much of a
second core the machine has to give at that moment. On a machine that others use a pair can flatter as well as it can
hide, so the verdict compares the best run of one worker with the best of two.
"""

import argparse
import multiprocessing
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LIMIT_SECONDS = 20.0
LEAST_GAIN = 1.8


def generate(patients: int, workers: int | None) -> tuple[float, float]:
    """Return the wall and processor seconds of one run of the command in a process of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as folder:
        words = ["generate", "alzheimers", "--out", str(Path(folder) / "cohort"), "-n", str(patients)]
        words += ["--workers", str(workers)] if workers else []
        command = [sys.executable, "-c", "from dualalign.cli import main; main()", *words]
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _spin(steps: int) -> None:
    total = 0
    for step in range(steps):
        total += step


def ceiling(steps: int = 15_000_000) -> float:
    """Return how many times faster two processes get through two busy loops than one does, 1 to 2."""
    start = time.perf_counter()
    _spin(steps)
    one = time.perf_counter() - start
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        pool.map(_spin, [1, 1])
        start = time.perf_counter()
        pool.map(_spin, [steps, steps], chunksize=1)
        both = time.perf_counter() - start
    return 2 * one / both


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=300, help="for the pairs")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=3, help="of the default cohort")
    chosen = parser.parse_args()

    walls = []
    for _ in range(chosen.repeats):
        wall, processor = generate(100, None)
        walls.append(wall)
        print(f"default cohort of 100: {wall:.1f} s, {processor:.1f} s of processor", flush=True)
    gains, ones, twos = [], [], []
    for _ in range(chosen.pairs):
        possible = ceiling()
        one, one_processor = generate(chosen.patients, 1)
        two, two_processor = generate(chosen.patients, 2)
        ones.append(one)
        twos.append(two)
        gains.append(one / two)
        print(
            f"{chosen.patients} patients: one worker {one:.1f} s ({one_processor:.1f} s of processor), two {two:.1f} s"
            f" ({two_processor:.1f} s): {gains[-1]:.2f} times faster, where busy loops gain {possible:.2f}",
            flush=True,
        )
    gain = min(ones) / min(twos)
    print(
        f"default cohort: best {min(walls):.1f} s of {min(walls):.1f} to {max(walls):.1f} (limit {LIMIT_SECONDS:.0f});"
        f" two workers: best against best {gain:.2f} (limit {LEAST_GAIN}), pairs {min(gains):.2f} to {max(gains):.2f}"
    )
    if min(walls) > LIMIT_SECONDS or gain < LEAST_GAIN:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
