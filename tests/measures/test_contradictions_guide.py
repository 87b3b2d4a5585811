"""The snippets of the guide run, and print what the guide says; its table names every kind."""

import contextlib
import io
import re
from pathlib import Path

from dualalign.measures.contradictions import KINDS

GUIDE = Path(__file__).parents[2] / "docs" / "coherence.md"


def test_the_guide_prints_what_it_says() -> None:
    names: dict[str, object] = {}
    snippets = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.S)
    assert len(snippets) == 3
    for snippet in snippets:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(snippet, names)
        expected = [line.removeprefix("# ") for line in snippet.splitlines() if line.startswith("# ")]
        assert printed.getvalue().splitlines() == expected


def test_the_guide_explains_every_kind() -> None:
    assert re.findall(r"^\| `(\w+)` \|", GUIDE.read_text(encoding="utf-8"), re.M) == list(KINDS)
