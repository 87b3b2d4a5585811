"""Lines of material that cannot be read, names in them that stand for nothing, and what a pack cannot say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dualalign.packs.checks.problem import Problem, one_of, problem_at, problem_in
from dualalign.packs.loader import MATERIAL, folders_of, load_file, model_of
from dualalign.packs.schema.base import PackModel
from dualalign.packs.schema.lines import Line
from dualalign.packs.schema.symptoms import Presentation, Told, Weighing
from dualalign.passages.language import LineSyntaxError, Parts, Slot, parse, slots

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack

Place = tuple[Any, ...]
Found = tuple[Path, Place, Any]
"""File, path of a field, what stands there."""

ALWAYS = frozenset((
    "he", "his", "him", "himself", "gender", "age", "month", "handed", "marital", "alone", "work",
    "since", "often", "referrer", "return",
))  # fmt: skip
"""Slots that every note fills."""
SOMETIMES = frozenset((
    "informant", "relation", "she", "interval", "side", "onset", "name", "rx", "clause",
    "list", "reason", "problems", "value", "drug", "dose", "old_dose", "when", "days", "relative",
    "illness", "cause", "age_then", "children", "child", "years", "packs", "retired_year", "quit_year",
    "married_year", "widowed_year", "divorced_year", "bp", "hr", "rr", "temp", "sat", "weight", "height",
    "bmi", "date", "before", "before_when", "lost", "maximum", "reading",
))  # fmt: skip
"""Slots that a note fills where there is something to fill them with; a line that has one waits until there is."""
_TOKENS = frozenset((
    "female", "male", "nonbinary", "cane", "walker", "wheelchair", "home_aide", "no_driving", "facility",
    "working", "retired", "married", "widowed", "divorced", "single", "lives_alone", "treated",
    "score_fell", "score_rose",
))  # fmt: skip
"""What charts say of a patient in every pack, beside the pack's tags, facts, conditions and medicines."""
_NEEDED = {"frames": "clause", "leads": "list"}
"""Part of a file -> the slot that each of its lines must hold once, since it carries what the line is about."""


def unreadable_lines(pack: Pack) -> Iterator[Problem]:
    """Find lines whose brackets do not match, slots that nothing fills, and lines without what they are about."""
    known = ALWAYS | SOMETIMES | {each.id for _, each in pack.measurements.each()}
    for path, place, line in _lines(_nodes(pack, everywhere=True)):
        try:
            parts = parse(line.say)
        except LineSyntaxError as error:
            yield problem_in(path, place, f"'{line.say}': {error}", "balance the brackets of the line")
            continue
        # A shared line may hold a measurement of another pack; it waits, and is never written.
        unknown = set(slots(parts)) - known if path.is_relative_to(pack.folder) else ()
        for name in sorted(unknown):
            yield problem_in(path, place, f"nothing fills the slot '{{{name}}}'", one_of(name, sorted(known)))
        slot = _needed(path, place)
        if slot and _held(parts, slot) != (1, 1):
            yield problem_in(
                path,
                place,
                f"'{line.say}' must hold {{{slot}}} once",
                f"write {{{slot}}} into the line, once",
            )


def _needed(path: Path, place: Place) -> str:
    """Return the slot that a line must hold; empty if none."""
    if path.stem == "frames":
        return _NEEDED["frames"]
    return _NEEDED["leads"] if path.stem == "review" and place[0] == "leads" else ""


def _held(parts: Parts, slot: str) -> tuple[int, int]:
    """Return how often a slot stands in a line, at least and at most."""
    least = most = 0
    for part in parts:
        if isinstance(part, Slot):
            low = high = int(part.name == slot)
        elif isinstance(part, str):
            continue
        else:
            held = [_held((each,) if isinstance(each, str) else each, slot) for each in part.branches]
            low, high = min(each for each, _ in held), max(each for _, each in held)
        least, most = least + low, most + high
    return least, most


