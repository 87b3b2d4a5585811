"""Look for everything wrong with a pack, across its files."""

from __future__ import annotations

from pathlib import Path

from dualalign.packs.checks.diagnosis import named_diagnosis
from dualalign.packs.checks.files import doubled_keys, unknown_sources, unread_files
from dualalign.packs.checks.gaps import (
    missing_domains,
    missing_family_terms,
    missing_rates,
    missing_years,
    stages_out_of_order,
)
from dualalign.packs.checks.material import (
    incomplete_presentations,
    missing_material,
    unknown_material_names,
    unreadable_lines,
)
from dualalign.packs.checks.measurements import unknown_measurement_names
from dualalign.packs.checks.names import unknown_names, unknown_persona_names
from dualalign.packs.checks.patterns import unreadable_patterns
from dualalign.packs.checks.problem import Problem
from dualalign.packs.loader import find_pack, read_pack

__all__ = ["CHECKS", "Problem", "check_pack"]

CHECKS = (
    unread_files,
    doubled_keys,
    unknown_sources,
    unknown_names,
    unknown_persona_names,
    unknown_measurement_names,
    missing_years,
    missing_rates,
    missing_domains,
    missing_family_terms,
    stages_out_of_order,
    missing_material,
    incomplete_presentations,
    unknown_material_names,
    unreadable_lines,
    unreadable_patterns,
    named_diagnosis,
)


def check_pack(name_or_path: str | Path) -> list[Problem]:
    """Return every problem of a pack; empty if it is sound.

    Files that do not load are reported alone, since nothing else can be said before they do.

    Raises:
        PackError: no such pack, or a file that does not load, naming file, line, field and remedy.
    """
    pack = read_pack(find_pack(name_or_path))
    _ = pack.symptoms, pack.complaints  # read late otherwise; a file that does not load must be told first
    return [problem for search in CHECKS for problem in search(pack)]
