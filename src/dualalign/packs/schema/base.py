"""What every part of a pack shares: strict models and numbers that name their source."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0.0, le=1.0)]
"""A proportion between 0 and 1."""

Evidence = Literal["P", "S", "S2", "C", "M", "D"]
"""How well a number is supported.

P: a published table of the method's paper. S: seen stated in its source. S2: seen stated on a secondary page.
C: computed from public data. M: from memory, unverified: a placeholder. D: our own design choice.
"""


class PackModel(BaseModel):
    """A part of a pack: unknown keys are refused and nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Sourced(PackModel):
    """Something that holds numbers: says where they come from."""

    source: str = Field(description="Key into the pack's sources.")
    evidence: Evidence
    note: str = ""

    @property
    def verified(self) -> bool:
        """Whether the numbers were checked against a source; placeholders (tag M) were not."""
        return self.evidence != "M"


class CodesSeen(Sourced):
    """Entries whose code was seen in a source; the others are from memory."""

    ids: list[str]


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"'{pattern}' is no regular expression ({error})") from None
    return pattern


Expression = Annotated[str, AfterValidator(_compiles)]
"""A regular expression."""
