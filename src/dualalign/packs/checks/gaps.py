"""What the tables of a pack leave out: years, domains, rates, scores."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from dualalign.packs.checks.problem import Problem, problem_at

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack


def missing_years(pack: Pack) -> Iterator[Problem]:
    """Find years before the index date for which a table says nothing."""
    horizon = range(1, pack.pack.horizon_years + 1)
    covered = {year for window in pack.visits.windows for year in window.years()}
    for stem, field, years in (
        ("mentions", "per_note", set(pack.mentions.per_note)),
        ("stages", "year_to_stage", set(pack.stages.year_to_stage)),
        ("visits", "windows", covered),
    ):
        missing = [str(year) for year in horizon if year not in years]
        if missing:
            yield problem_at(
                pack,
                stem,
                (field,),
                f"nothing is said of year {', '.join(missing)} before the index date",
                f"cover every year from 1 to horizon_years of pack.yaml, {len(horizon)}",
            )


def missing_rates(pack: Pack) -> Iterator[Problem]:
    """Find note types without one rate for each window."""
    windows = len(pack.visits.windows)
    for v, kind in enumerate(pack.visits.types):
        if len(kind.rates) != windows:
            yield problem_at(
                pack,
                "visits",
                ("types", v, "rates"),
                f"'{kind.id}' has {len(kind.rates)} rates for {windows} windows",
                "give one rate for each window, in the windows' order",
            )


def missing_domains(pack: Pack) -> Iterator[Problem]:
    """Find domains whose terms would never be mentioned."""
    for d, domain in enumerate(pack.lexicon.domains):
        if domain.id not in pack.mentions.domain_ratios:
            yield problem_at(
                pack,
                "lexicon",
                ("domains", d, "id"),
                f"the domain '{domain.id}' has no share of the mentions",
                "give it a ratio under domain_ratios in mentions.yaml",
            )


def missing_family_terms(pack: Pack) -> Iterator[Problem]:
    """Find a share of family history that no term can fill."""
    if pack.mentions.family > 0 and not any(t.family_history for t in pack.lexicon.terms().values()):
        yield problem_at(
            pack,
            "mentions",
            ("family",),
            "no term may be told of a relative",
            "mark at least one term of lexicon.yaml with `family_history: true`, or make the share 0",
        )


def stages_out_of_order(pack: Pack) -> Iterator[Problem]:
    """Find stages whose scores do not fall, and an anchor of which low scores are the good ones."""
    anchor = pack.stages.course.anchor
    found = [each for each in pack.instruments.instruments if each.id == anchor]
    if found and found[0].better != "high":
        yield problem_at(
            pack,
            "stages",
            ("course", "anchor"),
            f"low scores of '{anchor}' are the good ones",
            "anchor the course on a test whose score falls as the disease goes on",
        )
    lowest = [stage.scores[anchor][0] for stage in pack.stages.stages]
    for s, (before, after) in enumerate(pairwise(lowest), start=1):
        if after >= before:
            yield problem_at(
                pack,
                "stages",
                ("stages", s, "scores"),
                f"the band of '{anchor}' begins at {after:g}, no lower than the stage before",
                "list stages from the mildest on, each with a lower band",
            )
