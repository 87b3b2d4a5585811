"""Seconds that `import dualalign` takes, and whether it imports anything heavy. Exits 1 past the limit."""

import json
import subprocess
import sys

LIMIT_SECONDS = 0.3
HEAVY = ("torch", "transformers", "sklearn", "scipy", "matplotlib", "pyarrow", "pandas", "aiohttp", "numpy")

PROBE = """
import json, sys, time
start = time.perf_counter()
import dualalign
print(json.dumps([time.perf_counter() - start, sorted({name.partition(".")[0] for name in sys.modules})]))
"""


def main() -> None:
    runs = [
        json.loads(subprocess.run([sys.executable, "-c", PROBE], capture_output=True, check=True).stdout)
        for _ in range(5)
    ]
    seconds = sorted(run[0] for run in runs)[2]
    heavy = [name for name in HEAVY if name in runs[0][1]]
    print(
        f"import dualalign: median {seconds:.3f} s of 5 (limit {LIMIT_SECONDS}); heavy modules: {heavy or 'none'}"
    )
    if seconds > LIMIT_SECONDS or heavy:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
