"""Federated averaging over three sites of different case mix: plain, masked and noisy, beside each site alone, all data pooled,
and a site held out.

    pip install 'dualalign[federated]'
    python benchmarks/progression_federated.py pairs --pairs 150

`pairs` is a folder that `dualalign generate alzheimers --patients 300 --controls 300` wrote. Of the sites' people 70%, 50%
and 20% are cases; what is asked is who is diagnosed within two years, of people of no site: once per person two years before
their last day (AUC), and at every visit, where the mean risk should be the share that came true.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from dualalign.progression.member import Member

from dualalign.cohort import open_cohort
from dualalign.progression import (
    NetworkOptions,
    TrainingOptions,
    Visits,
    conversion_questions,
    read_cohort,
    to_visits,
)
from dualalign.progression.dualpath import FittedDualPath
from dualalign.progression.federated import FederatedOptions, epsilon, fit_federated
from dualalign.progression.scaling import fit_scales
from dualalign.progression.scores import auc
from dualalign.progression.targets import make_targets, scaled_targets
from dualalign.progression.training import fit_network

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
    plain = FederatedOptions(TRAINING, rounds=8, local_epochs=2)
    bare = replace(plain, calibration_share=0.0)
    noisy = {noise: replace(bare, secure_aggregation=True, noise_multiplier=noise) for noise in NOISE}
    parts = {name: visits.take(sorted(each)) for name, each in sites.items()}
    fits: dict[str, Callable[[], FittedDualPath]] = {
        **{f"{name} alone": partial(alone, each) for name, each in parts.items()},
        "all pooled": lambda: alone(visits.take(sorted(each for site in sites.values() for each in site))),
        "federated": lambda: fit_federated(parts, plain),
        "federated, 32 rounds": lambda: fit_federated(parts, replace(plain, rounds=32)),
        "secure": lambda: fit_federated(parts, replace(plain, secure_aggregation=True)),
        "federated, not calibrated": lambda: fit_federated(parts, bare),
        "secure, not calibrated": lambda: fit_federated(parts, replace(bare, secure_aggregation=True)),
        **{
            f"secure, noise {noise:g}, epsilon {epsilon(options):.3g}": partial(fit_federated, parts, options)
            for noise, options in noisy.items()
        },
        **{
            f"federated without {name}": partial(
                fit_federated, {other: each for other, each in parts.items() if other != name}, plain
            )
            for name in parts
        },
    }
    print(f"{len(asked)} people of no site, {int(asked.answers.sum())} diagnosed; {size} people a site")
    print(
        f"{len(every)} visits of theirs, {every.answers.mean():.3f} followed by a diagnosis within two years"
    )
    for name, fit in fits.items():
        start = time.process_time()
        model = fit()
        seconds = time.process_time() - start
        predicted = model.predict(others, asked)
        risks = model.predict(others, every)
        weights = random.multinomial(len(asked), np.full(len(asked), 1 / len(asked)), 500).astype(float)
        low, high = np.nanquantile(auc(asked.answers, predicted, weights), [0.025, 0.975])
        area = auc(asked.answers, predicted, np.ones((1, len(asked))))[0]
        print(
            f"  {name:<38} AUC {area:.3f} ({low:.3f} to {high:.3f})  mean risk {predicted.mean():.2f}"
            f"  at every visit {risks.mean():.3f}, Brier {((risks - every.answers) ** 2).mean():.4f}  {seconds:.0f} s",
            flush=True,
        )
    print(
        f"secure against plain: weights of one round differ by {rounding(parts, replace(bare, rounds=1)):.1e}"
    )


def rounding(parts: dict[str, Visits], options: FederatedOptions) -> float:
    """Return how far masks and rounding move the weights, over their length."""
    plain, secure = (
        torch.cat([each.ravel() for each in model.members[0].network.state_dict().values()])
        for model in (
            fit_federated(parts, options),
            fit_federated(parts, replace(options, secure_aggregation=True)),
        )
    )
    return float((secure - plain).norm() / plain.norm())


if __name__ == "__main__":
    main()