def unknown_material_names(pack: Pack) -> Iterator[Problem]:
    """Find names of the pack's own material that stand for nothing."""
    known: dict[str, list[str]] = {
        "term of the lexicon": list(pack.lexicon.terms()),
        "condition": [each.id for each in pack.conditions.conditions],
        "medicine": [each.id for each in pack.medicines.medicines],
        "stage": [stage.id for stage in pack.stages.stages],
        "note type": sorted({each.id for each in pack.visits.types} | set(pack.layouts.layouts)),
        "label": [label.id for scheme in pack.labels.schemes for label in scheme.labels],
    }
    complaints = [each.id for file in pack.complaints for each in file.complaints]
    threads = [name for file in pack.symptoms for name in file.threads]
    known["condition or complaint"] = known["condition"] + complaints
    known["thread"] = threads
    known["term or thread"] = known["term of the lexicon"] + threads
    known["token"] = sorted(
        {*_TOKENS, *known["condition"], *known["medicine"]}
        | {each.id for each in pack.people.tags}
        | {each.id for each in pack.facts.facts}
        | {f"allergy_{each.allergy_class}" for each in pack.history.allergies if each.allergy_class}
    )
    for path, node_place, node in _nodes(pack):
        for place, name, kind in _references(node_place, node):
            if name not in known[kind]:
                yield problem_in(path, place, f"'{name}' is no {kind}", one_of(name, known[kind]))


def _references(place: Place, node: Any) -> Iterator[tuple[Place, str, str]]:
    """Yield path, name and kind of every reference that one entry makes."""

    def named(field: str, kind: str) -> Iterator[tuple[Place, str, str]]:
        value = getattr(node, field)
        names: Iterable[str] = [value] if isinstance(value, str) else value
        for name in filter(None, names):
            yield ((*place, field, name) if isinstance(value, dict) else (*place, field)), name, kind

    kind = type(node).__name__
    if kind in ("Line", "Told"):
        for field in ("labels", "also"):
            yield from named(field, "label")
        yield from named("denies", "term or thread")
        yield from named("blocked_by", "condition or complaint")
        if kind == "Told":
            yield from named("terms", "term of the lexicon")
    elif kind == "When":
        for field in ("settings", "not_settings"):
            yield from named(field, "note type")
        for field in ("has", "without"):
            yield from named(field, "token")
        for field in ("stage_from", "stage_to"):
            yield from named(field, "stage") if getattr(node, field) else ()
    elif kind == "SymptomFile":
        yield from named("terms", "term of the lexicon")
    elif kind == "Thread":
        yield from named("terms", "term of the lexicon")
        yield from named("diagnosis", "condition")
        yield from named("affinity", "note type")
    elif kind == "Presentation":
        yield from named("thread", "thread")
        yield from named("asked", "term of the lexicon")
    elif kind == "ChronicCondition":
        yield from named("followed_by", "note type")
        yield from named("more_with", "condition")
        for line in node.ladder:
            yield from (((*place, "ladder"), drug, "medicine") for drug in line)
    elif kind == "Complaint":
        yield from named("settings", "note type")
        yield from named("treat", "medicine")
        yield from named("adds_condition", "condition")


def missing_material(pack: Pack) -> Iterator[Problem]:
    """Find terms for which the writer has no words, or that belong to no thread."""
    said = {term for file in pack.symptoms for term, each in file.terms.items() if each.noun}
    threaded = {term for file in pack.symptoms for thread in file.threads.values() for term in thread.terms}
    for d, domain in enumerate(pack.lexicon.domains):
        for t, term in enumerate(domain.terms):
            place = ("domains", d, "terms", t, "id")
            if term.id not in said:
                remedy = "add `noun`, `told` and `seen` in a file under symptoms/"
                yield problem_at(pack, "lexicon", place, f"no noun phrases for the term '{term.id}'", remedy)
            if term.id not in threaded:
                remedy = "name it under `terms` of a thread in symptoms/"
                yield problem_at(pack, "lexicon", place, f"no thread holds the term '{term.id}'", remedy)


