"""Whether "noise, 1 in 20" is: how often cohorts that follow their targets lie beyond it. Exits 1 if far more often."""

import argparse
from collections.abc import Iterator

import numpy as np
from scipy.stats import binom

from dualalign.charts import PatientSimulator
from dualalign.measures.alignment.counts import PatientCounts
from dualalign.measures.alignment.course import course_error
from dualalign.measures.alignment.tables import (
    domains_total_variation,
    mentions_error,
    notes_error,
    visits_error,
)
from dualalign.measures.measure import Measure
from dualalign.packs import Pack, load_pack
from dualalign.personas import sample_personas


def counts_of(
    pack: Pack, simulator: PatientSimulator, profile: str, patients: int, seed: int
) -> PatientCounts:
    """Count a cohort without writing its notes."""
    types = {each.id: place for place, each in enumerate(pack.visits.types)}
    domains = {each.id: place for place, each in enumerate(pack.lexicon.domains)}
    years = pack.pack.horizon_years
    counts = PatientCounts(
        np.zeros((patients, years, len(types))),
        np.zeros((patients, years)),
        np.zeros((patients, len(domains))),
        np.zeros((patients, years)),
    )
    for row, persona in enumerate(sample_personas(pack, patients, seed, profile)):
        for plan in simulator.simulate(persona, seed).plans:
            year = plan.year_bin - 1
            counts.visits[row, year, types[plan.note_type]] += 1
            counts.severity_sums[row, year] += plan.severity
            counts.mentions[row, year] += len(plan.mentions)
            for mention in plan.mentions:
                counts.domains[row, domains[mention.domain]] += 1
    return counts


def measures_of(counts: PatientCounts, pack: Pack, profile: str) -> Iterator[Measure]:
    settings = pack.profiles.profile(profile)
    yield notes_error(counts, pack, settings)
    yield visits_error(counts, pack, settings)
    yield mentions_error(counts, pack, settings)
    yield domains_total_variation(counts, pack)
    if settings.latent_course == "latent":
        course = course_error(counts, pack)
        assert course is not None
        yield course


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cohorts", type=int, default=40)
    parser.add_argument("--patients", type=int, default=100)
    parser.add_argument("--profile", default="clinical")
    parser.add_argument("--seed", type=int, default=100)
    given = parser.parse_args()
    pack = load_pack("alzheimers")
    simulator = PatientSimulator(pack, given.profile)
    found: dict[str, list[Measure]] = {}
    for seed in range(given.seed, given.seed + given.cohorts):
        counts = counts_of(pack, simulator, given.profile, given.patients, seed)
        for measure in measures_of(counts, pack, given.profile):
            found.setdefault(measure.name, []).append(measure)
    beyond = 0
    for name, each in found.items():
        over = sum(m.value > m.baseline["noise, 1 in 20"] for m in each)
        held = sum(m.interval is not None and m.interval[0] <= m.value <= m.interval[1] for m in each)
        value, noise = (
            np.mean([m.value for m in each]),
            np.mean([m.baseline["sampling noise"] for m in each]),
        )
        print(
            f"{name:<26} mean {value:.4f}, noise {noise:.4f}, beyond 1 in 20: {over}/{len(each)}, in interval: {held}"
        )
        beyond += over
    total = sum(map(len, found.values()))
    print(f"beyond 1 in 20: {beyond} of {total}")
    raise SystemExit(bool(binom.sf(beyond - 1, total, 0.05) < 0.001))


if __name__ == "__main__":
    main()
