from pathlib import Path

import pytest

from dualalign.errors import ExperimentError
from dualalign.experiments import Row
from dualalign.experiments.training_sets import TrainingSet
from dualalign.experiments.volume import curve_table, curves, draw_curves
from dualalign.packs.schema.published_results import BinaryResult, PublishedResults
from dualalign.stats.bootstrap import Estimate

PUBLISHED = PublishedResults(
    source="a",
    binary={
        "gold": BinaryResult(precision=0.9, recall=0.6, f1=0.72, accuracy=0.9),
        "full": BinaryResult(precision=0.9, recall=0.8, f1=0.84, accuracy=0.9),
    },
    volume_flat_from=0.4,
)


def found(values: list[float]) -> tuple[list[Row], list[TrainingSet]]:
    """Rows of gold alone and of a curve with the given values at equal steps."""
    shares = [round((place + 1) / (len(values) - 1), 2) for place in range(len(values) - 1)]
    sets = [TrainingSet(id="gold", name="gold", gold=True, source="none")]
    sets += [
        TrainingSet(id=f"full-{share}", name="f", gold=True, source="synthetic", share=share, curve="full")
        for share in shares
    ]
    rows = [
        Row(each.id, 1.0, {"binary_f1": Estimate(value, value - 0.05, value + 0.05)}, {})
        for each, value in zip(sets, values, strict=True)
    ]
    return rows[::-1], sets


@pytest.mark.parametrize(
    ("values", "flat"),
    [
        ([0.5, 0.6, 0.69, 0.7, 0.7], 0.5),
        ([0.5, 0.7, 0.6, 0.7, 0.7], 0.75),  # reached, lost and reached again counts from the last time
        ([0.5, 0.55, 0.6, 0.65, 0.7], 1.0),
        ([0.5, 0.6, 0.6, 0.6, 0.5], None),
    ],
)
def test_where_the_gain_flattens(values: list[float], flat: float | None) -> None:
    rows, sets = found(values)
    (curve,) = curves(rows, sets, 1.0, "binary_f1")
    assert curve.shares == (0.25, 0.5, 0.75, 1.0)
    assert [point.value for point in curve.points] == values[1:]
    assert curve.gold.value == values[0]
    assert curve.flat_from() == flat


def test_published_ends_stand_beside_ours() -> None:
    rows, sets = found([0.5, 0.69, 0.7])
    table = curve_table(curves(rows, sets, 1.0, "binary_f1")[0], "F1", PUBLISHED)
    columns = {str(column.header): list(column.cells) for column in table.columns}
    assert columns["share of the text"] == ["0%", "50%", "100%"]
    assert columns["published"] == ["0.72", "-", "0.84"]
    assert columns["over gold alone"] == ["-", "+0.190", "+0.200"]
    assert "from 50% of the text on" in str(table.caption)
    assert "published: gains flatten at about 40%" in str(table.caption)


def test_without_gold_alone_or_a_curve_there_is_none() -> None:
    rows, sets = found([0.5, 0.6])
    assert curves([row for row in rows if row.training_set != "gold"], sets, 1.0, "binary_f1") == []
    assert curves(rows, sets[:1], 1.0, "binary_f1") == []
    assert curves(rows, sets, 0.1, "binary_f1") == []


def test_the_figure_is_drawn_twice_alike(tmp_path: Path) -> None:
    rows, sets = found([0.5, 0.69, 0.7])
    drawn = [(curves(rows, sets, 1.0, "binary_f1")[0], "symptom or not, F1")]
    for folder in ("a", "b"):
        draw_curves(drawn, tmp_path / folder / "volume", PUBLISHED)
    assert (tmp_path / "a" / "volume.svg").read_bytes() == (tmp_path / "b" / "volume.svg").read_bytes()
    assert (tmp_path / "a" / "volume.png").read_bytes().startswith(b"\x89PNG")
    (tmp_path / "c").write_text("")
    with pytest.raises(ExperimentError, match="cannot be written"):
        draw_curves(drawn, tmp_path / "c" / "volume", None)
