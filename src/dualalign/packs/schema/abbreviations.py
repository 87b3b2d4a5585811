"""abbreviations.yaml: tokens whose period does not always end a sentence."""

from __future__ import annotations

from dualalign.packs.schema.base import Sourced


class Abbreviations(Sourced):
    """Tokens in lower case, without their last period.

    Args:
        never_end: the sentence goes on whatever follows.
        end_before_capital: the sentence ends only if a capital letter follows.
        before_number: the sentence ends unless a digit follows.
        openers: words that begin a sentence even after a single initial.
    """

    never_end: frozenset[str]
    end_before_capital: frozenset[str]
    before_number: frozenset[str]
    openers: frozenset[str]
