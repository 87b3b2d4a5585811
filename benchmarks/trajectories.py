"""Trajectories against the pack's tables: visits (table 5), mentions (6), domains (7), notes a patient, the course.

Run: python benchmarks/trajectories.py [--patients 1000] [--pack alzheimers]
Exits 1 if a figure misses its aim: each cell of table 5 within 3% or two standard errors, table 6 within 2% each
year, table 7 within 0.5 points, median notes 106 +- 3 (all on the paper profile), and the mean score of each window of
the course within 0.7 points (clinical profile).
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from dualalign.charts import PatientSimulator
from dualalign.packs import load_pack
from dualalign.packs.pack import Pack
from dualalign.personas import sample_personas
from dualalign.trajectories import Trajectory


def simulate(pack: Pack, profile: str, patients: int, seed: int) -> list[Trajectory]:
    """Simulate patients and print how long a plan took."""
    simulator = PatientSimulator(pack, profile)
    people = list(sample_personas(pack, patients, seed, profile))
    started = time.process_time()
    found = [simulator.simulate(persona, seed) for persona in people]
    plans = sum(len(each.plans) for each in found)
    spent = time.process_time() - started
    print(f"\n{profile} profile: {patients:,} patients, {plans:,} plans, {1e6 * spent / plans:.0f} us a plan")
    return found


def check_tables(pack: Pack, found: list[Trajectory]) -> list[bool]:
    """Print tables 5, 6 and 7 as measured over target, and return whether each aim is met."""
    settings = pack.profiles.profile("paper")
    people, types = len(found), [kind.id for kind in pack.visits.types]
    plans = [plan for each in found for plan in each.plans]
    visits = np.zeros((pack.pack.horizon_years, len(types)))
    mentions, notes = np.zeros(pack.pack.horizon_years), np.zeros(pack.pack.horizon_years)
    domains = dict.fromkeys(pack.mentions.domain_shares(), 0)
    for plan in plans:
        visits[plan.year_bin - 1, types.index(plan.note_type)] += 1
        notes[plan.year_bin - 1] += 1
        mentions[plan.year_bin - 1] += len(plan.mentions)
        for mention in plan.mentions:
            domains[mention.domain] += 1
    met = []
    print("table 5, measured over target (standard errors off)")
    for kind in pack.visits.types:
        cells = []
        for window, rate in zip(pack.visits.windows, kind.rates, strict=True):
            years = [year - 1 for year in window.years()]
            measured = visits[years, types.index(kind.id)].sum()
            target = rate * settings.visit_intensity * len(years) * people
            if not target:
                met.append(measured == 0)
                cells.append(f"{'none':>16}")
                continue
            off = (measured - target) / np.sqrt(target)
            met.append(abs(measured / target - 1) <= 0.03 or abs(off) <= 2)
            cells.append(f"{measured / target:>8.3f} ({off:+.1f})")
        print(f"  {kind.name:<28}{''.join(f'{cell:>16}' for cell in cells)}")
    ratios = mentions / notes / settings.mention_density
    table = {year: ratios[year - 1] / mean for year, mean in pack.mentions.per_note.items()}
    met += [abs(ratio - 1) <= 0.02 for ratio in table.values()]
    print("table 6, measured over target: " + "  ".join(f"{y}: {r:.3f}" for y, r in sorted(table.items())))
    total = sum(domains.values())
    gaps = {d: 100 * (domains[d] / total - share) for d, share in pack.mentions.domain_shares().items()}
    met += [abs(gap) <= 0.5 for gap in gaps.values()]
    print("table 7, points off: " + "  ".join(f"{d} {gap:+.2f}" for d, gap in gaps.items()))
    per_patient = [len(each.plans) for each in found]
    low, median, high = np.percentile(per_patient, [25, 50, 75])
    met.append(abs(median - 106) <= 3)
    print(f"notes a patient: median {median:.0f} (IQR {low:.0f} to {high:.0f}); published 106 (98 to 112)")
    return met


def check_course(pack: Pack, found: list[Trajectory]) -> list[bool]:
    """Print the mean true score by window beside the pack's course, and return whether each is close."""
    met = []
    for window in pack.stages.course.windows:
        times = np.linspace(window.to_years, window.from_years, 25)
        mean = float(np.mean([each.course.score(times).mean() for each in found]))
        met.append(abs(mean - window.mean) <= 0.7)
        print(
            f"  {window.from_years:>4g} to {window.to_years:<4g} years: {mean:6.2f}  (course {window.mean})"
        )
    return met


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--pack", default="alzheimers")
    parser.add_argument("--patients", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    pack = load_pack(options.pack)
    met = check_tables(pack, simulate(pack, "paper", options.patients, options.seed))
    clinical = simulate(pack, "clinical", options.patients, options.seed)
    print(f"mean {pack.stages.course.anchor.upper()} by window")
    met += check_course(pack, clinical)
    print(f"\n{sum(met)} of {len(met)} aims met")
    raise SystemExit(0 if all(met) else 1)


if __name__ == "__main__":
    main()
