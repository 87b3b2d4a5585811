"""Files: how those of users are read, with one meaning for their values, and how ours are written whole or not at all.

Nothing here quotes what a file holds: not in an error, and not in the reason why a row is kept aside.
"""

from dualalign.files.json_text import parse_json
from dualalign.files.kinds import KINDS, READABLE, check_file, file_kind, native
from dualalign.files.rows import Row, read_rows
from dualalign.files.values import identity, is_missing, number, person, shown, whole
from dualalign.files.writing import (
    PRIVATE_FOLDER,
    check_writable,
    folder_beside,
    keep_private,
    read_object,
    refusals_said,
    remove_halves,
    remove_parts,
    sole_run,
    write_text,
    written_beside,
)

__all__ = [
    "KINDS",
    "PRIVATE_FOLDER",
    "READABLE",
    "Row",
    "check_file",
    "check_writable",
    "file_kind",
    "folder_beside",
    "identity",
    "is_missing",
    "keep_private",
    "native",
    "number",
    "parse_json",
    "person",
    "read_object",
    "read_rows",
    "refusals_said",
    "remove_halves",
    "remove_parts",
    "shown",
    "sole_run",
    "whole",
    "write_text",
    "written_beside",
]
