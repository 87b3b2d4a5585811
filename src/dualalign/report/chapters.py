"""The chapters of the report page: which figures, of what, and what each says."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from dualalign.measures import alignment
from dualalign.report.chapter import Chapter, Plot
from dualalign.report.figures import (
    Compared,
    dots_against_targets,
    grid_of_ratios,
    line_against_target,
    patient_timeline,
    stacked_bars,
)
from dualalign.report.one_patient import patient_line

if TYPE_CHECKING:
    from dualalign.cohort.reader import Cohort
    from dualalign.measures.measure import Measure
    from dualalign.packs.pack import Pack
    from dualalign.packs.schema.factors import Factor

_YEARS = "years before diagnosis"
_RING = "Ring: the pack's share. Dot: this cohort."


def persona_chapter(found: dict[str, Measure], cohort: Cohort, pack: Pack) -> Chapter:
    """Every level of every factor against its target, a figure for each of the pack's groups."""
    shares = alignment.marginal_shares(cohort, pack)
    groups: dict[str, list[Compared]] = {}
    levels = 0
    for factor in pack.factors.factors:
        levels += len(shares[factor.id])
        groups.setdefault(factor.group, []).extend(_rows(factor, shares[factor.id]))
    plots = [
        Plot(dots_against_targets(_words(group).capitalize(), rows, "% of patients"), _RING)
        for group, rows in groups.items()
    ]
    measure = found["personas_total_variation"]
    worst = max(measure.breakdown, key=lambda factor: measure.breakdown[factor])
    named = {factor.id: factor.name for factor in pack.factors.factors}[worst]
    text = [
        f"{len(shares)} factors with {levels} levels are drawn for every patient. The factor furthest from its target is "
        f"{named}: {measure.value:.1%} of the patients would have to change level. Drawing patients at random would "
        f"leave the furthest factor {measure.baseline[_NOISE]:.1%} off."
    ]
    if "joint_error" in found:
        joint = found["joint_error"]
        text.append(
            f"Factors also hang together: over {len(joint.breakdown)} pairs, latent correlations are {joint.value:.3f} "
            f"from the pack's (root mean square), where so many patients leave {joint.baseline.get(_NOISE, 0):.3f} to "
            "chance."
        )
    return Chapter(
        "Who the patients are", text, plots[:2], plots[2:], f"{len(plots) - 2} more groups of factors"
    )


def visit_chapter(found: dict[str, Measure], pack: Pack, profile: str) -> Chapter:
    """Visits and mentions against the pack's tables."""
    visits = found["visits_error"].breakdown
    windows = list(dict.fromkeys(name.split(" ", 1)[1] for name in visits))
    types = [each for each in pack.visits.types if any(name.startswith(f"{each.id} ") for name in visits)]
    ratios = [[visits.get(f"{each.id} {window}") for window in windows] for each in types]
    mentions = found["mentions_error"].breakdown
    years = [int(name.removeprefix("year ")) for name in mentions]
    density = pack.profiles.profile(profile).mention_density
    targets = [pack.mentions.per_note[year] * density for year in years]
    measured = [ratio * target for ratio, target in zip(mentions.values(), targets, strict=True)]
    shares = pack.mentions.domain_shares()
    names = {domain.id: domain.name for domain in pack.lexicon.domains}
    domains = [
        Compared(names[domain], 100 * (shares[domain] + off), 100 * shares[domain])
        for domain, off in found["domains_total_variation"].breakdown.items()
    ]
    furthest = max(visits, key=lambda cell: abs(visits[cell] - 1))
    kind = {each.id: each.name for each in types}[furthest.split(" ", 1)[0]]
    return Chapter(
        "What notes are written, and what they mention",
        [
            "Visits follow the pack's rates by note type and window; mentions follow its tables by year and domain. "
            f"Furthest from its target: {kind}, {_window(furthest.split(' ', 1)[1])} before diagnosis, with "
            f"{visits[furthest]:.2f} times as many notes as expected."
        ],
        [
            Plot(
                grid_of_ratios(
                    "Notes per patient, measured / target",
                    [each.name for each in types],
                    [f"{window.replace('-', '–')} y" for window in windows],
                    ratios,
                ),
                "Columns are windows before diagnosis. 1.00 is on target; the stronger the colour, the further off.",
            ),
            Plot(
                line_against_target(
                    "Symptom mentions per note", years, measured, targets, _YEARS, "mentions"
                ),
                f"Target: the pack's table, times the profile's density of {density:g}.",
            ),
            Plot(dots_against_targets("Domains of mentions", domains, "% of mentions"), _RING),
        ],
    )


