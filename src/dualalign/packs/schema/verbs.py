"""verbs.yaml: irregular English verbs for the phrase language."""

from __future__ import annotations

from dualalign.packs.schema.base import PackModel


class IrregularVerbs(PackModel):
    """Forms that the spelling rules would get wrong.

    Args:
        irregular: base -> [past, participle]; the third person and -ing forms follow the rules.
        full: base -> [third person, past, -ing, participle] where those do not either.
        doubling: bases of more than one syllable that double their last letter (`admit`, `occur`).
    """

    irregular: dict[str, tuple[str, str]]
    full: dict[str, tuple[str, str, str, str]]
    doubling: list[str]
