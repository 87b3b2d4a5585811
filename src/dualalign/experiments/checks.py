"""What an experiment cannot be run on, and what makes its figures doubtful."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dualalign.errors import ExperimentError
from dualalign.experiments.training_sets import REFERENCE

if TYPE_CHECKING:
    from dualalign.experiments.experiment import Experiment
    from dualalign.experiments.labelled_text import Marks

LEFT_OUT_WHERE_ABSENT = ("none", "bronze", "synthetic", "silver")
"""Sources whose training sets are left out where the user gives no such text; any other must be given."""

_FEWEST_POSITIVES = 2
_LEARN, _TEST = "to learn from", "to test on"


def refuse(experiment: Experiment) -> None:
    """Refuse an experiment that cannot be run.

    Raises:
        ExperimentError: an id that stands twice, a text that is missing, or gold labels of one class only.
    """
    for kind, named in (
        ("training set", [each.id for each in experiment.sets.training_sets]),
        ("model", [each.key for each in experiment.models]),
        ("task", [each.id for each in experiment.tasks]),
    ):
        if not named:
            raise ExperimentError(f"no {kind} to run", "give at least one")
        twice = next((name for name in named if named.count(name) > 1), None)
        if twice is not None:
            raise ExperimentError(f"{kind} '{twice}' stands twice", "give each an id of its own")
    for each in experiment.sets.training_sets:
        if experiment.text(each.source) is None and each.source not in LEFT_OUT_WHERE_ABSENT:
            known = ", ".join(name for name, _ in experiment.named_texts()) or "(none)"
            raise ExperimentError(
                f"training set '{each.id}' needs a text '{each.source}'", f"the texts given are {known}"
            )
    kinds = {task.kind for task in experiment.tasks}
    names = experiment.gold.label_ids
    learned, tested = experiment.development.labels, experiment.test.labels
    for fold, labels in ((_LEARN, learned), (_TEST, tested)):
        if not labels.any():
            raise ExperimentError(
                f"none of {len(labels)} gold sentences {fold} has a label",
                "give each fold sentences with labels",
            )
    if kinds != {"binary"}:
        for label, count in zip(names, learned.sum(axis=0), strict=True):
            if not _FEWEST_POSITIVES <= count < len(learned):
                raise ExperimentError(
                    f"label '{label}' stands on {count} of {len(learned)} gold sentences to learn from",
                    "give a gold set in which every label is sometimes there and sometimes not",
                )
    if kinds != {"five_class"}:
        _refuse_all_labelled(learned, _LEARN)
        _refuse_all_labelled(tested, _TEST)
    if "five_class" in kinds:
        alone = learned[learned.sum(axis=1) == 1].sum(axis=0)
        if not alone.all():
            raise ExperimentError(
                f"label '{names[int(alone.argmin())]}' never stands alone on gold sentences {_LEARN}",
                "leave out the task five_class, which is about sentences with exactly one label",
            )
        if not (tested.sum(axis=1) == 1).any():
            raise ExperimentError(
                f"no gold sentence {_TEST} has exactly one label",
                "leave out the task five_class, which is about such sentences",
            )


def refuse_reference(reference: str, sets: Sequence[str]) -> None:
    """Refuse a training set to hold others against that is not run.

    Raises:
        ExperimentError: naming those that are.
    """
    if reference != REFERENCE and reference not in sets:
        raise ExperimentError(
            f"no training set '{reference}' to hold others against", f"give {', '.join(sets)}"
        )


def _refuse_all_labelled(labels: Marks, fold: str) -> None:
    if labels.any(axis=1).all():
        raise ExperimentError(
            f"every one of {len(labels)} gold sentences {fold} has a label: one class only",
            "add sentences without one (empty labels), or ask for the task five_class alone",
        )


def doubts(experiment: Experiment) -> list[str]:
    """Return what does not stop an experiment but makes its figures doubtful, one line each, with a remedy."""
    gold, test = experiment.gold, experiment.test
    found = []
    repeated = gold.repeated_across_folds()
    if repeated:
        row, first = repeated[0]
        found.append(
            f"{len(repeated)} gold sentences stand in two folds, such as '{gold.ids[row]}' and '{gold.ids[first]}': what "
            "is learned by heart counts as understood - remove them from one fold"
        )
    missing = [
        label for label, count in zip(gold.label_ids, test.labels.sum(axis=0), strict=True) if not count
    ]
    if missing:
        found.append(
            f"no gold sentence to test on has the label {', '.join(missing)}: its F1 is 0 in every macro-F1 - give the "
            "test fold some"
        )
    tested = {text.lower() for text in test.texts}
    for name, text in experiment.named_texts():
        both = sum(sentence.lower() in tested for sentence in text.texts)
        if both:
            found.append(
                f"{both} gold sentences to test on stand in the text '{name}' too: its gain is partly learned by heart - "
                "leave them out of it"
            )
    return found
