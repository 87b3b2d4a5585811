"""The snippet of the guide runs, and prints what the guide says."""

import contextlib
import io
import re
from pathlib import Path

GUIDE = Path(__file__).parents[2] / "docs" / "progression.md"


def test_the_guide_prints_what_it_says() -> None:
    snippets = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.S)
    assert len(snippets) == 1
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(snippets[0], {})
    expected = [line.removeprefix("# ") for line in snippets[0].splitlines() if line.startswith("# ")]
    assert printed.getvalue().splitlines() == expected
