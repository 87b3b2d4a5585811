"""The guide's tables name every column."""

import re
from pathlib import Path

import pytest

from dualalign.cohort.chart_tables import SCHEMAS

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "charts.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("table", SCHEMAS)
def test_every_column_of_a_chart_table_is_named(table: str) -> None:
    row = next(line for line in GUIDE.splitlines() if line.startswith(f"| `{table}` |"))
    assert re.findall(r"`(\w+)`", row)[1:] == [name for name in SCHEMAS[table].names if name != "patient_id"]
