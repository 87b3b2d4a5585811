"""The time that measures take is linear in the length of a note, whatever it is made of."""

from collections.abc import Callable
from time import process_time

import pytest

from dualalign.measures.contradictions.dates import head_dates
from dualalign.measures.diversity import TokenTable
from dualalign.measures.privacy.copying import closest
from dualalign.measures.privacy.finder import find_identifiers
from dualalign.measures.privacy.word_runs import RunTable
from dualalign.measures.privacy.written_dates import date_key
from dualalign.measures.realism.form import traits_of

SHORT, TIMES = 4_000, 8
RUNS = (
    " ", "\n", "\t", ".", "-", "_", "a", "A", "1", "a ", "A ", "Aa ", "AA ", "a.", "A. ", "1.", "1-", "1/", "1 ", "a@", "@", "www.", "a-", "A-",
    "A'", "MRN ", "MRN: ", "Dr. ", "Mr. A", "Aa, ", "AA, ", "[**", "[", "<", "(", "name: ", "Street, ", "in ", "1st ", "May ", "12 Aa ", "+1 ",
    "555-", "http://", "#", "é", "e\u0301", "a:", "::", "member ", "ID ", "Ann ", "in Aa ", "memory------", "on 1/2 ", "St. ", "of the ",
)  # fmt: skip
"""A note of one of these alone has found patterns that go back to the beginning at each step."""

MEASURES: dict[str, Callable[[str], object]] = {
    "identifiers": lambda text: list(find_identifiers(text)),
    "written dates": date_key.__wrapped__,
    "form": lambda text: traits_of([text]),
    "words in a row": lambda text: RunTable([text], {}).runs(4),
    "near sentences": lambda text: closest([text], [text]),
    "diversity": lambda text: list(TokenTable([text]).ngrams(4)),
    "dates of a note's head": head_dates,
}


def seconds(measure: Callable[[str], object], text: str) -> float:
    begun = process_time()
    measure(text)
    return process_time() - begun


@pytest.mark.parametrize("name", MEASURES)
def test_a_note_eight_times_as_long_takes_about_eight_times_as_long(name: str) -> None:
    measure = MEASURES[name]
    measure("Warm up.")
    for run in RUNS:
        long = (run * SHORT * TIMES)[: SHORT * TIMES]
        # Squared growth would be 64 times; the constant forgives the clock.
        short_time = seconds(measure, long[:SHORT])
        assert seconds(measure, long) < 3 * TIMES * short_time + 0.2, repr(run)


def test_hostile_notes_take_no_time() -> None:
    for run in RUNS:
        assert seconds(lambda text: list(find_identifiers(text)), (run * 16_000)[:16_000]) < 2, repr(run)
