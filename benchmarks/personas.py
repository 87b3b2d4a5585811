"""How right and how fast personas are: marginals, latent correlations, rules, seconds. Exits 1 past a limit."""

import argparse
import time

import numpy as np

from dualalign.packs import Pack, load_pack
from dualalign.personas import (
    PersonaTable,
    broken_rules,
    latent_correlations,
    match_controls,
    sample_personas,
    target_shares,
)

WORST_COUNT = 1.0
WORST_MARGINAL_POINTS = 0.2
WORST_CORRELATION = 0.05
WORST_SECONDS = 30.0


def worst_marginal(table: PersonaTable, targets: dict[str, dict[str, float]]) -> tuple[float, str]:
    """Return the largest distance of a count from n x share, in people, and where."""
    return max(
        (abs(count - len(table) * targets[factor][level]), f"{factor}: {level}")
        for factor in targets
        for level, count in table.counts(factor).items()
    )


def measure(pack: Pack, profile: str, many: int, seed: int) -> bool:
    targets = target_shares(pack, profile)
    print(f"profile {profile}, seed {seed}")
    small, where = worst_marginal(sample_personas(pack, 100, seed, profile), targets)
    print(f"  n=100: largest distance of a count from n x share {small:.2f} people ({where})")
    table = sample_personas(pack, 20_000, seed, profile)
    large, where = worst_marginal(table, targets)
    points = 100 * large / len(table)
    print(f"  n=20,000: largest error of a marginal {points:.4f} points ({where})")
    found = latent_correlations(table, pack)
    correlated = pack.profiles.profile(profile).persona_mode == "joint"
    below = np.tril_indices(len(found.variables), -1)
    if correlated:
        pair = " and ".join(found.worst_pair)
        error, what = found.largest_error, "error of a latent correlation"
        print(f"  n=20,000: largest {what} {error:.3f} ({pair}), of {len(below[0])} pairs")
    else:
        error = 0.0
        largest = np.abs(found.estimated[below]).max()
        print(f"  n=20,000: largest latent correlation {largest:.3f} (independent by design, but for rules)")
    controls = match_controls(table, pack, 20_000, seed)
    off, where = worst_marginal(
        controls,
        {
            factor: levels
            for factor, levels in target_shares(pack, profile, cases=False).items()
            if factor not in (pack.factors.age_factor, pack.factors.sex_factor)
        },
    )
    print(f"  20,000 controls: largest distance of a count from n x share {off:.2f} people ({where})")
    started = time.perf_counter()
    big = sample_personas(pack, many, seed, profile)
    seconds = time.perf_counter() - started
    broken = sum(broken_rules(big, pack).values()) + sum(broken_rules(controls, pack).values())
    rules = len(pack.persona_rules.rules)
    print(f"  n={many:,}: {seconds:.1f} s, {broken} breaches of {rules} rules (controls included)")
    started = time.perf_counter()
    for row in range(2_000):
        big.persona(row)
    each = (time.perf_counter() - started) / 2_000
    print(f"  one persona made whole: {1e6 * each:.0f} microseconds")
    return (
        small <= WORST_COUNT
        and points < WORST_MARGINAL_POINTS
        and error < WORST_CORRELATION
        and broken == 0
        and seconds < WORST_SECONDS
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pack", default="alzheimers")
    parser.add_argument("--many", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    pack = load_pack(options.pack)
    within = [measure(pack, profile, options.many, options.seed) for profile in pack.profiles.profiles]
    if not all(within):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
