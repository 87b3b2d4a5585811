"""Alignment to the pack's tables: visits by type and window, mentions by year, shares of domains, the course."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dualalign.measures.alignment.counts import PatientCounts
from dualalign.measures.measure import Measure, bootstrap_interval

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack
    from dualalign.packs.schema.profiles import Profile

Floats = npt.NDArray[np.float64]

_DRAWS = 300
_INFINITE = float("inf")


def visits_measure(counts: PatientCounts, pack: Pack, profile: Profile) -> Measure:
    """Mean relative error of notes per patient and year, over the cells of note type and window (table 5).

    Its breakdown holds the ratio of each cell to its target; cells whose target is none are left out. The baseline is
    what an exact Poisson process of so many patients would show.
    """
    windows, types = pack.visits.windows, pack.visits.types
    names, targets, columns = [], [], []
    for w, window in enumerate(windows):
        years = [year - 1 for year in window.years()]
        for t, kind in enumerate(types):
            if kind.rates[w] > 0:
                names.append(f"{kind.id} {_window_name(window.from_year, window.to_year)}")
                targets.append(kind.rates[w] * profile.visit_intensity * len(years))
                columns.append(counts.visits[:, years, t].sum(axis=1))
    target, each = np.array(targets), np.column_stack(columns)

    def error(rows: npt.NDArray[np.intp]) -> float:
        return float(np.mean(np.abs(each[rows].mean(axis=0) / target - 1)))

    return Measure(
        "visits_error",
        "min",
        (0.0, _INFINITE),
        error(np.arange(len(each))),
        bootstrap_interval(len(each), error, draws=_DRAWS),
        {name: float(value) for name, value in zip(names, each.mean(axis=0) / target, strict=True)},
        {"sampling noise": float(np.mean(np.sqrt(2 / np.pi) / np.sqrt(target * len(each))))},
        note="mean relative error; breakdown: measured over target",
    )


def mentions_measure(counts: PatientCounts, pack: Pack, profile: Profile) -> Measure:
    """Worst relative error of mentions per note, over the years before diagnosis (table 6)."""
    years = sorted(pack.mentions.per_note, reverse=True)
    target = np.array([pack.mentions.per_note[year] * profile.mention_density for year in years])
    columns = [year - 1 for year in years]
    mentions, notes = counts.mentions[:, columns], counts.visits.sum(axis=2)[:, columns]

    def means(rows: npt.NDArray[np.intp]) -> Floats:
        return np.asarray(mentions[rows].sum(axis=0) / np.maximum(notes[rows].sum(axis=0), 1))

    def error(rows: npt.NDArray[np.intp]) -> float:
        return float(np.max(np.abs(means(rows) / target - 1)))

    whole = np.arange(len(mentions))
    noise = np.random.default_rng(0).standard_normal((2000, len(years))) / np.sqrt(
        np.maximum(target * notes.sum(axis=0), 1)
    )
    return Measure(
        "mentions_error",
        "min",
        (0.0, _INFINITE),
        error(whole),
        bootstrap_interval(len(mentions), error, draws=_DRAWS),
        {f"year {year}": float(value) for year, value in zip(years, means(whole) / target, strict=True)},
        {"sampling noise": float(np.abs(noise).max(axis=1).mean())},
        note="worst year; breakdown: measured over target",
    )


def domains_measure(counts: PatientCounts, pack: Pack) -> Measure:
    """Total variation between the shares of domains among mentions and the pack's (table 7)."""
    shares = pack.mentions.domain_shares()
    target = np.array([shares[domain.id] for domain in pack.lexicon.domains])
    names = [domain.id for domain in pack.lexicon.domains]

    def found(rows: npt.NDArray[np.intp]) -> Floats:
        total = counts.domains[rows].sum(axis=0)
        return np.asarray(total / max(float(total.sum()), 1.0))

    def distance(rows: npt.NDArray[np.intp]) -> float:
        return float(0.5 * np.abs(found(rows) - target).sum())

    whole = np.arange(counts.patients)
    drawn = np.random.default_rng(0).multinomial(int(counts.domains.sum()), target, size=500)
    noise = 0.5 * np.abs(drawn / max(1.0, counts.domains.sum()) - target).sum(axis=1)
    return Measure(
        "domains_total_variation",
        "min",
        (0.0, 1.0),
        distance(whole),
        bootstrap_interval(counts.patients, distance, draws=_DRAWS),
        {name: float(value) for name, value in zip(names, found(whole) - target, strict=True)},
        {"sampling noise": float(noise.mean())},
        note="breakdown: measured less target share",
    )


