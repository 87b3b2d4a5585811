"""Find, read and validate packs."""

from __future__ import annotations

import difflib
import hashlib
from functools import lru_cache
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from dualalign.errors import PackError
from dualalign.packs.pack import Pack
from dualalign.packs.schema.pack_file import PackFile

LIBRARY = Path(__file__).parent / "library"

MODELS = {
    "pack": "pack_file:PackFile",
    "profiles": "profiles:Profiles",
    "factors": "factors:Factors",
    "population": "population:Population",
    "persona_rules": "persona_rules:PersonaRules",
    "joint": "joint:Joint",
    "people": "people:People",
    "names": "names:Names",
    "jobs": "jobs:Jobs",
    "stages": "stages:Stages",
    "visits": "visits:Visits",
    "mentions": "mentions:Mentions",
    "lexicon": "lexicon:Lexicon",
    "labels": "labels:Labels",
    "drugs": "drugs:Drugs",
    "instruments": "instruments:Instruments",
    "abbreviations": "abbreviations:Abbreviations",
    "context": "context:Context",
    "patterns": "patterns:Patterns",
    "record_words": "record_words:RecordWords",
    "coherence": "coherence:Coherence",
    "published_results": "published_results:PublishedResults",
    "facts": "facts:Facts",
    "measurements": "measurements:Measurements",
    "prompts": "prompts:Prompts",
    "guideline": "guideline:Guideline",
    "annotator": "annotator:AnnotatorPrompts",
    "composer": "composer:ComposerPrompts",
    "conditions": "chronic_conditions:ChronicConditions",
    "medicines": "medicine_table:MedicineTable",
    "history": "history:History",
    "visit_habits": "visit_habits:VisitHabits",
    "openings": "note_material:Openings",
    "examination": "note_material:Examination",
    "battery": "note_material:Battery",
    "review": "note_material:Review",
    "frames": "note_material:NoteFrames",
    "plan": "note_material:PlanMaterial",
    "results": "note_material:ResultLines",
    "layouts": "note_material:Layouts",
    "lists": "note_material:ListLines",
}
"""YAML file of a pack -> its model under `dualalign.packs.schema`."""

OPTIONAL = (
    "persona_rules",
    "joint",
    "people",
    "names",
    "jobs",
    "published_results",
    "facts",
    "measurements",
    "prompts",
    "guideline",
    "annotator",
    "composer",
    "record_words",
    "coherence",
    "conditions",
    "medicines",
    "history",
    "battery",
)
"""Files that a pack may leave out; their models then hold nothing."""

MATERIAL = (
    "battery", "conditions", "examination", "frames", "history", "layouts", "lists", "medicines",
    "openings", "plan", "results", "review", "visit_habits",
)  # fmt: skip
"""Files of note material: their entries add to those of packs extended; any other file takes the place of theirs."""

_Model = TypeVar("_Model", bound=BaseModel)
YAML_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_pack(name_or_path: str | Path) -> Pack:
    """Load and validate a pack.

    Args:
        name_or_path: a built-in pack's name, a name registered by an installed package, or a folder.

    Raises:
        PackError: no such pack, or a file that is missing or wrong, naming file, line, field and remedy.
    """
    return _load(find_pack(name_or_path))


@lru_cache(maxsize=8)
def _load(folder: Path) -> Pack:
    return read_pack(folder)


def read_pack(folder: Path) -> Pack:
    """Read a pack's folder anew, past what was loaded before."""
    folders = folders_of(folder)
    parts: dict[str, Any] = {}
    digest = hashlib.sha256()
    material: dict[str, list[Path]] = {"symptoms": [], "complaints": []}
    for each in folders:
        for path in sorted(each.rglob("*.yaml")):
            digest.update(path.relative_to(each).as_posix().encode())
            digest.update(path.read_bytes())
        for kind, paths in material.items():
            paths += sorted((each / kind).glob("*.yaml"))
        for path in sorted(each.glob("*.yaml")):
            if path.stem not in MODELS or (path.stem in parts and path.stem not in MATERIAL):
                continue
            part = load_file(path, model_of(path.stem))
            parts[path.stem] = _added(parts[path.stem], part) if path.stem in parts else part
    parts |= {stem: model_of(stem)() for stem in OPTIONAL if stem not in parts}
    missing = [stem for stem in MODELS if stem not in parts]
    if missing:
        names = ", ".join(f"{stem}.yaml" for stem in missing)
        if not parts["pack"].is_disease:
            raise PackError(
                f"{folder}: names no disease and lacks {names}", "give a pack that extends it in its place"
            )
        raise PackError(f"{folder}: lacks {names}", "add each file; docs/packs.md says what it holds")
    return Pack(folder, parts, material, digest.hexdigest())


def _added(own: Any, other: Any) -> Any:
    """Return a pack's own entries with those of a pack that it extends; where both have one, its own counts."""
    if isinstance(own, BaseModel):
        return other.model_copy(
            update={name: _added(getattr(own, name), getattr(other, name)) for name in own.model_fields_set}
        )
    if isinstance(own, dict):
        return other | {key: _added(each, other[key]) if key in other else each for key, each in own.items()}
    if isinstance(own, list) and all(hasattr(each, "id") for each in own):
        ids = {each.id for each in own}
        return own + [each for each in other if each.id not in ids]
    return own


def model_of(stem: str) -> type[BaseModel]:
    """Return the model of a pack's file."""
    module, _, name = MODELS[stem].partition(":")
    model: type[BaseModel] = getattr(import_module(f"dualalign.packs.schema.{module}"), name)
    return model


