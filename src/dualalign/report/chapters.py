"""The chapters of the report page: which figures, of what, and what each says."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from dualalign.cohort.reader import Cohort
from dualalign.measures import alignment
from dualalign.measures.measure import Measure
from dualalign.report.figures import (
    Compared,
    PatientLine,
    dots_against_targets,
    grid_of_ratios,
    line_against_target,
    patient_timeline,
    stacked_shares,
)

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack


@dataclass(frozen=True, slots=True)
class Plot:
    """One figure, readable alone."""

    svg: str
    caption: str
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Chapter:
    """A heading, a paragraph and figures."""

    title: str
    text: str
    plots: list[Plot]


def persona_chapter(cohort: Cohort, pack: Pack) -> Chapter:
    """Every level of every factor against its target."""
    shares = alignment.marginal_shares(cohort, pack)
    names = {factor.id: factor.name for factor in pack.factors.factors}
    plots = []
    for title, factors in _in_pairs(list(shares)):
        rows = [
            Compared(f"{names[factor]}: {level}", 100 * found, 100 * target)
            for factor in factors
            for level, (found, target) in shares[factor].items()
            if level not in ("no",)
        ]
        plots.append(
            Plot(
                dots_against_targets(f"Personas {title}", rows, "% of patients"),
                "Ring: the pack's share. Dot: this cohort.",
            )
        )
    return Chapter(
        "Who the patients are",
        "Each row is one level of a factor. Quotas keep every count within one patient of its target where the hard "
        "rules allow it.",
        plots,
    )


def visit_chapter(found: dict[str, Measure], pack: Pack) -> Chapter:
    """Visits and mentions against the pack's tables."""
    visits = found["visits_error"].breakdown
    windows = list(dict.fromkeys(name.split(" ", 1)[1] for name in visits))
    types = [each for each in pack.visits.types if any(name.startswith(f"{each.id} ") for name in visits)]
    ratios = [[visits.get(f"{each.id} {window}") for window in windows] for each in types]
    mentions = found["mentions_error"].breakdown
    years = [int(name.removeprefix("year ")) for name in mentions]
    domains = found["domains_total_variation"].breakdown
    shares = pack.mentions.domain_shares()
    names = {domain.id: domain.name for domain in pack.lexicon.domains}
    plots = [
        Plot(
            grid_of_ratios(
                "Notes per patient, measured / target",
                [each.name for each in types],
                [f"{window} y" for window in windows],
                ratios,
            ),
            "Columns are windows before diagnosis; 1.00 is on target, darker is further off.",
        ),
        Plot(
            line_against_target(
                "Mentions per note, measured / target",
                years,
                list(mentions.values()),
                [1.0] * len(years),
                "years before diagnosis",
                "ratio",
            ),
            "One means that notes of that year hold as many symptom mentions as planned by the pack's table.",
        ),
        Plot(
            dots_against_targets(
                "Domains of mentions",
                [
                    Compared(names[domain], 100 * (shares[domain] + off), 100 * shares[domain])
                    for domain, off in domains.items()
                ],
                "% of mentions",
            ),
            "Ring: the pack's share. Dot: this cohort.",
        ),
    ]
    return Chapter(
        "What notes are written, and what they mention",
        "Visits follow the pack's rates by note type and window; mentions follow its tables by year and domain.",
        plots,
    )


def course_chapter(found: dict[str, Measure], cohort: Cohort, pack: Pack) -> Chapter:
    """The mean course against the pack's, labels by year, and one patient's years on one line."""
    plots = []
    if "course_error" in found:
        course = found["course_error"]
        names = list(course.breakdown)
        middles = [sum(map(float, name.removesuffix(" years").split(" to "))) / 2 for name in names]
        plots.append(
            Plot(
                line_against_target(
                    f"Mean {pack.stages.course.anchor.upper()} at visits",
                    middles,
                    list(course.breakdown.values()),
                    [course.baseline[f"target {name}"] for name in names],
                    "years before diagnosis",
                    "true score, points",
                ),
                "True score, without the noise that a test adds; target: the pack's course.",
            )
        )
    plots.append(_labels_by_year(cohort, pack))
    plots.append(_one_patient(cohort, pack))
    return Chapter(
        "The disease over the years",
        "Every patient has a latent course of their own; stages, scores, symptoms and treatment follow from it.",
        plots,
    )


