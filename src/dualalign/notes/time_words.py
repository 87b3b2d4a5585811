"""How notes say when: since when, how long, how often, on which day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

_NUMBERS = (
    "",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_RARE = (
    "occasionally",
    "now and then",
    "once in a while",
    "every few weeks",
    "at times",
    "once or twice a month",
)
_SOME = (
    "about once a week",
    "once or twice a week",
    "a few times a week",
    "at times",
    "several times a month",
)
_OFTEN = ("most days", "several times a week", "almost every day", "on most days", "often", "frequently")
_ALWAYS = ("every day", "several times a day", "daily", "throughout the day", "most of the time")


def since(months: int, day: date, draw: Callable[[], float]) -> str:
    """Return "since 2014", "for about two years" or the like for something that began some months ago."""
    pick = int(draw() * 4)
    if months <= 2:
        return ("over the past few weeks", "for the past few weeks", "for about a month", "in recent weeks")[
            pick
        ]
    if months < 12:
        number = _NUMBERS[months] if months < 11 else "ten"
        month = _MONTHS[(day - timedelta(days=30 * months)).month - 1]
        return (
            f"for about {number} months",
            f"over the past {number} months",
            f"since {month}" if months < 10 else "over the past year",
            "over the past several months",
        )[pick]
    years = months / 12
    if years < 1.7:
        return ("for about a year", "over the past year", "for a year or more", "for more than a year")[pick]
    number = _NUMBERS[min(12, round(years))]
    begun = (day - timedelta(days=round(30.44 * months))).year
    if years > 6:
        return ("for several years", "for years", "for some years", "for a number of years")[pick]
    return (
        f"for about {number} years",
        f"over the past {number} years",
        f"since {begun}",
        f"for {number} years or so",
    )[pick]


def often(severity: float, draw: Callable[[], float]) -> str:
    """Return how often a habit shows, by severity from 0 to 1."""
    level = severity + 0.3 * (draw() - 0.5)
    words = _RARE if level < 0.3 else _SOME if level < 0.5 else _OFTEN if level < 0.8 else _ALWAYS
    return words[int(draw() * len(words))]


def ago(then: date, day: date, draw: Callable[[], float]) -> str:
    """Return "three weeks ago", "in March" or "in March 2014"."""
    days = (day - then).days
    if days <= 1:
        return "yesterday"
    if days < 12:
        return (
            f"{_NUMBERS[days] if days < 13 else days} days ago"
            if draw() < 0.5
            else "last week"
            if days > 6
            else "a few days ago"
        )
    if days < 45 and draw() < 0.7:
        weeks = max(2, round(days / 7))
        return f"{_NUMBERS[weeks]} weeks ago"
    return month(then, day, draw)


def month(then: date, day: date, draw: Callable[[], float]) -> str:
    """Return "in March" for a day of the last months, "in March 2014" for an earlier one."""
    name = _MONTHS[then.month - 1]
    days = (day - then).days
    if days < 300:
        if days > 50 and draw() < 0.3:
            months = round(days / 30.4)
            return f"{_NUMBERS[months]} months ago"
        return f"in {name}"
    return f"in {name} {then.year}"


def short_date(then: date, draw: Callable[[], float]) -> str:
    """Return "3/12" or "3/12/14"."""
    return f"{then.month}/{then.day}" if draw() < 0.5 else f"{then.month}/{then.day}/{then.year % 100:02d}"


def number_word(number: int) -> str:
    """Return a number up to twelve in words."""
    return _NUMBERS[number] if 0 < number < len(_NUMBERS) else str(number)


def month_name(day: date, draw: Callable[[], float]) -> str:
    """Return the name of one of the months before a day."""
    return _MONTHS[(day.month - 2 - int(draw() * 3)) % 12]
