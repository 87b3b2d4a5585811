"""Texts that name the disease, although no note is written after the diagnosis."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from dualalign.packs.checks.material import own_lines
from dualalign.packs.checks.problem import Problem, problem_at, problem_in

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack

_REMEDY = "say what is seen, and leave the name of the disease out"


def named_diagnosis(pack: Pack) -> Iterator[Problem]:
    """Find phrases of the pack's own, and a purpose of drugs, that hold a name of the diagnosis."""
    names = [_named(name) for name in pack.pack.diagnosis_names]
    for path, place, line in own_lines(pack):
        for name in names:
            found = name.search(line.say)
            if found:
                yield problem_in(path, place, f"'{found[0]}' names the diagnosis before it is made", _REMEDY)
                break
    for name in names:
        found = name.search(pack.drugs.purpose)
        if found:
            what = f"'{found[0]}' names the diagnosis before it is made"
            yield problem_at(pack, "drugs", ("purpose",), what, _REMEDY)
            break


def _named(name: str) -> re.Pattern[str]:
    """Return a pattern for a name as a whole word; an abbreviation in capitals is looked for as it is."""
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", 0 if name.isupper() else re.IGNORECASE)
