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
from dualalign.report.description import describe_cohort, describe_notes
from dualalign.report.example import example_note
from dualalign.report.measure_row import measure_row

if TYPE_CHECKING:
    from dualalign.measures.note_sets import NoteSet
    from dualalign.packs.pack import Pack

Part = TypeVar("Part")
OnStep = Callable[[str], None]
OnFail = Callable[[str, MeasureError], None]


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
    example = None
    if isinstance(subject, Cohort):
        assert pack is not None
        told, context = describe_cohort(subject, pack), Context(pack, subject, sources=sources)
        example = _made("the example", partial(example_note, subject, pack), on_step, on_fail)
    else:
        told, context = describe_notes(name, subject, pack), Context(pack, notes=subject, sources=sources)
    with threadpool_limits(1):
        chapters = [
            _made(f"the chapter on {each}", partial(chapter, each, found, context, pack), on_step, on_fail)
            for each in chapter_names()
        ]
    template = resources.files("dualalign.report").joinpath("page.html.j2").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    page = environment.from_string(template).render(
        **told | {"summary": [told["summary"], *summary_of(found, pack)]},
        measures=[measure_row(each) for each in found.values()],
        chapters=[each for each in chapters if each is not None],
        example=example,
        skipped=skipped,
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
