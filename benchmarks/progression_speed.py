"""How the time of training and prediction grows with visits, and memory with people.

python benchmarks/progression_speed.py --people 100000
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import torch

from dualalign.progression import (
    DualPath,
    LongitudinalSchema,
    ProgressionModel,
    TrainingOptions,
    fit_model,
    make_longitudinal,
    predict_subjects,
    stream_longitudinal,
    to_visits,
)
from dualalign.progression.batches import training_batches
from dualalign.progression.network import DualPathNetwork, NetworkOptions
from dualalign.progression.scaling import fit_scales
from dualalign.progression.targets import make_targets
from dualalign.progression.training import one_pass, shape_of

SCHEMA = LongitudinalSchema.model_validate(
    {
        "name": "speed",
        "static": [{"id": "age", "low": 0, "high": 120, "moves_with_time": True}],
        "modalities": [
            {"id": "one", "name": "One", "features": [{"id": "a"}, {"id": "b"}]},
            {"id": "two", "name": "Two", "features": [{"id": "c"}]},
        ],
        "conversion": {"event": "event", "horizons": [1, 2, 3]},
    }
)


def tables(people: int, visits: int, start: int = 0) -> tuple[pa.Table, pa.Table, pa.Table]:
    """Return subjects, observations and events of people with so many visits each."""
    random = np.random.default_rng(start)
    names = np.array([f"S{start + number:07d}" for number in range(people)])
    times = np.tile(np.arange(visits) * 0.5, people)
    owner = np.repeat(names, visits)
    values = random.normal(size=people * visits)
    rows = {"subject": np.repeat(owner, 2), "time": np.repeat(times, 2)}
    rows["modality"] = np.tile(["one", "two"], people * visits)
    rows["feature"] = np.tile(["a", "c"], people * visits)
    rows["value"] = np.column_stack([values, values + random.normal(size=len(values))]).ravel()
    ill = names[values.reshape(people, visits).mean(axis=1) > 0]
    events = {"subject": ill, "time": np.full(len(ill), visits * 0.5), "event": ["event"] * len(ill)}
    return pa.table({"subject": names, "age": np.full(people, 70.0)}), pa.table(rows), pa.table(events)


def by_visits(counts: tuple[int, ...], people: int) -> None:
    """Print milliseconds per 1,000 visits of one training pass and of prediction, one network."""
    print(f"{'visits':>7}{'training ms per 1,000 visits':>32}{'prediction ms per 1,000 visits':>32}")
    for count in counts:
        training, prediction = passes(people, count)
        thousands = people * count / 1000
        print(
            f"{count:>7}{1000 * training / thousands:>32.1f}{1000 * prediction / thousands:>32.1f}",
            flush=True,
        )


def passes(people: int, count: int) -> tuple[float, float]:
    """Return seconds of a training pass and of a prediction pass, the least of three."""
    visits = to_visits(make_longitudinal(SCHEMA, *tables(people, count)))
    scales = fit_scales(visits)
    network = DualPathNetwork(shape_of(visits, scales), NetworkOptions())
    groups = [list(range(at, min(at + 16, people))) for at in range(0, people, 16)]
    batches = list(training_batches(visits, make_targets(visits, visits, False), scales, groups))
    optimiser = torch.optim.AdamW(network.parameters())
    random = np.random.default_rng(0)
    weights = TrainingOptions().weights

    def train() -> None:
        one_pass(network, optimiser, batches, weights, random)

    def predict() -> None:
        network.eval()
        with torch.no_grad():
            for batch, _ in batches:
                network(batch)

    train()
    return min(timed(train) for _ in range(3)), min(timed(predict) for _ in range(3))


def timed(work: Callable[[], None]) -> float:
    """Return the seconds of one core that work took."""
    started = time.process_time()
    work()
    return time.process_time() - started


def by_people(most: int, portion: int) -> None:
    """Print seconds and peak memory of predicting for ever more people from files."""
    model: ProgressionModel = fit_model(
        make_longitudinal(SCHEMA, *tables(60, 6)),
        method=DualPath(options=TrainingOptions(epochs=3), also=(), folds=2),
    )
    with tempfile.TemporaryDirectory() as place:
        for people in (most // 10, most):
            folder = Path(place) / str(people)
            folder.mkdir()
            writers: dict[str, parquet.ParquetWriter] = {}
            for start in range(0, people, 10_000):
                parts = tables(min(10_000, people - start), 6, start)
                for name, table in zip(("subjects", "observations"), parts[:2], strict=True):
                    if name not in writers:
                        writers[name] = parquet.ParquetWriter(folder / f"{name}.parquet", table.schema)
                    writers[name].write_table(table)
            for writer in writers.values():
                writer.close()
            started, rows = time.process_time(), 0
            for part in stream_longitudinal(folder, SCHEMA, portion):
                rows += predict_subjects(model.fitted, part).num_rows
            took = time.process_time() - started
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(f"{rows:>8} people: {took:.0f} s of one core ({1000 * took / rows:.2f} s per 1,000, two networks), peak "
                  f"{peak:.0f} MB", flush=True)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--portion", type=int, default=1000)
    parser.add_argument("--only-people", action="store_true", help="leave the table by visits out")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    if not chosen.only_people:
        by_visits((32, 64, 128, 256, 512), 64)
    by_people(chosen.people, chosen.portion)


if __name__ == "__main__":
    main()
