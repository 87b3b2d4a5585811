"""Look for everything wrong with a pack, across its files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from dualalign.errors import PackError
from dualalign.packs.loader import YAML_LOADER, find_pack, line_of, read_pack
from dualalign.packs.pack import Pack


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a pack; prints as `file:line: field: what - remedy`."""

    file: Path
    line: int
    field: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.field}: {self.what} - {self.remedy}"


def check_pack(name_or_path: str | Path) -> list[Problem]:
    """Return every problem of a pack; empty if it is sound.

    Files that do not load are reported alone, since nothing else can be said before they do.

    Raises:
        PackError: no such pack, or a file that does not load, naming file, line, field and remedy.
    """
    folder = find_pack(name_or_path)
    pack = read_pack(folder)
    problems: list[Problem] = []
    for search in (_references, _persona_references, _phrase_terms, _phrase_syntax, _stage_scores):
        problems += search(pack)
    return problems


def _place(pack: Pack, stem: str, *path: Any) -> tuple[Path, int, str]:
    file = pack.folder / f"{stem}.yaml"
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    return file, line_of(text, list(path)) if text else 1, ".".join(map(str, path))


def _references(pack: Pack) -> Iterator[Problem]:
    stages = [stage.id for stage in pack.stages.stages]
    labels = {label.id for scheme in pack.labels.schemes for label in scheme.labels}
    for d, domain in enumerate(pack.lexicon.domains):
        for t, term in enumerate(domain.terms):
            here = ("domains", d, "terms", t)
            if term.earliest not in stages:
                yield Problem(
                    *_place(pack, "lexicon", *here, "earliest"),
                    f"'{term.earliest}' is no stage",
                    f"use one of {', '.join(stages)}",
                )
            for label in term.labels:
                if label not in labels:
                    yield Problem(
                        *_place(pack, "lexicon", *here, "labels"),
                        f"'{label}' is no label",
                        f"use one of {', '.join(sorted(labels))}",
                    )
    for i, drug in enumerate(pack.drugs.drugs):
        for stage in drug.stages:
            if stage not in stages:
                yield Problem(
                    *_place(pack, "drugs", "drugs", i, "stages"),
                    f"'{stage}' is no stage",
                    f"use one of {', '.join(stages)}",
                )
    for i, instrument in enumerate(pack.instruments.instruments):
        for label in instrument.labels:
            if label not in labels:
                yield Problem(
                    *_place(pack, "instruments", "instruments", i, "labels"),
                    f"'{label}' is no label",
                    f"use one of {', '.join(sorted(labels))}",
                )
    yield from _sources(pack)


def _persona_references(pack: Pack) -> Iterator[Problem]:
    from dualalign.personas.references import bad_references

    for stem, path, what in bad_references(pack):
        yield Problem(*_place(pack, stem, *path), what, "correct the name, or add it to the pack")


def _sources(pack: Pack) -> Iterator[Problem]:
    known = set(pack.sources)
    for file in sorted(pack.folder.rglob("*.yaml")):
        content = yaml.load(file.read_text(encoding="utf-8"), YAML_LOADER)
        for path, key in _find_keys(content, "source"):
            if isinstance(key, str) and key not in known:
                line = line_of(file.read_text(encoding="utf-8"), [*path, "source"])
                yield Problem(
                    file,
                    line,
                    ".".join(map(str, [*path, "source"])),
                    f"'{key}' is not among the sources of pack.yaml",
                    "add the source there, or correct the key",
                )


def _find_keys(node: Any, key: str, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(node, dict):
        if key in node:
            yield path, node[key]
        for name, value in node.items():
            yield from _find_keys(value, key, (*path, name))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _find_keys(value, key, (*path, index))


def _phrase_terms(pack: Pack) -> Iterator[Problem]:
    terms = pack.lexicon.terms()
    covered: set[str] = set()
    for path, file in zip(pack.phrase_paths, pack.phrases, strict=True):
        for term in file.terms:
            covered.add(term)
            if term not in terms and path.is_relative_to(pack.folder):
                line = line_of(path.read_text(encoding="utf-8"), ["terms", term])
                yield Problem(
                    path,
                    line,
                    f"terms.{term}",
                    "the lexicon has no such term",
                    "add it to lexicon.yaml, or correct its id",
                )
    for d, domain in enumerate(pack.lexicon.domains):
        for t, term_entry in enumerate(domain.terms):
            if term_entry.id not in covered:
                yield Problem(
                    *_place(pack, "lexicon", "domains", d, "terms", t, "id"),
                    f"no phrases for the term '{term_entry.id}'",
                    "add events, nouns, findings and intact sentences in a file under phrases/",
                )


def _phrase_syntax(pack: Pack) -> Iterator[Problem]:
    from dualalign.notes.writing_tables import WritingTables

    try:
        WritingTables(pack)
    except PackError as error:
        yield Problem(pack.folder / "phrases", 1, "phrases", error.message, error.remedy)


def _stage_scores(pack: Pack) -> Iterator[Problem]:
    known = {instrument.id for instrument in pack.instruments.instruments}
    for i, stage in enumerate(pack.stages.stages):
        bands = getattr(stage, "scores", None)
        if not bands:
            yield Problem(
                *_place(pack, "stages", "stages", i),
                f"the stage '{stage.id}' has no scores",
                "give it a band for at least one instrument",
            )
            continue
        for instrument in bands:
            if instrument not in known:
                yield Problem(
                    *_place(pack, "stages", "stages", i, "scores"),
                    f"'{instrument}' is no instrument",
                    f"use one of {', '.join(sorted(known))}",
                )
