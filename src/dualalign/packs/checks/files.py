"""Files that nothing reads, keys given twice, and sources that pack.yaml does not list."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from dualalign.packs.checks.problem import Problem, one_of, problem_in
from dualalign.packs.loader import MODELS, YAML_LOADER

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack


def unread_files(pack: Pack) -> Iterator[Problem]:
    """Find YAML files whose names no part of a pack has."""
    known = [f"{stem}.yaml" for stem in MODELS]
    material = [path for paths in pack.material_paths.values() for path in paths]
    for file in sorted([*pack.folder.rglob("*.yaml"), *pack.folder.rglob("*.yml")]):
        is_part = file.parent == pack.folder and file.name in known
        if not is_part and file not in material:
            yield Problem(
                file, 1, "(whole file)", "nothing reads a file of this name", one_of(file.name, known)
            )


def doubled_keys(pack: Pack) -> Iterator[Problem]:
    """Find keys that stand twice in one mapping, of which YAML would silently keep the last."""
    for file in _files(pack):
        root = yaml.compose(file.read_text(encoding="utf-8"), YAML_LOADER)
        for line, path in _doubled(root, ()):
            yield Problem(
                file,
                line,
                ".".join(path),
                "the key stands twice, and only the last would be read",
                "put both contents under one key",
            )


def unknown_sources(pack: Pack) -> Iterator[Problem]:
    """Find sources that pack.yaml does not list."""
    known = pack.sources
    for file in _files(pack):
        content = yaml.load(file.read_text(encoding="utf-8"), YAML_LOADER)
        for path, key in _sources(content):
            if isinstance(key, str) and key not in known:
                yield problem_in(
                    file,
                    (*path, "source"),
                    f"'{key}' is not among the sources of pack.yaml",
                    "add the source there, or correct the key",
                )


def _files(pack: Pack) -> list[Path]:
    """Return the pack's own files that are read, which have all loaded before."""
    parts = [file for file in sorted(pack.folder.glob("*.yaml")) if file.stem in MODELS]
    material = [path for paths in pack.material_paths.values() for path in paths]
    return parts + [path for path in material if path.is_relative_to(pack.folder)]


def _doubled(node: Any, path: tuple[str, ...]) -> Iterator[tuple[int, tuple[str, ...]]]:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            here = (*path, str(key.value))
            if key.value in seen:
                yield key.start_mark.line + 1, here
            seen.add(key.value)
            yield from _doubled(value, here)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _doubled(item, (*path, str(index)))


def _sources(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(node, dict):
        if "source" in node:
            yield path, node["source"]
        for name, value in node.items():
            yield from _sources(value, (*path, name))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _sources(value, (*path, index))
