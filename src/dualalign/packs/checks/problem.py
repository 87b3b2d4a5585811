"""One thing wrong with a pack, and where in its files it stands."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dualalign.packs.loader import folders_of, line_of

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack

_MOST_NAMED = 20


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


def problem_at(pack: Pack, stem: str, path: Iterable[Any], what: str, remedy: str) -> Problem:
    """Return a problem of a field of one of the pack's own or inherited files.

    Args:
        pack: a loaded pack.
        stem: name of the file without `.yaml`.
        path: keys and list positions that lead to the field.
        what: what is wrong.
        remedy: what to do about it.
    """
    name = f"{stem}.yaml"
    holders = (folder / name for folder in folders_of(pack.folder))
    file = next((each for each in holders if each.is_file()), pack.folder / name)
    return problem_in(file, path, what, remedy)


def problem_in(file: Path, path: Iterable[Any], what: str, remedy: str) -> Problem:
    """Return a problem of a field of a file, with the field's line."""
    steps = list(path)
    line = line_of(file.read_text(encoding="utf-8"), steps) if file.is_file() else 1
    return Problem(file, line, ".".join(map(str, steps)) or "(whole file)", what, remedy)


def one_of(name: str, known: Iterable[str]) -> str:
    """Return the remedy for a name that is not known: the nearest one, or all of them."""
    options = list(known)
    near = difflib.get_close_matches(str(name), options, 1)
    if not options:
        return "the pack has none; add it"
    if near:
        return f"did you mean '{near[0]}'?"
    if len(options) > _MOST_NAMED:
        return f"use one of {len(options)} names such as {', '.join(options[:_MOST_NAMED])}"
    return f"use one of {', '.join(options)}"
