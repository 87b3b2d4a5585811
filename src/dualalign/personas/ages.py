"""Ages at the index date, index dates and birth dates, spread as evenly as their distributions allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dualalign.personas.quota import quota

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack
    from dualalign.packs.schema.population import AgeAtIndex

Ages = NDArray[np.int16]
Dates = NDArray[np.datetime64]


def banded_ages(pack: Pack, n: int, rng: np.random.Generator) -> Ages:
    """Return n ages in random order whose age bands hold their published shares.

    Within a band, ages follow the pack's distribution of age at the index date, cut at the band's ends.
    """
    bands = pack.factors.age_bands
    shares = pack.factors.factor(pack.factors.age_factor).levels
    age = pack.population.age
    ages = [
        _spread(age, max(band.first, age.youngest), min(band.last, age.oldest), int(count), rng)
        for band, count in zip(bands.values(), quota(list(shares.values()), n), strict=True)
    ]
    return rng.permutation(np.concatenate(ages))


def claims_ages(pack: Pack, n: int, rng: np.random.Generator) -> Ages:
    """Return n ages in random order that follow the pack's distribution of age at the index date."""
    age = pack.population.age
    return rng.permutation(_spread(age, age.youngest, age.oldest, n, rng))


def band_codes(pack: Pack, ages: Ages) -> NDArray[np.int8]:
    """Return the code of each age's band; ages beyond the bands fall into the nearest."""
    starts = [band.first for band in pack.factors.age_bands.values()]
    codes = np.searchsorted(starts, ages, side="right") - 1
    return np.clip(codes, 0, None).astype(np.int8)


def index_dates(pack: Pack, n: int, rng: np.random.Generator) -> Dates:
    """Return n dates in random order, spread evenly over the pack's calendar range."""
    first = np.datetime64(pack.population.index_dates.first, "D")
    days = (pack.population.index_dates.last - pack.population.index_dates.first).days + 1
    offsets = np.floor((np.arange(n) + rng.random(n)) / n * days).astype(np.int64)
    return rng.permutation(first + np.minimum(offsets, days - 1).astype("timedelta64[D]"))


def birth_dates(ages: Ages, at: Dates, rng: np.random.Generator) -> Dates:
    """Return birth dates of people who are exactly so old, in whole years, on their dates."""
    months = at.astype("datetime64[M]")
    day = (at - months).astype(np.int64)
    birthday_month = months - (12 * ages.astype(np.int64)).astype("timedelta64[M]")
    length = ((birthday_month + 1).astype("datetime64[D]") - birthday_month.astype("datetime64[D]")).astype(
        np.int64
    )
    # On 29 February the last birthday of somebody born in another year was on the 28th at the latest.
    birthday = birthday_month.astype("datetime64[D]") + np.minimum(day, length - 1).astype("timedelta64[D]")
    return np.asarray(birthday - rng.integers(0, 365, len(ages)).astype("timedelta64[D]"))


def _spread(age: AgeAtIndex, first: int, last: int, n: int, rng: np.random.Generator) -> Ages:
    """Return n whole ages at evenly spaced quantiles of a normal cut at first and last, in ascending order."""
    from scipy.special import ndtr, ndtri

    low, high = ndtr((np.array([first - 0.5, last + 0.5]) - age.mean) / age.sd)
    # One offset for all: the number of ages in any interval is then within 1 of n x its probability.
    points = low + (np.arange(n) + rng.random()) / max(n, 1) * (high - low)
    # Whole years stand for the age they are nearest to, so that the mean of whole years is the published mean.
    years = np.rint(age.mean + age.sd * ndtri(points))
    return np.asarray(np.clip(years, first, last), dtype=np.int16)
