"""The snippets of the guide run, and print what the guide says."""

import contextlib
import io
import re
from pathlib import Path

GUIDE = Path(__file__).parents[2] / "docs" / "measures.md"


def test_the_guide_prints_what_it_says() -> None:
    names: dict[str, object] = {}
    snippets = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.S)
    assert len(snippets) == 3
    for snippet in snippets:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(snippet, names)
        expected = [line.removeprefix("# ") for line in snippet.splitlines() if line.startswith("# ")]
        assert [line.rstrip() for line in printed.getvalue().splitlines()] == expected
