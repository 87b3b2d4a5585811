"""How the time of training and prediction grows with visits, and memory with people.

python benchmarks/progression_speed.py --people 100000
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch

from dualalign.progression import (
    DualPath,
    LongitudinalData,
    LongitudinalSchema,
    ProgressionModel,
    Record,
    TrainingOptions,
    fit_model,
    own_mapping,
    predict_subjects,
    read_records,
    stream_meds,
    to_visits,
    write_meds,
)
from dualalign.progression.mapping import YEAR_DAYS
from dualalign.progression.network import DualPathNetwork, NetworkOptions
from dualalign.progression.scaling import fit_scales
from dualalign.progression.targets import make_targets
from dualalign.progression.training import one_pass, shape_of, training_parts

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


def people_of(people: int, visits: int, start: int = 0) -> Iterator[Record]:
    """Yield the records of people with so many visits each."""
    random = np.random.default_rng(start)
    values = random.normal(size=(people, visits, 2)).cumsum(axis=2)
    for number in range(people):
        name = f"{start + number}"
        yield Record(name, None, "age", 70.0)
        for visit, (first, second) in enumerate(values[number].tolist()):
            yield Record(name, visit * YEAR_DAYS / 2, "a", first)
            yield Record(name, visit * YEAR_DAYS / 2, "c", second)
        if values[number, :, 0].mean() > 0:
            yield Record(name, visits * YEAR_DAYS / 2, "event//event")


def data_of(people: int, visits: int, start: int = 0) -> LongitudinalData:
    """Return people with so many visits each."""
    return read_records(people_of(people, visits, start), own_mapping(SCHEMA), "speed", SCHEMA)


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
    visits = to_visits(data_of(people, count))
    scales = fit_scales(visits)
    network = DualPathNetwork(shape_of(SCHEMA, scales), NetworkOptions())
    groups = [list(range(at, min(at + 16, people))) for at in range(0, people, 16)]
    targets = make_targets(visits, visits, False)
    parts = training_parts(visits, targets, scales, groups, torch.device("cpu"))
    optimiser = torch.optim.AdamW(network.parameters())
    random = np.random.default_rng(0)
    weights = TrainingOptions().weights

    def train() -> None:
        one_pass(network, optimiser, parts, weights, random)

    def predict() -> None:
        network.eval()
        with torch.no_grad():
            for part in parts:
                network(part.batch)

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
        data_of(60, 6),
        method=DualPath(options=TrainingOptions(epochs=3), also=(), folds=2),
    )
    with tempfile.TemporaryDirectory() as place:
        for people in (most // 10, most):
            folder = Path(place) / str(people)
            for start in range(0, people, 10_000):
                count = min(10_000, people - start)
                written = write_meds(data_of(count, 6, start), Path(place) / "part")
                (folder / "data").mkdir(parents=True, exist_ok=True)
                (written / "data" / "0.parquet").rename(folder / "data" / f"{start:09}.parquet")
            started, rows = time.process_time(), 0
            for part in stream_meds(folder, None, SCHEMA, portion):
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
