"""The report: one self-contained HTML page about a cohort."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dualalign.cohort.reader import Cohort
from dualalign.errors import MeasureError
from dualalign.measures.measure import Measure
from dualalign.report.chapter import Chapter
from dualalign.report.chapters import course_chapter, persona_chapter, visit_chapter
from dualalign.report.example import example_note
from dualalign.report.measure_row import measure_row
from dualalign.report.summary import summary

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack

LIMITS = (
    "Everything is as right as the pack: its published tables are cited there, and numbers that no study supports are "
    "marked as the authors' choices. `dualalign packs show --unverified` lists the placeholders.",
    "Notes come from a grammar (or a language model), not from clinicians; they hold fewer kinds of error, of style and "
    "of illness than real ones. A classifier trained on them alone is worse on real notes than one trained on few real "
    "labels beside them.",
    "Labels say what the writer meant. The contradictions above are those that a checker can find.",
)


def write_report(
    cohort: Cohort,
    pack: Pack,
    measures: dict[str, list[Measure]],
    out: Path,
    on_step: Callable[[str], None] | None = None,
) -> Path:
    """Write the page and return its path.

    Args:
        cohort: a finished cohort.
        pack: the pack it was made with.
        measures: from `measure_cohort`.
        out: file to write.
        on_step: called with the name of each step before it begins.

    Raises:
        MeasureError: the file cannot be written.
    """
    from jinja2 import Environment, StrictUndefined

    found = {each.name: each for step in measures.values() for each in step}
    chapters = []
    steps: dict[str, Callable[[], Chapter]] = {
        "personas": lambda: persona_chapter(found, cohort, pack),
        "visits": lambda: visit_chapter(found, pack, cohort.profile),
        "course": lambda: course_chapter(found, cohort, pack),
    }
    for name, make in steps.items():
        if on_step is not None:
            on_step(name)
        chapters.append(make())
    template = resources.files("dualalign.report").joinpath("page.html.j2").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=False)
    page = environment.from_string(template).render(
        title=f"{pack.pack.name}: {_people(cohort)}",
        subtitle=f"{cohort.folder.resolve().name} · pack {cohort.pack_id} {pack.version} · profile {cohort.profile}",
        summary=summary(cohort, pack, found),
        measures=[measure_row(each) for step in measures.values() for each in step],
        chapters=chapters,
        example=example_note(cohort, pack),
        provenance=_provenance(cohort, pack),
        limits=LIMITS,
    )
    try:
        out.write_text(page, encoding="utf-8")
    except OSError as error:
        raise MeasureError(f"{out}: cannot be written ({error.strerror})", "choose another --out") from None
    return out


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