def notes_measure(counts: PatientCounts, pack: Pack, profile: Profile) -> Measure:
    """Relative error of the mean number of notes a patient; the breakdown gives mean, median and target."""
    per_patient = counts.visits.sum(axis=(1, 2))
    target = profile.visit_intensity * sum(
        kind.rates[w] * len(window.years())
        for w, window in enumerate(pack.visits.windows)
        for kind in pack.visits.types
    )

    def error(rows: npt.NDArray[np.intp]) -> float:
        return float(abs(per_patient[rows].mean() / target - 1))

    return Measure(
        "notes_error",
        "min",
        (0.0, _INFINITE),
        error(np.arange(len(per_patient))),
        bootstrap_interval(len(per_patient), error, draws=_DRAWS),
        {
            "mean": float(per_patient.mean()),
            "median": float(np.median(per_patient)),
            "target": float(target),
        },
        {"sampling noise": float(np.sqrt(2 / np.pi) / np.sqrt(target * len(per_patient)))},
        note="breakdown: notes a patient",
    )


def course_measure(counts: PatientCounts, pack: Pack) -> Measure | None:
    """Worst difference between the mean true score of the anchor test and the pack's course, by window, in points.

    The mean goes over patients and years of the window, of patients seen in it. None where no window of the course
    lies within the years that are simulated.
    """
    course = pack.stages.course
    best = pack.instruments.instrument(course.anchor).maximum
    worst = min(stage.scores[course.anchor][0] for stage in pack.stages.stages)
    notes = counts.visits.sum(axis=2)
    names, targets, scores = [], [], []
    for window in course.windows:
        years = [y for y in range(notes.shape[1]) if window.to_years <= y and y + 1 <= window.from_years]
        if not years:
            continue
        mean_severity = counts.severity_sums[:, years] / np.where(
            notes[:, years] > 0, notes[:, years], np.nan
        )
        names.append(f"{window.from_years:g} to {window.to_years:g} years")
        targets.append(window.mean)
        scores.append(
            np.nanmean(best - (best - worst) * mean_severity, axis=1)
            if len(years) > 1
            else (best - (best - worst) * mean_severity)[:, 0]
        )
    if not names:
        return None
    each, target = np.column_stack(scores), np.array(targets)

    def error(rows: npt.NDArray[np.intp]) -> float:
        return float(np.max(np.abs(np.nanmean(each[rows], axis=0) - target)))

    whole = np.arange(len(each))
    spread = np.nanstd(each, axis=0) / np.sqrt(np.maximum((~np.isnan(each)).sum(axis=0), 1))
    noise = np.abs(np.random.default_rng(0).standard_normal((2000, len(names))) * spread).max(axis=1)
    return Measure(
        "course_error",
        "min",
        (0.0, _INFINITE),
        error(whole),
        bootstrap_interval(len(each), error, draws=_DRAWS),
        {name: float(value) for name, value in zip(names, np.nanmean(each, axis=0), strict=True)},
        {"sampling noise": float(noise.mean())}
        | {f"target {name}": float(value) for name, value in zip(names, target, strict=True)},
        unit=f"{course.anchor.upper()} points",
        note="breakdown: mean true score by window before diagnosis",
    )


def _window_name(from_year: int, to_year: int) -> str:
    return f"{from_year}" if from_year == to_year else f"{from_year}-{to_year}"