def _in_pairs(factors: list[str], size: int = 14) -> list[tuple[str, list[str]]]:
    groups = [factors[start : start + size] for start in range(0, len(factors), size)]
    return [(f"{rank} of {len(groups)}", group) for rank, group in enumerate(groups, 1)]


def _labels_by_year(cohort: Cohort, pack: Pack) -> Plot:
    visits = cohort.table("visits", ["note_id", "year_bin"])
    year_of = dict(zip(visits["note_id"].to_pylist(), visits["year_bin"].to_pylist(), strict=True))
    counted: Counter[tuple[int, str]] = Counter()
    for part in cohort.iterate("sentences", ["note_id", "labels"]):
        part = part.filter(pc.greater(pc.list_value_length(part["labels"]), 0))
        for note, labels in zip(part["note_id"].to_pylist(), part["labels"].to_pylist(), strict=True):
            counted.update((year_of[note], label) for label in labels)
    years = sorted(set(year_of.values()), reverse=True)
    totals = {year: sum(count for (y, _), count in counted.items() if y == year) or 1 for year in years}
    shares = {
        label.name: [counted[year, label.id] / totals[year] for year in years]
        for label in pack.labels.scheme().labels
    }
    return Plot(
        stacked_shares(
            "Labels of sentences, by year", years, shares, "years before diagnosis", "share of labels"
        ),
        "Sentences without a label are left out.",
    )


def _one_patient(cohort: Cohort, pack: Pack) -> Plot:
    """The patient with the most test scores among the first fifty."""
    personas = cohort.table("personas").slice(0, 50).to_pylist()
    ids = {row["patient_id"] for row in personas if row["is_case"]}
    visits = [row for row in cohort.table("visits").to_pylist() if row["patient_id"] in ids]
    scored = Counter(row["patient_id"] for row in visits for _ in row["scores"])
    chosen = scored.most_common(1)[0][0] if scored else sorted(ids)[0]
    persona = next(row for row in personas if row["patient_id"] == chosen)
    own = [row for row in visits if row["patient_id"] == chosen]
    scores: dict[str, list[tuple[float, float]]] = {}
    maxima: dict[str, float] = {}
    for row in own:
        for score in row["scores"]:
            scores.setdefault(score["name"], []).append((row["years_before"], score["value"]))
            maxima[score["name"]] = score["maximum"]
    when = {row["note_id"]: row["years_before"] for row in own}
    mentions = cohort.table("mentions", ["note_id", "patient_id", "term", "polarity"])
    mentions = mentions.filter(pc.equal(mentions["patient_id"], chosen))
    terms = pack.lexicon.terms()
    first: dict[str, float] = {}
    for row in mentions.to_pylist():
        if row["polarity"] == "affirmed":
            first[row["term"]] = max(first.get(row["term"], 0.0), when[row["note_id"]])
    line = PatientLine(
        f"{chosen}, {persona['sex']}, {persona['age_at_index']} at diagnosis",
        [(row["years_before"], row["note_type"], row["stage"]) for row in own],
        {name: sorted(points, reverse=True) for name, points in scores.items()},
        maxima,
        [(years, terms[term].name) for term, years in first.items()],
        persona["index_date"],
    )
    return Plot(
        patient_timeline(line, [stage.id for stage in pack.stages.stages]),
        "Above: scores as a share of the best. Middle: visits, darker in later stages. Below: the first mention of each "
        "symptom, up to 24 of them.",
        wide=True,
    )


def first_notes(cohort: Cohort, wanted: int = 400) -> list[dict[str, object]]:
    """Return the first notes of a cohort, for choosing an example."""
    part = next(iter(cohort.iterate("notes")))
    rows: list[dict[str, object]] = part.slice(0, wanted).to_pylist()
    return rows


def example_rank(labels: int, words: int) -> float:
    """Return how well a note serves as an example: several labels, not too long."""
    return labels - 6 * abs(math.log(max(words, 1) / 220))
