"""Count the people who break a rule, from the table alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack
    from dualalign.personas.table import PersonaTable


def broken_rules(table: PersonaTable, pack: Pack) -> dict[str, int]:
    """Return how many people of a table break each rule that applies to them.

    It reads level names off the table and shares no code with the sampler, so that it can find the sampler wrong.
    """
    names = {factor: np.array(levels) for factor, levels in table.levels.items()}
    counts: dict[str, int] = {}
    for rule in pack.persona_rules.applying(table.is_case):
        suspects = np.arange(len(table))
        for factor, forbidden in rule.never.factors.items():
            guilty = np.isin(names[factor], forbidden)
            suspects = suspects[guilty[table.codes[factor][suspects]]]
        ages = table.ages[suspects]
        oldest = 999 if rule.never.age_below is None else rule.never.age_below
        counts[rule.id] = int(np.count_nonzero((ages >= (rule.never.age_from or 0)) & (ages < oldest)))
    return counts
