"""Files that users hand over: one reader for CSV, JSONL, Parquet and Arrow, and one meaning for their values.

Nothing here quotes what a file holds: not in an error, and not in the reason why a row is kept aside.
"""

from dualalign.files.json_text import parse_json
from dualalign.files.kinds import KINDS, READABLE, check_file, file_kind, native
from dualalign.files.rows import Row, read_rows
from dualalign.files.values import identity, is_missing, number, person, shown, whole

__all__ = [
    "KINDS",
    "READABLE",
    "Row",
    "check_file",
    "file_kind",
    "identity",
    "is_missing",
    "native",
    "number",
    "parse_json",
    "person",
    "read_rows",
    "shown",
    "whole",
]
