"""The report: one self-contained HTML page about a cohort."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dualalign.cohort.reader import Cohort
from dualalign.errors import MeasureError
from dualalign.measures.measure import Measure
from dualalign.report.chapters import (
    Chapter,
    course_chapter,
    example_rank,
    first_notes,
    persona_chapter,
    visit_chapter,
)

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
        "personas": lambda: persona_chapter(cohort, pack),
        "visits": lambda: visit_chapter(found, pack),
        "course": lambda: course_chapter(found, cohort, pack),
    }
    for name, make in steps.items():
        if on_step is not None:
            on_step(name)
        chapters.append(make())
    template = resources.files("dualalign.report").joinpath("page.html.j2").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=False)
    counts = cohort.manifest["counts"]
    page = environment.from_string(template).render(
        title=f"{pack.pack.name}: {counts['patients']:,} synthetic patients",
        subtitle=f"{cohort.folder.name} · pack {cohort.pack_id} {pack.version} · profile {cohort.profile}",
        summary=_summary(cohort, pack, found),
        measures=[_row(each) for step in measures.values() for each in step],
        chapters=chapters,
        example=_example(cohort, pack),
        provenance=_provenance(cohort),
        limits=LIMITS,
    )
    try:
        out.write_text(page, encoding="utf-8")
    except OSError as error:
        raise MeasureError(f"{out}: cannot be written ({error.strerror})", "choose another --out") from None
    return out


def _summary(cohort: Cohort, pack: Pack, found: dict[str, Measure]) -> list[str]:
    counts = cohort.manifest["counts"]
    labelled = counts["sentences"] - counts["unlabelled_sentences"]
    notes = found["notes_error"].breakdown
    lines = [
        f"{counts['notes']:,} notes of {counts['patients']:,} synthetic patients over the {pack.pack.horizon_years} years "
        f"before diagnosis: {counts['sentences']:,} sentences, {labelled:,} of them with a symptom label.",
        f"Half the patients have {notes['median']:.0f} notes or more; the pack expects {notes['target']:.0f} on average. "
        f"Notes by type and window are off target by {found['visits_error'].value:.1%} on average, where chance alone "
        f"would give {found['visits_error'].baseline['sampling noise']:.1%}.",
    ]
    if "contradictions" in found:
        each = found["contradictions"]
        lines.append(
            f"A checker that reads text and tables finds {each.value:.1f} contradictions per 1,000 notes."
        )
    return lines


def _row(measure: Measure) -> dict[str, str]:
    interval = f"{measure.interval[0]:.4g} to {measure.interval[1]:.4g}" if measure.interval else "–"
    return {
        "name": measure.name.replace("_", " "),
        "note": measure.note,
        "value": f"{measure.value:.4g} {measure.unit}".rstrip(),
        "interval": interval,
        "better": {"min": "less", "max": "more"}[measure.goal],
        "baseline": ", ".join(
            f"{name} {value:.4g}" for name, value in measure.baseline.items() if "target" not in name
        ),
    }


def _example(cohort: Cohort, pack: Pack) -> dict[str, Any]:
    sentences = next(iter(cohort.iterate("sentences"))).to_pylist()
    by_note: dict[str, list[dict[str, Any]]] = {}
    for row in sentences:
        by_note.setdefault(row["note_id"], []).append(row)
    note: dict[str, Any] = max(
        first_notes(cohort),
        key=lambda each: example_rank(
            len({label for row in by_note.get(str(each["note_id"]), []) for label in row["labels"]}) * 2,
            str(each["text"]).count(" "),
        ),
    )
    scheme = pack.labels.scheme().labels
    ranks = {label.id: rank for rank, label in enumerate(scheme, 1)}
    names = {label.id: label.name for label in scheme}
    pieces, position = [], 0
    for row in by_note.get(note["note_id"], []):
        pieces.append({"text": note["text"][position : row["start"]], "rank": 0, "labels": ""})
        said = note["text"][row["start"] : row["end"]]
        labels = row["labels"]
        pieces.append(
            {
                "text": said,
                "rank": ranks[labels[0]] if labels else 0,
                "labels": ", ".join(names[label] for label in labels),
            }
        )
        position = row["end"]
    pieces.append({"text": note["text"][position:], "rank": 0, "labels": ""})
    return {
        "text": f"{note['note_id']}, written {note['date']} in stage {note['stage'].replace('_', ' ')}. A line under a "
        "sentence marks its first label; hold the pointer over it for all of them.",
        "key": [{"rank": ranks[label.id], "name": label.name} for label in scheme],
        "pieces": pieces,
    }


def _provenance(cohort: Cohort) -> list[tuple[str, str]]:
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
    ]
