"""The grid of the guide loads, and the guide names those that come with the package."""

import re
from pathlib import Path

from dualalign.experiments import load_grid

GUIDE = (Path(__file__).parents[2] / "docs" / "experiments.md").read_text(encoding="utf-8")


def test_the_grid_of_the_guide_loads(tmp_path: Path) -> None:
    (snippet,) = re.findall(r"```yaml\n(.*?)```", GUIDE, re.S)
    (tmp_path / "grid.yaml").write_text(snippet, encoding="utf-8")
    grid = load_grid(tmp_path / "grid.yaml")
    assert [each.key for each in grid.models] == ["linear", "embedding", "llama-3.1-8b"]
    assert [each.id for each in grid.sets(("both", "none")).training_sets][-2:] == ["with_both", "with_none"]


def test_every_shipped_grid_stands_in_the_guide() -> None:
    from dualalign.experiments import grid_names

    for name in grid_names():
        assert f"| `{name}` |" in GUIDE