def course_chapter(found: dict[str, Measure], cohort: Cohort, pack: Pack) -> Chapter:
    """The mean course against the pack's, labels by year, and one patient's years on one line."""
    plots = []
    if "course_error" in found:
        course = found["course_error"]
        names = list(course.breakdown)
        middles = [sum(map(float, name.removesuffix(" years").split(" to "))) / 2 for name in names]
        test = pack.instruments.instrument(pack.stages.course.anchor).names[0]
        plots.append(
            Plot(
                line_against_target(
                    f"Mean true {test} score at visits",
                    middles,
                    list(course.breakdown.values()),
                    [course.baseline[f"target {name}"] for name in names],
                    _YEARS,
                    "points",
                ),
                "Scores before the noise that a test adds. Each point is the middle of a window of the pack's course.",
            )
        )
    plots.append(_labels_by_year(cohort, pack))
    line = patient_line(cohort, pack)
    plots.append(
        Plot(
            patient_timeline(line, [stage.id for stage in pack.stages.stages]),
            "Above: test scores as a share of the highest possible. Middle: visits, darker in later stages. Below: the "
            "first notes that affirm a symptom, up to 24 symptoms.",
            wide=True,
        )
    )
    return Chapter(
        "The disease over the years",
        [
            "Every patient has a latent course of their own; stages, scores, symptoms and treatment follow from it."
            if "course_error" in found
            else "Stages follow the published map of years; scores, symptoms and treatment follow from them."
        ],
        plots,
    )


_NOISE = "sampling noise"


def _rows(factor: Factor, shares: dict[str, tuple[float, float]]) -> list[Compared]:
    """Return one row per level, or a single one for what one has or has not."""
    if set(shares) == {"no", "yes"}:
        measured, target = shares["yes"]
        return [Compared(factor.name, 100 * measured, 100 * target)]
    return [
        Compared(f"{factor.name}: {_words(level)}", 100 * measured, 100 * target)
        for level, (measured, target) in shares.items()
    ]


def _words(identifier: str) -> str:
    return identifier.replace("_", " ")


def _window(years: str) -> str:
    return f"{years.replace('-', '–')} year{'' if years == '1' else 's'}"


def _labels_by_year(cohort: Cohort, pack: Pack) -> Plot:
    """Labels per note of patients, part by part: a part of sentences goes with the same part of notes."""
    cases = set(alignment.case_rows(cohort))
    counted: Counter[tuple[int, str]] = Counter()
    notes: Counter[int] = Counter()
    parts = zip(
        cohort.iterate("notes", ["note_id", "patient_id", "year_bin"]),
        cohort.iterate("sentences", ["note_id", "labels"]),
        strict=True,
    )
    for written, said in parts:
        columns = (written[name].to_pylist() for name in ("note_id", "patient_id", "year_bin"))
        year_of = {note: year for note, patient, year in zip(*columns, strict=True) if patient in cases}
        notes.update(year_of.values())
        labelled = said.filter(pc.greater(pc.list_value_length(said["labels"]), 0))
        for note, labels in zip(labelled["note_id"].to_pylist(), labelled["labels"].to_pylist(), strict=True):
            year = year_of.get(note)
            if year is not None:
                counted.update((year, label) for label in labels)
    years = sorted(notes, reverse=True)
    per_note = {
        label.name: [counted[year, label.id] / notes[year] for year in years]
        for label in pack.labels.scheme().labels
    }
    return Plot(
        stacked_bars("Labels per note", years, per_note, _YEARS, "labelled sentences"),
        "A sentence with several labels counts once for each. Patients only.",
    )
