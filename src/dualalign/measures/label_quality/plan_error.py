"""How far the plan's labels can be trusted: held against a reader of the text whose own error is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dualalign.errors import MeasureError
from dualalign.measures.label_quality.source_error import marks_of
from dualalign.measures.labelled_sentences import sampled_sentences
from dualalign.measures.measure import Figure, Measure, grouped_interval
from dualalign.measures.metric import lower, measured

if TYPE_CHECKING:
    from dualalign.cohort.reader import Cohort
    from dualalign.packs.pack import Pack

MOST = 20_000


@measured(plan_against_rules=lower(0, 1))
def plan_against_rules(
    cohort: Cohort, pack: Pack, rules_error: float | None = None, most: int = MOST
) -> Measure:
    """Return the share of sentences that the plan and the pack's rules label differently.

    Nobody labelled the cohort by hand, so that the plan's own error is not to be had; if the rules err on its sentences
    as often as on gold ones, it lies between the difference of the two figures and their sum.

    Args:
        most: sentences read, about.

    Raises:
        MeasureError: the cohort has no sentences.
    """
    from dualalign.labels.rules import RulesAnnotator

    labels = [label.id for label in pack.labels.scheme().labels]
    rows = list(sampled_sentences(cohort, most))
    if not rows:
        raise MeasureError(f"{cohort.folder}: holds no sentences", "generate more patients")
    planned = marks_of([row["labels"] for row in rows], labels)
    read = marks_of(
        [each.labels for each in RulesAnnotator(pack).annotate([row["text"] for row in rows])], labels
    )
    differ = (planned != read).any(axis=1)
    apart = float(differ.mean())
    note = (
        f"{len(rows):,} sentences; the plan and the rules share the pack's vocabulary, and may share errors"
    )
    if rules_error is not None:
        note += (
            f"; were the rules as right here as on gold sentences, the plan would err on {abs(apart - rules_error):.1%} to "
            f"{min(1.0, apart + rules_error):.1%}"
        )
    return Figure(
        apart,
        grouped_interval([row["patient_id"] for row in rows], lambda drawn: float(differ[drawn].mean())),
        {f"{label}: plan only": float((planned & ~read)[:, c].mean()) for c, label in enumerate(labels)}
        | {f"{label}: rules only": float((read & ~planned)[:, c].mean()) for c, label in enumerate(labels)},
        {} if rules_error is None else {"rules against gold": rules_error},
        note=note,
    )
