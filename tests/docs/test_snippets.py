"""The Python snippets of the docs run as they stand and print what the page says; those of one page share names."""

import contextlib
import io
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    page
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
    if "```python" in page.read_text(encoding="utf-8")
]
WITH_A_MODEL_S_FOLDER = "classifiers.md"
"""A page with a snippet that needs a trained model; tests/classifiers runs it."""


def test_most_pages_have_snippets() -> None:
    assert len(PAGES) >= 10


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.name != WITH_A_MODEL_S_FOLDER], ids=lambda page: page.name
)
def test_a_page_s_snippets_print_what_it_says(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    names: dict[str, object] = {}
    for snippet in re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.S | re.M):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(snippet, names)
        expected = [line.removeprefix("# ") for line in snippet.splitlines() if line.startswith("# ")]
        assert [line.rstrip() for line in printed.getvalue().splitlines()] == expected
