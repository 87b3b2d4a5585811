"""Every measure that notes can be held to with the data at hand, step by step."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Collection, Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dualalign.errors import CohortError, DualAlignError, MeasureError
from dualalign.measures.context import Context
from dualalign.measures.measure import Measure, NotGiven, TooLittleData
from dualalign.measures.metric import Metric
from dualalign.measures.note_sets import NoteSet
from dualalign.measures.sources import Sources

if TYPE_CHECKING:
    from dualalign.cohort.reader import Cohort
    from dualalign.packs.pack import Pack

STEPS = {
    "alignment": ("alignment.personas", "alignment.joint", "alignment.tables", "alignment.course"),
    "coherence": ("coherence", "record_course.persistence", "record_course.stages"),
    "diversity": ("diversity", "semantic_spread"),
    "leakage": ("leakage",),
    "realism": ("realism.two_sample", "realism.form", "realism.mauve", "realism.topics"),
    "privacy": (
        "privacy.identifiers",
        "privacy.copying",
        "privacy.nearest",
        "privacy.canaries",
        "privacy.persona_attacks",
    ),
    "fairness": ("fairness.label_rates", "fairness.persona_swaps", "fairness.classifier_errors"),
    "labels": ("label_quality.source_error", "label_quality.plan_error"),
}
"""Step -> the modules of its measures: a new measure is a file with a function under `@measured`, named here."""

OnStep = Callable[[str], None]
OnSkip = Callable[[str, str], None]
OnFail = Callable[[str, MeasureError], None]


def measure_cohort(
    cohort: Cohort,
    pack: Pack,
    on_step: OnStep | None = None,
    sources: Sources | None = None,
    only: Collection[str] = tuple(STEPS),
    on_skip: OnSkip | None = None,
    on_fail: OnFail | None = None,
) -> dict[str, list[Measure]]:
    """Compute every measure that the cohort and the sources allow.

    Args:
        cohort: a finished cohort.
        pack: the pack it was made with.
        on_step: called with the name of each step before it begins.
        sources: data to hold it against beside the pack; none if None.
        only: steps wanted, of `STEPS`.
        on_skip: called with a step and the reason why something of it is not measured.
        on_fail: called with a step and the error that ended a measure of it; the others are still made. None raises it.

    Returns:
        Step -> its measures; steps that measured nothing are left out.

    Raises:
        CohortError: a table is missing, damaged, changed by hand or of another cohort.
        MeasureError: an unknown step, a cohort without notes, no patient with the disease, no labelled sentence, or a
            pack that does not know what the cohort holds.
    """
    _check_steps(only)
    if not cohort.manifest["counts"]["notes"]:
        raise MeasureError(f"{cohort.folder}: nobody in it has a note", "generate more patients")
    cohort.check()
    return _measure(lambda: Context(pack, cohort, sources=sources), only, on_step, on_skip, on_fail)


def measure_notes(
    notes: NoteSet,
    pack: Pack | None = None,
    on_step: OnStep | None = None,
    sources: Sources | None = None,
    only: Collection[str] = tuple(STEPS),
    on_skip: OnSkip | None = None,
    on_fail: OnFail | None = None,
) -> dict[str, list[Measure]]:
    """Compute every measure that synthetic notes of any origin and the sources allow, as `measure_cohort` does.

    Args:
        notes: the notes, with patients, years and case marks where they are known.
        pack: the pack of their disease, for measures that need its vocabulary; None for none.
        on_step: as in `measure_cohort`, and so the rest.
        sources: data to hold them against.
        only: steps wanted.
        on_skip: told what is not measured.
        on_fail: told what failed.
    """
    _check_steps(only)
    return _measure(lambda: Context(pack, notes=notes, sources=sources), only, on_step, on_skip, on_fail)


def measure_any(subject: Cohort | NoteSet, pack: Pack | None, *rest: Any) -> dict[str, list[Measure]]:
    """Compute what `measure_cohort` or `measure_notes` does, with the same arguments after the pack."""
    if isinstance(subject, NoteSet):
        return measure_notes(subject, pack, *rest)
    assert pack is not None
    return measure_cohort(subject, pack, *rest)


def metrics_of(step: str) -> list[Metric]:
    """Return the metrics of a step in the order of its modules."""
    modules = [import_module(f"dualalign.measures.{name}") for name in STEPS[step]]
    return [
        each.metric
        for module in modules
        for each in vars(module).values()
        if hasattr(each, "metric") and each.__module__ == module.__name__
    ]


def measure_error(error: Exception) -> MeasureError:
    """Return an error of any kind as one that says no more than where it arose, for its words may quote a note."""
    if isinstance(error, MeasureError):
        return error
    if isinstance(error, DualAlignError):
        return MeasureError(error.message, error.remedy)
    at = traceback.extract_tb(error.__traceback__)[-1]
    return MeasureError(
        f"failed with {type(error).__name__} ({Path(at.filename).name}, line {at.lineno})",
        "generate the cohort again if its tables were changed, else report it as a fault of dualalign",
    )


def _check_steps(only: Collection[str]) -> None:
    unknown = [name for name in only if name not in STEPS]
    if unknown:
        raise MeasureError(f"there is no step '{unknown[0]}'", f"choose of {', '.join(STEPS)}")


def _measure(
    context_of: Callable[[], Context],
    only: Collection[str],
    on_step: OnStep | None,
    on_skip: OnSkip | None,
    on_fail: OnFail | None,
) -> dict[str, list[Measure]]:
    from threadpoolctl import threadpool_limits

    skip = on_skip or (lambda step, reason: None)
    wanted = [step for step in STEPS if step in only]
    runnable = {}
    for step in wanted:
        metrics = metrics_of(step)
        lacking = [each.lacking(context_of()) for each in metrics]
        for reason in dict.fromkeys(filter(None, lacking)):
            skip(step, reason)
        runnable[step] = [each for each, reason in zip(metrics, lacking, strict=True) if reason is None]
    found = {}
    # Matrices here are small: threads of linear algebra cost more than they bring.
    with threadpool_limits(1):
        for step in filter(runnable.get, wanted):
            if on_step is not None:
                on_step(step)
            # A context of its own, so that what a step has read is forgotten after it.
            measures = list(_run(step, runnable[step], context_of(), skip, on_fail or _raise))
            if measures:
                found[step] = measures
    return found


def _run(step: str, metrics: list[Metric], context: Context, skip: OnSkip, fail: OnFail) -> Iterator[Measure]:
    told = set()
    for metric in metrics:
        try:
            yield from metric.compute(context)
        except (TooLittleData, NotGiven) as error:
            # What several measures of a step need is missing to each of them.
            if error.message and error.message not in told:
                skip(step, error.message)
            told.add(error.message)
        except CohortError:
            raise
        except Exception as error:
            failed = measure_error(error)
            if str(failed) not in told:
                fail(step, failed)
            told.add(str(failed))
    for remark in context.remarks:
        skip(step, remark)


def _raise(step: str, error: MeasureError) -> None:
    raise error
