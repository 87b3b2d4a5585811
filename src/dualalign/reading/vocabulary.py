"""The words of a pack by which a sentence commits a note to something."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack


@dataclass(frozen=True, slots=True)
class Entry:
    """What a pattern of the vocabulary stands for.

    Args:
        kind: `term`, `claim`, `state`, `diagnosis`, `drug`, `dated`, `age`, `sex` or `fact`.
        name: id or name of the thing; the sex.
        value: first stage of a state, value of a fact, `finding` for a claim that is one.
        year: first year of a dated name.
        terms: terms that a claim denies.
    """

    kind: str
    name: str = ""
    value: str = ""
    year: int = 0
    terms: tuple[str, ...] = ()


def vocabulary(pack: Pack) -> Iterator[tuple[str, Entry]]:
    """Yield every pattern of the pack with the kind of thing it stands for, and which."""
    coherence, record = pack.coherence, pack.record_words
    passed = {form.lower() for form in (*coherence.partial_forms, *pack.patterns.neutral_forms)}
    passed |= {form.lower() for form in pack.patterns.unused_forms}
    for term in pack.lexicon.terms().values():
        for form in term.surface_forms:
            if term.labels and form.lower() not in passed:
                yield _plain(form), Entry("term", term.id)
    for claim in coherence.claims:
        for pattern in claim.say:
            yield pattern, Entry("claim", value="finding" if claim.finding else "", terms=tuple(claim.denies))
    for state in coherence.states:
        for pattern in state.names:
            yield pattern, Entry("state", pattern, state.from_stage)
    for name in pack.pack.diagnosis_names:
        yield _plain(name), Entry("diagnosis", name)
    for drug in pack.drugs.drugs:
        for name in drug.names:
            yield _plain(name), Entry("drug", drug.id)
    for entry in pack.drugs.not_before:
        for name in entry.names:
            yield _plain(name), Entry("dated", name, year=entry.year)
    for sex, words in record.sexes.items():
        for pattern in words.nouns:
            yield pattern, Entry("sex", sex)
    for pattern in record.ages:
        yield pattern, Entry("age")
    for fact in record.facts:
        for value, patterns in fact.values.items():
            for pattern in patterns:
                yield pattern, Entry("fact", fact.id, value)


def _plain(words: str) -> str:
    return " ".join(re.split(r"[\s/-]+", words.lower()))
