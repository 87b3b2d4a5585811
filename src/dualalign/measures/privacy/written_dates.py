"""What day, or part of one, a written date means: month first or day first, names, ISO, with or without a year."""

from __future__ import annotations

import re
from datetime import date
from functools import cache

_TOKEN = re.compile(r"[A-Za-z]+|['’]?\d+")
_TIME = re.compile(r"(?<=\d)(?:T|[T ,]{1,2}(?:at )?(?=\d{1,2}:)).*", re.DOTALL)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_PIVOT = 69
"""Years of two digits from this one on are of the last century, as in `strptime`."""


@cache
def date_key(value: str) -> str | None:
    """Return a date as `2019-03-04`, `2019-03`, `--03-04` or `--03`, however it is written; None if it is no date."""
    year, month, day = _parts(_TIME.sub("", value))
    if not 1 <= month <= 12:
        return None
    try:
        # 2000 had a 29 February.
        date(year or 2000, month, day or 1)
    except ValueError:
        return None
    return (f"{year:04d}" if year else "-") + f"-{month:02d}" + (f"-{day:02d}" if day else "")


def _parts(value: str) -> tuple[int, int, int]:
    """Return year, month and day; 0 for what is not said, or a month of 0 for no date."""
    tokens = _TOKEN.findall(value)
    names = [each[:3].lower() for each in tokens if each[:3].lower() in _MONTHS]
    numbers = [each for each in tokens if each[-1].isdigit()]
    if names:
        return _with_name(_MONTHS.index(names[0]) + 1, numbers)
    if len(numbers) == 1 and len(numbers[0]) == 8:
        return int(value[:4]), int(value[4:6]), int(value[6:8])
    if len(numbers) == 2:
        first, second = map(int, numbers)
        return (second, first, 0) if len(numbers[1]) == 4 else (0, first, second)
    if len(numbers) != 3:
        return 0, 0, 0
    if len(numbers[0]) == 4:
        return int(numbers[0]), int(numbers[1]), int(numbers[2])
    first, second = int(numbers[0]), int(numbers[1])
    # Dots are written day first; slashes and dashes month first, unless there is no such month.
    if (first > 12 or "." in value) and second <= 12:
        first, second = second, first
    return _year(numbers[2]), first, second


def _with_name(month: int, numbers: list[str]) -> tuple[int, int, int]:
    if not numbers:
        return 0, month, 0
    if len(numbers) == 1:
        alone = numbers[0]
        return (_year(alone), month, 0) if not alone.isdigit() or len(alone) == 4 else (0, month, int(alone))
    return _year(numbers[1]), month, int(numbers[0])


def _year(digits: str) -> int:
    year = int(digits.lstrip("'’"))
    if len(digits) >= 4:
        return year
    return year + (1900 if year >= _PIVOT else 2000)
