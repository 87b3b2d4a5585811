"""Every measure that a cohort can be held to with the data at hand, step by step."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Collection, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from dualalign.cohort.reader import Cohort
from dualalign.errors import CohortError, DualAlignError, MeasureError
from dualalign.measures.measure import Measure, TooLittleData
from dualalign.measures.sources import Sources

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack

Step = Callable[[], Measure | list[Measure] | None]

STEPS = ("alignment", "coherence", "diversity", "leakage", "realism", "privacy", "fairness", "labels")


def measure_cohort(
    cohort: Cohort,
    pack: Pack,
    on_step: Callable[[str], None] | None = None,
    sources: Sources | None = None,
    only: Collection[str] = STEPS,
    on_skip: Callable[[str, str], None] | None = None,
    on_fail: Callable[[str, MeasureError], None] | None = None,
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
    unknown = [name for name in only if name not in STEPS]
    if unknown:
        raise MeasureError(f"there is no step '{unknown[0]}'", f"choose of {', '.join(STEPS)}")
    if not cohort.manifest["counts"]["notes"]:
        raise MeasureError(f"{cohort.folder}: nobody in it has a note", "generate more patients")
    cohort.check()
    say = on_skip or (lambda step, reason: None)
    wanted = [name for name in STEPS if name in only]
    if "realism" in wanted and (few := _too_few(sources)):
        say("realism", few)
        wanted.remove("realism")
    found = {}
    for name in wanted:
        if on_step is not None:
            on_step(name)
        steps = _STEPS_OF[name](cohort, pack, sources or Sources(), say)
        measures = list(_run(name, steps, say, on_fail or _raise))
        if measures:
            found[name] = measures
    return found


def _too_few(sources: Sources | None) -> str:
    """Return why there are too few notes to compare with, empty if there are enough or none at all."""
    from dualalign.measures.realism.two_sample import FEWEST

    notes = None if sources is None or sources.reference is None else len(sources.reference)
    if notes is None or notes >= FEWEST:
        return ""
    return f"{notes} notes to compare with are too few (--reference): give at least {FEWEST}"


def _run(
    name: str,
    steps: Iterator[Step],
    say: Callable[[str, str], None],
    fail: Callable[[str, MeasureError], None],
) -> Iterator[Measure]:
    told = set()
    while True:
        measured: Measure | list[Measure] | None = None
        try:
            step = next(steps, None)
            if step is None:
                return
            measured = step()
        except TooLittleData as error:
            say(name, error.message)
        except CohortError:
            raise
        except Exception as error:
            failed = measure_error(error)
            # What several measures of a step need fails for each of them.
            if str(failed) not in told:
                fail(name, failed)
            told.add(str(failed))
        if isinstance(measured, Measure):
            yield measured
        elif measured is not None:
            yield from measured


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


def _raise(step: str, error: MeasureError) -> None:
    raise error


Say = Callable[[str, str], None]


def _alignment(cohort: Cohort, pack: Pack, sources: Sources, say: Say) -> Iterator[Step]:
    from dualalign.measures import alignment

    profile = pack.profiles.profile(cohort.profile)
    counts = cache(lambda: alignment.count_patients(cohort, pack))
    yield lambda: alignment.marginals_measure(cohort, pack)
    if profile.persona_mode == "joint":
        yield lambda: alignment.joint_measure(cohort, pack)
    yield lambda: alignment.notes_measure(counts(), pack, profile)
    yield lambda: alignment.visits_measure(counts(), pack, profile)
    yield lambda: alignment.mentions_measure(counts(), pack, profile)
    yield lambda: alignment.domains_measure(counts(), pack)
    if profile.latent_course == "latent":
        yield lambda: alignment.course_measure(counts(), pack)


def _coherence(cohort: Cohort, pack: Pack, sources: Sources, say: Say) -> Iterator[Step]:
    from dualalign.measures import record_course
    from dualalign.measures.contradictions import count_contradictions

    yield lambda: count_contradictions(cohort, pack)
    yield lambda: record_course.measure_persistence(cohort, pack)
    yield lambda: record_course.measure_score_agreement(cohort, pack)
    yield lambda: record_course.measure_stage_times(cohort, pack)


def _diversity(cohort: Cohort, pack: Pack, sources: Sources, say: Say) -> Iterator[Step]:
    from dualalign.measures.diversity import measure_diversity
    from dualalign.measures.labelled_sentences import labelled_sentences
    from dualalign.measures.semantic_spread import measure_label_spread

    texts, labels = labelled_sentences(cohort)
    sets = [[label] for label in labels]
    yield lambda: measure_diversity(texts, sets)
    yield lambda: measure_label_spread(texts, sets, sources.encoder)


def _leakage(cohort: Cohort, pack: Pack, sources: Sources, say: Say) -> Iterator[Step]:
    from dualalign.measures.leakage import FEWEST, measure_keyword_leakage, measure_leakage

    options = cohort.manifest["options"]
    if not pack.published_results.leakage:
        say("leakage", "the pack has no curve of real notes")
    elif min(options["patients"], options["controls"]) < FEWEST:
        say(
            "leakage", f"needs {FEWEST} patients and as many people without the disease (generate --controls)"
        )
    else:
        yield lambda: measure_leakage(cohort, pack)
        yield lambda: measure_keyword_leakage(cohort, pack)


def _realism(cohort: Cohort, pack: Pack, sources: Sources, say: Say) -> Iterator[Step]:
    from dualalign.measures import realism

    reference = sources.reference
    if reference is None:
        say("realism", "needs notes to compare with (--reference)")
        return
    ours = realism.notes_to_compare(cohort)
    # Published years are whole years before diagnosis; a cohort's are counted from 1, the last one.
    published = {year + 1: share for year, share in pack.published_results.topic_overlap.items()}
    yield lambda: realism.measure_two_sample(ours, reference)
    yield lambda: realism.measure_form(ours, reference)
    yield lambda: realism.measure_mauve(ours, reference, sources.encoder)
    yield lambda: realism.measure_topics(ours, reference, published)


def _privacy(cohort: Cohort, pack: Pack, sources: Sources, say: Say) -> Iterator[Step]:
    from dualalign.measures import privacy
    from dualalign.measures.note_sets import cohort_notes

    yield lambda: privacy.scan_identifiers(cohort, pack, sources.second)
    saw, held_out, canaries = sources.saw, sources.held_out, sources.canaries
    if (saw is not None and held_out is not None) or canaries is not None:
        ours = cache(lambda: cohort_notes(cohort, privacy.MOST_NOTES, cases_only=False))
    if saw is not None and held_out is not None:
        held_out, shared = privacy.without_shared(held_out, saw)
        if shared:
            say("privacy", f"{shared:,} unseen notes stand among the seen ones too: they are left out")
    if saw is not None and held_out is not None and len(held_out):
        yield lambda: privacy.measure_copying(ours(), saw, held_out)
        yield lambda: privacy.measure_nearness(ours(), saw, held_out)
        yield lambda: privacy.measure_copied_identifiers(ours(), saw, held_out, sources.second)
    elif saw is not None:
        say("privacy", "every unseen note stands among the seen ones: a copy would go unnoticed")
    else:
        say(
            "privacy",
            "copying and membership need the real notes that the generator saw, if any (--saw, --held-out)",
        )
    if canaries is not None:
        yield lambda: privacy.measure_canaries(ours().texts, canaries)
    if sources.people is not None:
        sets = privacy.read_persona_sets(cohort, *sources.people)
        yield lambda: privacy.measure_persona_attacks(sets)


def _fairness(cohort: Cohort, pack: Pack, sources: Sources, say: Say) -> Iterator[Step]:
    from dualalign.measures import fairness
    from dualalign.notes import PassageWriter

    yield lambda: fairness.measure_label_rates(cohort, pack)
    options, classifier = cohort.manifest["options"], sources.classifier
    if options["writer"] == PassageWriter.name:
        patients = min(options["patients"], fairness.MOST_PATIENTS)
        yield lambda: fairness.measure_persona_swaps(pack, cohort.profile, options["seed"], patients)
    else:
        say("fairness", "swapped personas need the embedded writer, which writes one plan twice the same way")
    if classifier is not None:
        yield lambda: fairness.measure_classifier_errors(cohort, pack, classifier)
    else:
        say("fairness", "errors by group need a fitted classifier (--classifier)")


def _labels(cohort: Cohort, pack: Pack, sources: Sources, say: Say) -> Iterator[Step]:
    from dualalign.measures import label_quality

    gold, classifier = sources.gold, sources.classifier
    if gold is None:
        say("labels", "errors of sources of labels need sentences that people labelled (--gold)")
        yield lambda: label_quality.measure_plan(cohort, pack)
        return
    rules: list[Measure] = []

    def measure_rules() -> Measure:
        rules.append(label_quality.measure_rules(gold, pack))
        return rules[0]

    yield measure_rules
    yield lambda: label_quality.measure_plan(cohort, pack, rules[0].value if rules else None)
    if classifier is not None:
        yield lambda: label_quality.measure_classifier(gold, classifier)
    for name, other in sources.others.items():
        yield lambda name=name, other=other: label_quality.measure_other_labels(name, gold, other)  # type: ignore[misc]


_STEPS_OF: dict[str, Callable[[Cohort, Pack, Sources, Say], Iterator[Step]]] = {
    "alignment": _alignment,
    "coherence": _coherence,
    "diversity": _diversity,
    "leakage": _leakage,
    "realism": _realism,
    "privacy": _privacy,
    "fairness": _fairness,
    "labels": _labels,
}
