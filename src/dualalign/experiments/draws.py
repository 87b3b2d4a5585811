"""What a cell learns from is drawn here: whole notes of the gold, and samples of other text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dualalign.experiments.labelled_text import LabelledText
from dualalign.labels.gold import GoldSentences
from dualalign.stats.folds import rows_of_groups


def whole_notes(gold: GoldSentences, share: float, random: np.random.Generator) -> GoldSentences:
    """Return sentences of whole notes (groups), drawn until a share of the sentences is reached.

    Args:
        share: above 0; from 1 on all are returned.
    """
    if share >= 1:
        return gold
    wanted = share * len(gold)
    by_note = dict(zip(dict.fromkeys(gold.groups), rows_of_groups(gold.groups), strict=True))
    names = sorted(by_note)
    rows: list[int] = []
    for place in random.permutation(len(names)):
        if len(rows) >= wanted:
            break
        rows.extend(by_note[names[place]].tolist())
    return gold.take(sorted(rows))


def matched_sample(text: LabelledText, labelled: int, random: np.random.Generator) -> LabelledText:
    """Return a random sample with a given number of labelled sentences, and unlabelled ones in proportion.

    Everything is returned where there are no more labelled sentences than that.
    """
    if labelled >= len(text.labelled):
        return text
    share = labelled / len(text.labelled)
    rows: Sequence[int] = sorted(
        [
            *random.choice(text.labelled, labelled, replace=False),
            *random.choice(text.unlabelled, round(share * len(text.unlabelled)), replace=False),
        ]
    )
    return text.take(rows)


def share_of(text: LabelledText, share: float, random: np.random.Generator) -> LabelledText:
    """Return a share of the labelled and of the unlabelled sentences; of equal draws the larger holds the smaller.

    Args:
        share: above 0 to 1.
        random: in the same state for every share of one curve.
    """
    kept = [
        random.permutation(rows)[: max(1, round(share * len(rows)))]
        for rows in (text.labelled, text.unlabelled)
        if len(rows)
    ]
    return text.take(np.sort(np.concatenate(kept)))