def find_pack(name_or_path: str | Path) -> Path:
    """Return the folder of a pack, by name or path."""
    text = str(name_or_path)
    if "/" in text or "\\" in text or isinstance(name_or_path, Path):
        folder = Path(name_or_path)
        if not folder.is_dir():
            raise PackError(f"{folder}: no such folder", "give the path of a pack's folder, or a pack's name")
        if not (folder / "pack.yaml").is_file():
            raise PackError(
                f"{folder}: holds no pack.yaml", "give the path of a pack's folder, or a pack's name"
            )
        return folder.resolve()
    packs = available_packs()
    if text not in packs:
        near = difflib.get_close_matches(text, packs, 1)
        meant = f"did you mean '{near[0]}'? " if near else ""
        raise PackError(
            f"no pack is named '{text}'", f"{meant}`dualalign packs list` shows {', '.join(sorted(packs))}"
        )
    return packs[text]


def available_packs() -> dict[str, Path]:
    """Return every pack by name: built in, and registered under the entry point group `dualalign.packs`.

    An entry point's value is a module whose folder holds the pack's YAML files; the module is found, never run.
    """
    packs = {path.parent.name: path.parent for path in sorted(LIBRARY.glob("*/pack.yaml"))}
    for entry in entry_points(group="dualalign.packs"):
        folder = _folder_of_module(entry.module)
        if folder is None:
            raise PackError(
                f"the entry point '{entry.name}' ({entry.value}) names no folder",
                "its value must be a module whose folder holds pack.yaml",
            )
        packs.setdefault(entry.name, folder)
    return packs


def _folder_of_module(name: str) -> Path | None:
    """Return the folder of a module without importing it, for a pack is data and has no code to run."""
    top, *rest = name.split(".")
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    for root in spec.submodule_search_locations or ():
        for folder in (Path(root, *rest), Path(root, *rest[:-1])):
            if (folder / "pack.yaml").is_file():
                return folder
    return Path(spec.origin).parent if spec.origin and not rest else None


def load_head(folder: Path) -> PackFile:
    """Read a pack's pack.yaml alone."""
    return load_file(folder / "pack.yaml", PackFile)


def load_file(path: Path, model: type[_Model]) -> _Model:
    """Read one YAML file into its model.

    Raises:
        PackError: naming file, line, field and remedy.
    """
    text = _read(path)
    try:
        content = yaml.load(text, YAML_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise PackError(
            f"{path}:{line}: not valid YAML: {error.problem}", "correct the indentation or quotes there"
        ) from None
    except yaml.YAMLError as error:
        raise PackError(f"{path}: not valid YAML: {error}", "remove the character from the file") from None
    except (ValueError, RecursionError):
        raise PackError(
            f"{path}: holds an impossible date or number, or nests too deeply", "put the value in quotes"
        ) from None
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise PackError(*_explain(path, text, error)) from None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise PackError(f"{path}: no such file", "add the file; docs/packs.md says what it holds") from None
    except UnicodeDecodeError as error:
        raise PackError(f"{path}: byte {error.start} is not UTF-8", "save the file as UTF-8") from None


def _explain(path: Path, text: str, error: ValidationError) -> tuple[str, str]:
    first = _most_precise(error.errors())
    place = [step for step in first["loc"] if isinstance(step, (str, int))]
    line, steps = _locate(text, place)
    kind = first["type"]
    if kind == "missing":
        steps.append(str(place[-1]))
    field = ".".join(steps) or "(whole file)"
    said = first["msg"].removeprefix("Value error, ")
    more = f" ({error.error_count() - 1} more)" if error.error_count() > 1 else ""
    remedies = {
        "extra_forbidden": "remove the key, or correct its spelling",
        "missing": "add the key",
    }
    return f"{path}:{line}: {field}: {said}{more}", remedies.get(kind, "correct the value")


def _most_precise(errors: list[ErrorDetails]) -> ErrorDetails:
    """Return the first error, or the one that goes deepest where several forms were tried on the same field."""
    field = errors[0]["loc"][:-1]
    same = [each for each in errors if each["loc"][: len(field)] == field]
    return max(same, key=lambda each: len(each["loc"])) if field else errors[0]


def line_of(text: str, place: list[Any]) -> int:
    """Return the line, from 1, of a field in YAML text, or of the nearest thing that holds it."""
    return _locate(text, place)[0]


def _locate(text: str, place: list[Any]) -> tuple[int, list[str]]:
    """Return the line of a field and those steps of its path that stand in the text."""
    node = yaml.compose(text, YAML_LOADER)
    line = 1
    found: list[str] = []
    for step in place:
        if isinstance(node, yaml.MappingNode):
            pair = next(((k, v) for k, v in node.value if k.value == str(step)), None)
            if pair is None:
                continue
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            continue
        found.append(str(step))
    return line, found


def folders_of(folder: Path) -> list[Path]:
    """Return a pack's folder and those of the packs it extends, its own first.

    Raises:
        PackError: pack.yaml does not load, or extends a pack that cannot be found.
    """
    folders: list[Path] = []
    waiting = [folder]
    while waiting:
        each = waiting.pop(0)
        if each in folders:
            continue
        folders.append(each)
        waiting += [_extended(each, name) for name in load_head(each).extends]
    return folders


def _extended(folder: Path, name: str) -> Path:
    """Return the folder of a pack that another extends: its neighbour, or one that can be used by name."""
    beside = folder.parent / name
    if (beside / "pack.yaml").is_file():
        return beside
    try:
        return find_pack(name)
    except PackError as error:
        file = folder / "pack.yaml"
        line = line_of(_read(file), ["extends"])
        raise PackError(f"{file}:{line}: extends: {error.message}", error.remedy) from None
