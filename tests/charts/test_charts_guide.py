"""The snippets of the guide print what it says, and its tables name every column."""

import contextlib
import io
import re
from pathlib import Path

import pytest

from dualalign.cohort.chart_tables import SCHEMAS

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "charts.md").read_text(encoding="utf-8")


def test_snippets_print_what_the_guide_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    names: dict[str, object] = {}
    for snippet in re.findall(r"```python\n(.*?)```", GUIDE, re.S):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(snippet, names)
        expected = [line.removeprefix("# ") for line in snippet.splitlines() if line.startswith("# ")]
        assert printed.getvalue().splitlines() == expected


@pytest.mark.parametrize("table", SCHEMAS)
def test_every_column_of_a_chart_table_is_named(table: str) -> None:
    row = next(line for line in GUIDE.splitlines() if line.startswith(f"| `{table}` |"))
    assert re.findall(r"`(\w+)`", row)[1:] == [name for name in SCHEMAS[table].names if name != "patient_id"]
