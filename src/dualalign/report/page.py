"""The report: one self-contained HTML page about a cohort, or about notes of any origin."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from dualalign.cohort.reader import Cohort
from dualalign.errors import CohortError, MeasureError
from dualalign.files import refusals_said, write_text
from dualalign.measures.all_measures import measure_error
from dualalign.measures.context import Context
from dualalign.measures.measure import Measure
from dualalign.measures.sources import Sources
from dualalign.report.chapters import chapter, chapter_names, summary_of
from dualalign.report.dataset_card import CohortCard, NotesCard
from dualalign.report.example import example_note
from dualalign.report.measure_row import measure_row

if TYPE_CHECKING:
    from dualalign.measures.note_sets import NoteSet
    from dualalign.packs.pack import Pack

Part = TypeVar("Part")
OnStep = Callable[[str], None]
OnFail = Callable[[str, MeasureError], None]

_LIMIT = (
    "A measure that finds nothing has looked for nothing else: no attack succeeding is no proof of privacy, no difference "
    "between groups above chance is no proof of fairness, and likeness to one set of reference notes is likeness to that set."
)
COHORT_LIMITS = (
    "Everything is as right as the pack: its published tables are cited there, and numbers that no study supports are "
    "marked as the authors' choices. The command {command} lists the placeholders.",
    "Notes are put together from written passages (or by a language model), not from clinicians; they hold fewer kinds of error, of style and "
    "of illness than real ones. A classifier trained on them alone is worse on real notes than one trained on few real "
    "labels beside them.",
    "Labels say what the writer meant. The contradictions above are those that a checker can find.",
    _LIMIT,
)
NOTES_LIMITS = (
    "The notes were read as they are: nothing is known of how they were made, of whom they tell or what they should say.",
    _LIMIT,
)


def write_report(
    subject: Cohort | NoteSet,
    pack: Pack | None,
    measures: Mapping[str, Sequence[Measure]],
    out: Path,
    on_step: OnStep | None = None,
    sources: Sources | None = None,
    skipped: Sequence[tuple[str, str]] = (),
    on_fail: OnFail | None = None,
    name: str = "notes",
) -> Path:
    """Write the page of a cohort, or of notes alone, and return its path.

    Args:
        subject: a finished cohort, or notes.
        pack: the pack that a cohort was made with, or that notes are held against; None for notes of no pack.
        measures: from `measure_cohort` or `measure_notes`.
        out: file to write.
        on_step: called with the name of each step before it begins.
        sources: what the measures were held against, for the map of notes.
        skipped: steps and reasons of what was not measured.
        on_fail: called with a chapter and the error that it is left out for; None raises it.
        name: what notes are called.

    Raises:
        MeasureError: the file cannot be written.
    """
    from jinja2 import Environment, StrictUndefined
    from threadpoolctl import threadpool_limits

    found = {each.name: each for step in measures.values() for each in step}
    card: CohortCard | NotesCard
    if isinstance(subject, Cohort):
        assert pack is not None
        cohort, of = subject, pack
        card, context = CohortCard(cohort, of), Context(of, cohort, sources=sources)
        example = _made("the example", lambda: example_note(cohort, of), on_step, on_fail)
        limits = [COHORT_LIMITS[0].format(command=_unverified(of)), *COHORT_LIMITS[1:]]
    else:
        card, context = NotesCard(name, subject, pack), Context(pack, notes=subject, sources=sources)
        example, limits = None, list(NOTES_LIMITS)
    with threadpool_limits(1):
        chapters = [
            _made(f"the chapter on {each}", partial(chapter, each, found, context, pack), on_step, on_fail)
            for each in chapter_names()
        ]
    template = resources.files("dualalign.report").joinpath("page.html.j2").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    page = environment.from_string(template).render(
        title=card.title,
        subtitle=card.subtitle,
        summary=[card.summary, *summary_of(found, pack)],
        measures=[measure_row(each) for each in found.values()],
        chapters=[each for each in chapters if each is not None],
        example=example,
        card=card.rows(),
        skipped=skipped,
        provenance=card.provenance(),
        limits=limits,
    )
    with refusals_said(out, MeasureError, "choose another --out"):
        write_text(out, page)
    return out


def _made(
    name: str, make: Callable[[], Part | None], on_step: OnStep | None, on_fail: OnFail | None
) -> Part | None:
    if on_step is not None:
        on_step(name)
    try:
        return make()
    except CohortError:
        raise
    except Exception as error:
        if on_fail is None:
            raise
        on_fail(name, measure_error(error))
        return None


def _unverified(pack: Pack) -> str:
    """Return the command that lists a pack's placeholders; a pack that is not installed is shown by its folder."""
    from dualalign.packs import available_packs

    return f"dualalign packs show {pack.id if pack.id in available_packs() else 'FOLDER'} --unverified"