def incomplete_presentations(pack: Pack) -> Iterator[Problem]:
    """Find threads of which nobody can be told, and presentations that cannot open an account or fill a slot."""
    for path, place, node in _nodes(pack):
        if type(node).__name__ == "SymptomFile":
            for name in node.threads:
                own = [
                    each
                    for file in pack.symptoms
                    for each in file.presentations.values()
                    if each.thread == name
                ]
                if not any(each.when is None or not each.when.has for each in own):
                    remedy = "add a presentation of it without `has` in a file under symptoms/, so that every patient has one"
                    yield problem_in(
                        path, ("threads", name), f"no presentation of '{name}' fits everybody", remedy
                    )
        elif isinstance(node, Presentation):
            if not any(line.terms and line.when is None and line.by != "informant" for line in node.history):
                remedy = "let one of the first lines name the symptom under `terms`, with no `when`"
                yield problem_in(path, (*place, "history"), "no line opens the account for everybody", remedy)
            for status in ("stable", "worse", "better"):
                if not any(
                    line.terms and (line.when is None or not line.when.status or status in line.when.status)
                    for line in node.later
                ):
                    remedy = f"add a line with `terms` for the status '{status}'"
                    yield problem_in(path, (*place, "later"), f"no line opens when it is {status}", remedy)
            for part in ("history", "later", "exam", "assess"):
                for where, line in _told(getattr(node, part), (*place, part)):
                    parts = parse_or_none(line.say)
                    used = set() if parts is None else set(slots(parts))
                    if "informant" in used and line.by != "informant":
                        yield problem_in(
                            path, where, f"'{line.say}' speaks of the informant", "set `by: informant`"
                        )
                    if "side" in used and not node.side:
                        yield problem_in(
                            path, where, f"'{line.say}' has a side", "set `side: true` in the presentation"
                        )


def _told(node: object, place: Place) -> Iterator[tuple[Place, Told]]:
    if isinstance(node, Weighing):
        for status in ("new", "stable", "worse", "better"):
            yield from _told(getattr(node, status), (*place, status))
    elif isinstance(node, list):
        for index, line in enumerate(node):
            yield (*place, index), line


def parse_or_none(text: str) -> Parts | None:
    """Return a parsed line; None if it cannot be read, which another check tells."""
    try:
        return parse(text)
    except LineSyntaxError:
        return None


def own_lines(pack: Pack) -> Iterator[tuple[Path, Place, Line]]:
    """Yield file, place and content of every line of the pack's own files."""
    return _lines(_nodes(pack))


def _lines(nodes: Iterator[Found]) -> Iterator[tuple[Path, Place, Line]]:
    return (found for found in nodes if isinstance(found[2], Line))


def _nodes(pack: Pack, everywhere: bool = False) -> Iterator[Found]:
    """Yield every entry of the files of material: the pack's own, or those of the packs that it extends too."""
    for kind in ("symptoms", "complaints"):
        for path, file in zip(pack.material_paths[kind], getattr(pack, kind), strict=True):
            if everywhere or path.is_relative_to(pack.folder):
                yield from _within(path, (), file)
    for folder in folders_of(pack.folder) if everywhere else [pack.folder]:
        for stem in MATERIAL:
            path = folder / f"{stem}.yaml"
            if path.is_file():
                yield from _within(path, (), load_file(path, model_of(stem)))


def _within(path: Path, place: Place, node: object) -> Iterator[Found]:
    if isinstance(node, PackModel):
        yield path, place, node
        for name in type(node).model_fields:
            yield from _within(path, (*place, name), getattr(node, name))
    elif isinstance(node, dict):
        for name, value in node.items():
            yield from _within(path, (*place, name), value)
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _within(path, (*place, index), value)
