"""Peak memory of the process that makes a cohort and of its workers, by number of patients: it should not grow.

Peaks are ru_maxrss, pages shared between processes counted in each; the total is the parent's peak and that of
the largest worker for each worker, as if all came at once.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LIMIT_MB = 700
LIMIT_GROWTH = 1.15
SIZES = (500, 2000)
FULL = (10_000,)

RUN = """
import json, resource, sys
from dualalign.cohort import generate_cohort
if __name__ == "__main__":
    generate_cohort(sys.argv[1], sys.argv[2], int(sys.argv[3]), workers=int(sys.argv[4]))
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    print(json.dumps([resource.getrusage(who).ru_maxrss / unit
                      for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]))
"""


def peaks(pack: str, patients: int, workers: int) -> tuple[float, float]:
    """Return the peak megabytes of the parent and of its largest worker."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "run.py"
        script.write_text(RUN)
        words = [sys.executable, str(script), pack, str(Path(folder) / "cohort"), str(patients), str(workers)]
        parent, worker = json.loads(subprocess.run(words, check=True, capture_output=True).stdout)
    return parent, worker


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="10,000 patients too: a quarter of an hour")
    parser.add_argument("--pack", default="alzheimers")
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args()
    totals = []
    for patients in (*SIZES, *(FULL if chosen.full else ())):
        start = time.perf_counter()
        parent, worker = peaks(chosen.pack, patients, chosen.workers)
        totals.append(parent + chosen.workers * worker)
        print(
            f"{patients:>6} patients: parent {parent:.0f} MB, largest of {chosen.workers} workers {worker:.0f} MB,"
            f" together {totals[-1]:.0f} MB, in {time.perf_counter() - start:.0f} s",
            flush=True,
        )
    growth = max(totals) / totals[0]
    print(f"growth {growth:.2f} (limit {LIMIT_GROWTH}), highest {max(totals):.0f} MB (limit {LIMIT_MB})")
    if growth > LIMIT_GROWTH or max(totals) > LIMIT_MB:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
