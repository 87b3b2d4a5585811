"""Topics that synthetic and reference notes share, by year before diagnosis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dualalign.measures.measure import Figure, Measure, grouped_interval
from dualalign.measures.metric import higher, measured
from dualalign.measures.note_sets import NoteSet, side_by_side
from dualalign.stats.arrays import Floats, Rows

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

MOST = 1000
TOP = 20
TOPICS = 60
FEWEST = 5
"""Notes of a year below which its topics are not ranked."""

_WORDS = 4000
_PASSES = 12
_UNUSED = 0.1
"""Share of an even share below which a topic is no topic of the notes; the order of such topics is chance."""


@measured(topic_overlap=higher())
def topic_overlap(
    patient_notes: NoteSet,
    reference: NoteSet,
    published: Mapping[int, float] | None = None,
) -> Measure:
    """Return the share of the reference's 20 strongest topics that are among the 20 of a year's synthetic notes.

    One latent Dirichlet allocation of 60 topics is fitted to equal numbers of both kinds. A year's synthetic notes
    are held against the reference notes of that year, or against all of them where the reference has no years.
    """
    size = min(len(patient_notes), len(reference), MOST)
    ours, theirs = patient_notes.sample(size), reference.sample(size)
    mixtures = _mixtures([*ours.texts, *theirs.texts])
    own, real = mixtures[: len(ours)], mixtures[len(ours) :]
    known = any(year is not None for year in ours.years)
    dated = known and any(year is not None for year in theirs.years)
    years = _years(ours, theirs if dated else None) if known else [None]

    def overlap(mine: Rows, yours: Rows) -> dict[str, float]:
        found = {}
        for year in years:
            left = own[mine if year is None else mine[_of_year(ours.years, mine, year)]]
            right = real[yours[_of_year(theirs.years, yours, year)] if dated else yours]
            if len(left) >= FEWEST and len(right) >= FEWEST:
                found[f"year {year}" if year is not None else "all notes"] = shared_of_top(
                    left.mean(axis=0), right.mean(axis=0)
                )
        return found

    everything = np.arange(len(ours)), np.arange(len(theirs))
    found = overlap(*everything)
    groups, _ = side_by_side(ours, theirs)

    def mean_of(rows: Rows) -> float:
        values = list(overlap(rows[rows < len(ours)], rows[rows >= len(ours)] - len(ours)).values())
        return float(np.mean(values)) if values else float("nan")

    return Figure(
        float(np.mean(list(found.values()))),
        grouped_interval(groups, mean_of, 200, shifted=True, bounds=(0.0, 1.0)),
        found,
        {
            "reference against itself": _halves(theirs, real),
            "chance": TOP / mixtures.shape[1],
        }
        | {f"published year {year}": share for year, share in (published or {}).items()},
        note=f"LDA of {mixtures.shape[1]} topics on {size:,} notes of each kind, "
        + (
            "year against same year"
            if dated
            else f"{'each year' if known else 'all'} against the whole reference"
        ),
    )


def shared_of_top(own: Floats, reference: Floats, top: int = TOP) -> float:
    """Return the share of the strongest topics of the reference that are among the strongest of the other.

    Args:
        own: mean mixture over topics.
        reference: mean mixture over the same topics.
        top: topics ranked; fewer where the notes have fewer.
    """
    least = _UNUSED / len(own)
    tops = [
        {topic for topic in np.argsort(-each, kind="stable")[:top].tolist() if each[topic] > least}
        for each in (own, reference)
    ]
    return len(tops[0] & tops[1]) / max(1, len(tops[1]))


def _halves(notes: NoteSet, mixtures: Floats) -> float:
    """Return the overlap of two halves of the reference that share no group, years apart counted together."""
    first = set(notes.halves()[0].groups)
    inside = np.array([group in first for group in notes.groups])
    return shared_of_top(mixtures[inside].mean(axis=0), mixtures[~inside].mean(axis=0))


def _mixtures(texts: Sequence[str]) -> Floats:
    from sklearn.decomposition import LatentDirichletAllocation

    # Learning in batches of notes is faster but piles nearly all weight on two or three topics.
    model = LatentDirichletAllocation(TOPICS, learning_method="batch", max_iter=_PASSES, random_state=0)
    return np.asarray(model.fit_transform(_counts(texts)))


def _counts(texts: Sequence[str]) -> csr_matrix:
    from sklearn.feature_extraction.text import CountVectorizer

    counter = CountVectorizer(
        stop_words="english",
        token_pattern=r"[^\W\d_]{3,}",
        min_df=min(5, max(1, len(texts) // 20)),
        max_df=0.5,
        max_features=_WORDS,
    )
    return counter.fit_transform(texts)


def _years(ours: NoteSet, theirs: NoteSet | None) -> list[int | None]:
    known = {year for year in ours.years if year is not None}
    if theirs is not None:
        known &= {year for year in theirs.years if year is not None}
    return [*sorted(known)]


def _of_year(years: Sequence[int | None], rows: Rows, year: int | None) -> npt.NDArray[np.bool_]:
    return np.array([years[row] == year for row in rows], dtype=np.bool_)
