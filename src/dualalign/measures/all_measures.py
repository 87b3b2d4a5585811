"""Every measure that a cohort can be held to without other data."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from dualalign.cohort.reader import Cohort
from dualalign.measures.measure import Measure

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack

STEPS = ("alignment", "coherence", "diversity", "leakage")


def measure_cohort(
    cohort: Cohort, pack: Pack, on_step: Callable[[str], None] | None = None
) -> dict[str, list[Measure]]:
    """Compute alignment, coherence and diversity, and leakage where there are controls enough.

    Args:
        cohort: a finished cohort.
        pack: the pack it was made with.
        on_step: called with the name of each step before it begins.

    Returns:
        Step -> its measures; steps that measured nothing are left out.

    Raises:
        CohortError: a table is missing, cut short or of another cohort.
        MeasureError: no patient with the disease, no labelled sentence, or a pack that does not know what the
            cohort holds.
    """
    steps: dict[str, Callable[[], list[Measure]]] = {
        "alignment": lambda: _alignment(cohort, pack),
        "coherence": lambda: _coherence(cohort, pack),
        "diversity": lambda: _diversity(cohort),
        "leakage": lambda: _leakage(cohort, pack),
    }
    found = {}
    for name in STEPS:
        if on_step is not None:
            on_step(name)
        measures = steps[name]()
        if measures:
            found[name] = measures
    return found


def _alignment(cohort: Cohort, pack: Pack) -> list[Measure]:
    from dualalign.measures import alignment

    profile = pack.profiles.profile(cohort.profile)
    counts = alignment.count_patients(cohort, pack)
    found = [
        alignment.marginals_measure(cohort, pack),
        alignment.joint_measure(cohort, pack) if profile.persona_mode == "joint" else None,
        alignment.notes_measure(counts, pack, profile),
        alignment.visits_measure(counts, pack, profile),
        alignment.mentions_measure(counts, pack, profile),
        alignment.domains_measure(counts, pack),
        alignment.course_measure(counts, pack) if profile.latent_course == "latent" else None,
    ]
    return [each for each in found if each is not None]


def _coherence(cohort: Cohort, pack: Pack) -> list[Measure]:
    from dualalign.measures.contradictions import count_contradictions

    return [count_contradictions(cohort, pack)]


def _diversity(cohort: Cohort) -> list[Measure]:
    from dualalign.measures.diversity import measure_diversity
    from dualalign.measures.labelled_sentences import labelled_sentences

    texts, labels = labelled_sentences(cohort)
    return measure_diversity(texts, [[label] for label in labels])


def _leakage(cohort: Cohort, pack: Pack) -> list[Measure]:
    from dualalign.measures.leakage import FEWEST, measure_leakage

    options = cohort.manifest["options"]
    enough = min(options["patients"], options["controls"]) >= FEWEST
    return [measure_leakage(cohort, pack)] if enough and pack.published_results.leakage else []
