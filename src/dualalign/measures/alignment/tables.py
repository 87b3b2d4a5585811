"""Alignment to the pack's tables: visits by type and window, mentions by year, shares of domains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dualalign.errors import MeasureError
from dualalign.measures.alignment.counts import PatientCounts
from dualalign.measures.alignment.noise import (
    DRAWS,
    distance_interval,
    noise_baseline,
    poisson_ratios,
)
from dualalign.measures.measure import Figure, Measure, random_numbers
from dualalign.measures.metric import lower, measured

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack
    from dualalign.packs.schema.profiles import Profile

Floats = npt.NDArray[np.float64]


@measured(notes_error=lower())
def notes_error(counts: PatientCounts, pack: Pack, profile: Profile) -> Measure:
    """Relative error of the mean number of notes a patient; the breakdown gives mean, median and target."""
    per_patient = counts.visits.sum(axis=(1, 2))
    target = profile.visit_intensity * sum(
        kind.rates[w] * len(window.years())
        for w, window in enumerate(pack.visits.windows)
        for kind in pack.visits.types
    )

    def error(rows: npt.NDArray[np.intp]) -> float:
        return float(abs(per_patient[rows].mean() / target - 1))

    patients = len(per_patient)
    noise = poisson_ratios(np.array([target * patients]), patients, profile.visit_shape)
    return Figure(
        error(np.arange(len(per_patient))),
        distance_interval(len(per_patient), error),
        {
            "mean": float(per_patient.mean()),
            "median": float(np.median(per_patient)),
            "target": float(target),
        },
        noise_baseline(np.abs(noise - 1)),
        note="breakdown: notes a patient",
    )


@measured(visits_error=lower())
def visits_error(counts: PatientCounts, pack: Pack, profile: Profile) -> Measure:
    """Mean relative error of notes per patient and year, over the cells of note type and window (table 5).

    Its breakdown holds the ratio of each cell to its target; cells whose target is none are left out. The baseline is
    what a Poisson process with exactly the table's rates, as uneven between patients as the profile says, would show in
    so many patients.
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

    return Figure(
        error(np.arange(len(each))),
        distance_interval(len(each), error),
        {name: float(value) for name, value in zip(names, each.mean(axis=0) / target, strict=True)},
        noise_baseline(
            np.abs(poisson_ratios(target * len(each), len(each), profile.visit_shape) - 1).mean(axis=1)
        ),
        note="mean over note types and windows; breakdown: measured over target",
    )


@measured(mentions_error=lower())
def mentions_error(counts: PatientCounts, pack: Pack, profile: Profile) -> Measure:
    """Worst relative error of mentions per note, over the years before diagnosis (table 6).

    The baseline is what exactly Poisson counts in so many notes would show; years without a note are left out.

    Raises:
        MeasureError: no patient has a note.
    """
    per_year = counts.visits.sum(axis=2)
    written = per_year.sum(axis=0) > 0
    years = [year for year in sorted(pack.mentions.per_note, reverse=True) if written[year - 1]]
    if not years:
        raise MeasureError("the patients have no notes", "generate more patients")
    target = np.array([pack.mentions.per_note[year] * profile.mention_density for year in years])
    columns = [year - 1 for year in years]
    mentions, notes = counts.mentions[:, columns], per_year[:, columns]

    def means(rows: npt.NDArray[np.intp]) -> Floats:
        total = notes[rows].sum(axis=0)
        return np.where(total > 0, mentions[rows].sum(axis=0) / np.maximum(total, 1), target)

    def error(rows: npt.NDArray[np.intp]) -> float:
        return float(np.max(np.abs(means(rows) / target - 1)))

    whole = np.arange(len(mentions))
    return Figure(
        error(whole),
        distance_interval(len(mentions), error),
        {f"year {year}": float(value) for year, value in zip(years, means(whole) / target, strict=True)},
        noise_baseline(np.abs(poisson_ratios(target * notes.sum(axis=0)) - 1).max(axis=1)),
        note="worst year; breakdown: measured over target",
    )


@measured("cohort", domains_total_variation=lower(0, 1))
def domains_total_variation(counts: PatientCounts, pack: Pack) -> Measure:
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
    total = max(1, int(counts.domains.sum()))
    drawn = random_numbers().multinomial(total, target, size=DRAWS)
    noise = 0.5 * np.abs(drawn / total - target).sum(axis=1)
    return Figure(
        distance(whole),
        distance_interval(counts.patients, distance),
        {name: float(value) for name, value in zip(names, found(whole) - target, strict=True)},
        noise_baseline(noise),
        note="breakdown: measured less target share",
    )


def _window_name(from_year: int, to_year: int) -> str:
    return f"{from_year}" if from_year == to_year else f"{from_year}-{to_year}"
