"""Rows of a JSONL file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from dualalign.files.columns import wanted_columns
from dualalign.files.json_text import parse_json
from dualalign.files.kinds import Error, bytes_of
from dualalign.files.rows import Row

_MARK = b"\xef\xbb\xbf"


def jsonl_rows(
    path: Path, needed: Sequence[str], optional: Sequence[str] | None, error: Error
) -> Iterator[Row]:
    """Yield the rows of a JSONL file; the first object says which columns there are."""
    number = 0
    checked = False
    with bytes_of(path, error) as stream:
        for line, content in enumerate(stream, start=1):
            text = content.removeprefix(_MARK) if line == 1 else content
            if not text.strip():
                continue
            number += 1
            row = _row(number, line, text, None if optional is None else [*needed, *optional])
            if not checked and not row.problem:
                keys = list(parse_json(text))
                wanted_columns(path, keys, needed, optional, error)
                checked = True
            yield row


def _row(number: int, line: int, text: bytes, wanted: Sequence[str] | None) -> Row:
    try:
        content = parse_json(text.decode("utf-8"))
    except UnicodeDecodeError:
        return Row(number, {}, "not UTF-8", line)
    except ValueError as error:
        problem = str(error)
        return Row(number, {}, "not JSON" if problem.startswith("not JSON") else problem, line)
    if not isinstance(content, dict):
        return Row(number, {}, f"a JSON {type(content).__name__}, not an object", line)
    values = content if wanted is None else {key: content[key] for key in wanted if key in content}
    # JSON may escape half a surrogate pair; such text cannot be written as UTF-8.
    if any(isinstance(value, str) and not _is_unicode(value) for value in values.values()):
        return Row(number, {}, "not Unicode text", line)
    return Row(number, values, "", line)


def _is_unicode(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
