"""The report: one self-contained HTML page about a cohort."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from dualalign.cohort.reader import Cohort
from dualalign.errors import CohortError, MeasureError
from dualalign.files import refusals_said, write_text
from dualalign.measures.all_measures import measure_error
from dualalign.measures.measure import Measure
from dualalign.measures.sources import Sources
from dualalign.report.chapter import Chapter
from dualalign.report.chapters import course_chapter, persona_chapter, visit_chapter
from dualalign.report.dataset_card import dataset_card
from dualalign.report.example import example_note
from dualalign.report.measure_row import measure_row
from dualalign.report.summary import summary
from dualalign.report.text_chapters import real_chapter, sound_chapter
from dualalign.report.worth_chapters import (
    fair_chapter,
    label_chapter,
    private_chapter,
)

if TYPE_CHECKING:
    from dualalign.measures.realism import NoteMap
    from dualalign.packs.pack import Pack

LIMITS = (
    "Everything is as right as the pack: its published tables are cited there, and numbers that no study supports are "
    "marked as the authors' choices. The command {command} lists the placeholders.",
    "Notes are put together from written passages (or by a language model), not from clinicians; they hold fewer kinds of error, of style and "
    "of illness than real ones. A classifier trained on them alone is worse on real notes than one trained on few real "
    "labels beside them.",
    "Labels say what the writer meant. The contradictions above are those that a checker can find.",
    "A measure that finds nothing has looked for nothing else: no attack succeeding is no proof of privacy, no difference "
    "between groups above chance is no proof of fairness, and likeness to one set of reference notes is likeness to that set.",
)


def write_report(
    cohort: Cohort,
    pack: Pack,
    measures: dict[str, list[Measure]],
    out: Path,
    on_step: Callable[[str], None] | None = None,
    sources: Sources | None = None,
    skipped: Sequence[tuple[str, str]] = (),
    on_fail: Callable[[str, MeasureError], None] | None = None,
) -> Path:
    """Write the page and return its path.

    Args:
        cohort: a finished cohort.
        pack: the pack it was made with.
        measures: from `measure_cohort`.
        out: file to write.
        on_step: called with the name of each step before it begins.
        sources: what the measures were held against, for the map of notes.
        skipped: steps and reasons of what was not measured.
        on_fail: called with a chapter and the error that it is left out for; None raises it.

    Raises:
        MeasureError: the file cannot be written.
    """
    from jinja2 import Environment, StrictUndefined

    found = {each.name: each for step in measures.values() for each in step}
    chapters = [
        chapter
        for name, make in _chapters(found, cohort, pack, sources or Sources()).items()
        if (chapter := _made(f"the chapter on {name}", make, on_step, on_fail)) is not None
    ]
    template = resources.files("dualalign.report").joinpath("page.html.j2").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=False)
    page = environment.from_string(template).render(
        title=f"{pack.pack.name}: {_people(cohort)}",
        subtitle=f"{cohort.folder.resolve().name} · pack {cohort.pack_id} {pack.version} · profile {cohort.profile}",
        summary=summary(cohort, pack, found),
        measures=[measure_row(each) for step in measures.values() for each in step],
        chapters=chapters,
        example=_made("the example", lambda: example_note(cohort, pack), on_step, on_fail),
        card=dataset_card(cohort, pack),
        skipped=skipped,
        provenance=_provenance(cohort, pack),
        limits=[LIMITS[0].format(command=_unverified(pack)), *LIMITS[1:]],
    )
    with refusals_said(out, MeasureError, "choose another --out"):
        write_text(out, page)
    return out


Make = Callable[[], Chapter | None]
Part = TypeVar("Part")


def _chapters(found: dict[str, Measure], cohort: Cohort, pack: Pack, sources: Sources) -> dict[str, Make]:
    chapters: dict[str, Make] = {}
    if "personas_total_variation" in found:
        chapters["personas"] = lambda: persona_chapter(found, cohort, pack)
    if {"visits_error", "mentions_error", "domains_total_variation"} <= found.keys():
        chapters["visits"] = lambda: visit_chapter(found, pack, cohort.profile)
    return chapters | {
        "course": lambda: course_chapter(found, cohort, pack),
        "soundness": lambda: sound_chapter(found),
        "realism": lambda: real_chapter(
            found, _map(cohort, sources) if "two_sample_notes" in found else None
        ),
        "privacy": lambda: private_chapter(found),
        "fairness": lambda: fair_chapter(found),
        "labels": lambda: label_chapter(found, pack),
    }


def _made(
    name: str,
    make: Callable[[], Part | None],
    on_step: Callable[[str], None] | None,
    on_fail: Callable[[str, MeasureError], None] | None,
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


def _map(cohort: Cohort, sources: Sources) -> NoteMap | None:
    if sources.reference is None:
        return None
    from dualalign.measures.realism import map_notes, notes_to_compare

    return map_notes(notes_to_compare(cohort), sources.reference, sources.encoder)


def _unverified(pack: Pack) -> str:
    """Return the command that lists a pack's placeholders; a pack that is not installed is shown by its folder."""
    from dualalign.packs import available_packs

    return f"dualalign packs show {pack.id if pack.id in available_packs() else 'FOLDER'} --unverified"


def _people(cohort: Cohort) -> str:
    options = cohort.manifest["options"]
    patients, controls = options["patients"], options["controls"]
    said = f"{patients:,} synthetic patient{'' if patients == 1 else 's'}"
    return f"{said} and {controls:,} without the disease" if controls else said


def _provenance(cohort: Cohort, pack: Pack) -> list[tuple[str, str]]:
    manifest = cohort.manifest
    options = manifest["options"]
    return [
        ("software", str(manifest["software"])),
        ("pack", f"{options['pack']} {options['pack_version']}, fingerprint {options['pack_fingerprint']}"),
        ("profile", str(options["profile"])),
        ("seed", str(options["seed"])),
        ("writer", str(options["writer"])),
        ("patients", f"{options['patients']:,} with the disease, {options['controls']:,} without"),
        ("run", str(manifest["fingerprint"])),
        ("targets", _targets(options, pack)),
    ]


def _targets(options: dict[str, Any], pack: Pack) -> str:
    if pack.fingerprint == options["pack_fingerprint"]:
        return "of the pack that the cohort was made with"
    return f"of pack {pack.id} {pack.version} as it is now; it has changed since the cohort was made"
