"""The guide's table names every kind."""

import re
from pathlib import Path

from dualalign.measures.contradictions import KINDS

GUIDE = Path(__file__).parents[2] / "docs" / "coherence.md"


def test_the_guide_explains_every_kind() -> None:
    assert re.findall(r"^\| `(\w+)` \|", GUIDE.read_text(encoding="utf-8"), re.M) == list(KINDS)
