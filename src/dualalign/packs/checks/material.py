"""Lines of material that cannot be read, names in them that stand for nothing, and what a pack cannot say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dualalign.packs.checks.problem import Problem, one_of, problem_at, problem_in
from dualalign.packs.schema.base import PackModel
from dualalign.packs.schema.lines import Line, When
from dualalign.passages.language import LineSyntaxError, parse, slots

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack

Place = tuple[Any, ...]

ALWAYS = frozenset(
    [
        "he",
        "his",
        "him",
        "himself",
        "gender",
        "age",
        "month",
        "handed",
        "marital",
        "alone",
        "work",
        "since",
        "often",
        "referrer",
        "return",
    ]
)
"""Slots that every note fills."""
SOMETIMES = frozenset(
    [
        "informant",
        "relation",
        "she",
        "interval",
        "side",
        "onset",
        "name",
        "rx",
        "findings",
        "clause",
        "list",
        "reason",
        "problems",
        "value",
        "drug",
        "dose",
        "old_dose",
        "when",
        "days",
        "relative",
        "illness",
        "cause",
        "age_then",
        "children",
        "child",
        "years",
        "packs",
        "retired_year",
        "quit_year",
        "married_year",
        "widowed_year",
        "divorced_year",
        "bp",
        "hr",
        "rr",
        "temp",
        "sat",
        "weight",
        "height",
        "bmi",
        "date",
        "before",
        "before_when",
        "lost",
        "maximum",
        "reading",
    ]
)
"""Slots that a note fills where there is something to fill them with; a line that has one waits until there is."""


def unreadable_lines(pack: Pack) -> Iterator[Problem]:
    """Find lines whose brackets do not match, and slots that nothing fills."""
    known = ALWAYS | SOMETIMES | {each.id for _, each in pack.measurements.each()}
    for path, place, line in own_lines(pack):
        try:
            parts = parse(line.say)
        except LineSyntaxError as error:
            yield problem_in(path, place, f"'{line.say}': {error}", "balance the brackets of the line")
            continue
        for name in sorted(set(slots(parts)) - known):
            yield problem_in(path, place, f"nothing fills the slot '{{{name}}}'", one_of(name, sorted(known)))


def unknown_material_names(pack: Pack) -> Iterator[Problem]:
    """Find terms, stages, note types, labels, conditions and medicines of material that stand for nothing."""
    terms = list(pack.lexicon.terms())
    conditions = [each.id for each in pack.conditions.conditions]
    medicines = {each.id for each in pack.medicines.medicines}
    stages = [stage.id for stage in pack.stages.stages]
    settings = {each.id for each in pack.visits.types} | set(pack.layouts.layouts)
    labels = [label.id for label in pack.labels.scheme().labels]
    for path, file in _own_files(pack, "symptoms"):
        for term in file.terms:
            if term not in terms:
                yield problem_in(
                    path, ("terms", term), f"the lexicon has no term '{term}'", one_of(term, terms)
                )
        for name, thread in file.threads.items():
            for term in thread.terms:
                if term not in terms:
                    yield problem_in(
                        path,
                        ("threads", name, "terms"),
                        f"the lexicon has no term '{term}'",
                        one_of(term, terms),
                    )
            for condition in thread.diagnosis:
                if condition not in conditions:
                    yield problem_in(
                        path,
                        ("threads", name, "diagnosis", condition),
                        f"'{condition}' is no condition",
                        one_of(condition, conditions),
                    )
    for path, file in _own_files(pack, "complaints"):
        for c, complaint in enumerate(file.complaints):
            for drug in complaint.treat:
                if drug not in medicines:
                    yield problem_in(
                        path,
                        ("complaints", c, "treat"),
                        f"'{drug}' is no medicine",
                        one_of(drug, sorted(medicines)),
                    )
    for c, spec in enumerate(pack.conditions.conditions if _has_own(pack, "conditions") else ()):
        for drug in (drug for line in spec.ladder for drug in line):
            if drug not in medicines:
                yield problem_at(
                    pack,
                    "conditions",
                    ("conditions", c, "ladder"),
                    f"'{drug}' is no medicine",
                    one_of(drug, sorted(medicines)),
                )
    for path, place, line in own_lines(pack):
        for label in (*line.labels, *line.also):
            if label not in labels:
                yield problem_in(path, place, f"'{label}' is no label", one_of(label, labels))
        for when in (line.when,) if line.when else ():
            for stage in (when.stage_from, when.stage_to):
                if stage and stage not in stages and path.is_relative_to(pack.folder):
                    yield problem_in(path, place, f"'{stage}' is no stage", one_of(stage, stages))
            for setting in (*when.settings, *when.not_settings):
                if setting not in settings:
                    yield problem_in(
                        path, place, f"'{setting}' is no note type", one_of(setting, sorted(settings))
                    )


def missing_material(pack: Pack) -> Iterator[Problem]:
    """Find terms for which the writer has no words, or that belong to no thread."""
    said = {term for file in pack.symptoms for term, each in file.terms.items() if each.noun}
    threaded = {term for file in pack.symptoms for thread in file.threads.values() for term in thread.terms}
    for d, domain in enumerate(pack.lexicon.domains):
        for t, term in enumerate(domain.terms):
            for missing, remedy in (
                (
                    term.id not in said and "no noun phrases for",
                    "add `noun`, `told` and `seen` in a file under symptoms/",
                ),
                (
                    term.id not in threaded and "no thread holds",
                    "name it under `terms` of a thread in symptoms/",
                ),
            ):
                if missing:
                    yield problem_at(
                        pack,
                        "lexicon",
                        ("domains", d, "terms", t, "id"),
                        f"{missing} the term '{term.id}'",
                        remedy,
                    )


def own_lines(pack: Pack) -> Iterator[tuple[Path, Place, Line]]:
    """Yield file, place and content of every line of the pack's own files."""
    for kind in ("symptoms", "complaints"):
        for path, file in _own_files(pack, kind):
            yield from _lines(path, (), file)
    for stem, part in sorted(pack.parts.items()):
        if _has_own(pack, stem):
            yield from _lines(pack.folder / f"{stem}.yaml", (), part)


def _has_own(pack: Pack, stem: str) -> bool:
    return (pack.folder / f"{stem}.yaml").is_file()


def _own_files(pack: Pack, kind: str) -> Iterator[tuple[Path, Any]]:
    for path, file in zip(pack.material_paths[kind], getattr(pack, kind), strict=True):
        if path.is_relative_to(pack.folder):
            yield path, file


def _lines(path: Path, place: Place, node: object) -> Iterator[tuple[Path, Place, Line]]:
    if isinstance(node, Line):
        yield path, place, node
    elif isinstance(node, When):
        return
    elif isinstance(node, PackModel):
        for name in type(node).model_fields:
            yield from _lines(path, (*place, name), getattr(node, name))
    elif isinstance(node, dict):
        for name, value in node.items():
            yield from _lines(path, (*place, name), value)
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _lines(path, (*place, index), value)
