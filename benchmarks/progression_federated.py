"""Federated averaging over three sites of different case mix: plain, masked and noisy, beside each site alone, all data pooled,
and a site held out.

    pip install 'dualalign[federated]'
    python benchmarks/progression_federated.py pairs --pairs 150

Sites are SuperNodes of Flower on this machine, each with its own file. `pairs` is a folder that `dualalign generate alzheimers --patients 300 --controls 300` wrote. Of the sites' people 70%, 50%
and 20% are cases; what is asked is who is diagnosed within two years, of people of no site: once per person two years before
their last day (AUC), and at every visit, where the mean risk should be the share that came true.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from dualalign.cohort import open_cohort
from dualalign.progression import (
    NetworkOptions,
    TrainingOptions,
    Visits,
    conversion_questions,
    load_model,
    read_cohort,
    to_visits,
    write_meds,
)
from dualalign.progression.dualpath import FittedDualPath, Member
from dualalign.progression.federated import FederatedSettings, epsilon
from dualalign.progression.federated.local import local_federation
from dualalign.progression.scaling import fit_scales
from dualalign.progression.scores import resample
from dualalign.progression.targets import make_targets, scaled_targets
from dualalign.progression.training import fit_network
from dualalign.randomness import Stream, generator
from dualalign.stats.bootstrap import estimate
from dualalign.stats.ranking import resampled_roc_auc

APP = Path(__file__).parents[1] / "examples" / "federated"
SHARES = {"70% cases": 0.7, "50% cases": 0.5, "20% cases": 0.2}
TRAINING = TrainingOptions(NetworkOptions(dropout=0.1), epochs=16, patience=16, batch_subjects=24)
NOISE = (0.02, 1.0, 5.0)
YEARS = 2.0
DAY = 1 / 365.25


def alone(visits: Visits) -> FittedDualPath:
    """Fit one network on the people given, as many passes as the federation makes."""
    scales = fit_scales(visits)
    targets = scaled_targets(make_targets(visits, visits, False), scales, visits)
    people = list(range(len(visits)))
    return FittedDualPath(
        (Member(fit_network(visits, targets, scales, people, people, TRAINING, 0), scales),), {}
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("cohort", type=Path)
    parser.add_argument("--pairs", type=int, default=150)
    chosen = parser.parse_args()
    people = open_cohort(chosen.cohort).table("personas", ["patient_id", "is_case", "matched_to"]).to_pylist()
    cases = [person["patient_id"] for person in people if person["is_case"]][: chosen.pairs]
    controls = [person["patient_id"] for person in people if person["matched_to"] in cases]
    data = read_cohort(chosen.cohort, patients=cases + controls)
    visits = to_visits(data)
    random = np.random.default_rng(0)
    is_case = ~np.isnan(visits.event_times)
    order = random.permutation(len(visits))
    held_out, rest = order[: len(order) // 4], order[len(order) // 4 :]
    size = len(rest) // 4
    left = {True: [s for s in rest if is_case[s]], False: [s for s in rest if not is_case[s]]}
    sites: dict[str, list[int]] = {}
    for name, share in SHARES.items():
        count = round(share * size)
        sites[name] = left[True][:count] + left[False][: size - count]
        left = {True: left[True][count:], False: left[False][size - count :]}
    others = visits.take(sorted(held_out.tolist()))
    asked = conversion_questions(others, YEARS + DAY, others.end_times - YEARS - DAY, exact=True)
    every = conversion_questions(others, YEARS)
    plain = {"schema": "alzheimers", "rounds": 8, "local-epochs": 2, "dropout": 0.1, "batch-subjects": 24}
    bare = plain | {"calibration-share": 0.0}
    secure = bare | {"secure-aggregation": True}
    parts = {name: visits.take(sorted(each)) for name, each in sites.items()}
    runs: dict[str, dict[str, str | int | float | bool]] = {
        "federated": plain,
        "federated, 32 rounds": plain | {"rounds": 32},
        "federated, not calibrated": bare,
        "secure": plain | {"secure-aggregation": True},
    }
    for noise in NOISE:
        settings = secure | {"noise-multiplier": noise, "noise-seed": 0}
        runs[f"secure, noise {noise:g}, epsilon {epsilon(FederatedSettings.of(settings)):.3g}"] = settings

    print(f"{len(asked)} people of no site, {int(asked.answers.sum())} diagnosed; {size} people a site")
    print(
        f"{len(every)} visits of theirs, {every.answers.mean():.3f} followed by a diagnosis within two years"
    )

    def show(name: str, model: FittedDualPath, seconds: float) -> None:
        predicted, risks = model.predict(others, asked), model.predict(others, every)
        drawn = resample(
            [others.subjects[each] for each in asked.subjects], 500, generator(0, Stream.PROGRESSION)
        )
        areas = resampled_roc_auc(asked.answers, predicted, drawn.of_questions)
        area = estimate(areas[0], areas[1:][~np.isnan(areas[1:])])
        print(
            f"  {name:<38} AUC {area.value:.3f} ({area.low:.3f} to {area.high:.3f})  mean risk {predicted.mean():.2f}"
            f"  at every visit {risks.mean():.3f}, Brier {((risks - every.answers) ** 2).mean():.4f}  {seconds:.0f} s",
            flush=True,
        )

    for name, each in parts.items():
        show(f"{name} alone", alone(each), 0)
    show("all pooled", alone(visits.take(sorted(each for site in sites.values() for each in site))), 0)
    with tempfile.TemporaryDirectory() as place:
        folders = {
            name: write_meds(
                data.take([visits.subjects[each] for each in site]), Path(place) / name.split("%")[0]
            )
            for name, site in sites.items()
        }
        with local_federation(APP, list(folders.values())) as run:
            for name, settings in runs.items():
                start = time.monotonic()
                run(settings | {"out": f"{place}/{name}"})
                show(name, load_model(f"{place}/{name}").fitted, time.monotonic() - start)
        for left in folders:
            with local_federation(APP, [folder for name, folder in folders.items() if name != left]) as run:
                run(plain | {"out": f"{place}/without {left}"})
                show(f"federated without {left}", load_model(f"{place}/without {left}").fitted, 0)


if __name__ == "__main__":
    main()
