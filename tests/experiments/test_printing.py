"""Which tables are printed for which task, and that they hold what was found."""

from dataclasses import replace
from pathlib import Path

from rich.table import Table

from dualalign.experiments import Experiment, run_experiment, summarise
from dualalign.experiments.cells import Outcome
from dualalign.experiments.tables import Tables
from dualalign.experiments.tasks import Task
from dualalign.packs.schema.published_results import BinaryResult, ClassResult, PublishedResults

PUBLISHED = PublishedResults(
    source="a",
    binary={"bronze": BinaryResult(precision=0.9, recall=0.7, f1=0.77, accuracy=0.91)},
    classes={"bronze": ClassResult(accuracy=0.75, f1={"memory": 0.8})},
)


def column(table: Table, header: str) -> list[str]:
    (found,) = (each for each in table.columns if each.header == header)
    return [str(cell) for cell in found.cells]


def test_published_figures_stand_beside_the_set_they_are_of(
    grid: Experiment, ran: tuple[Path, list[Outcome]]
) -> None:
    rows = summarise(ran[1], grid.test, draws=50)
    binary, labels, classes = list(Tables(grid, rows, PUBLISHED).main())[:3]
    sets = ["gold", "+ bronze", "+ DualAlign matched", "+ DualAlign full", "DualAlign full alone"]
    assert column(binary, "training set") == sets
    assert column(binary, "published P / R / F1 / acc") == ["-", "0.90 / 0.70 / 0.77 / 0.91", "-", "-", "-"]
    assert column(classes, "published accuracy, F1 each") == ["-", "0.75  0.80  -", "-", "-", "-"]
    full = next(row for row in rows if (row.training_set, row.fraction) == ("full", 1.0))
    assert column(labels, "memory")[3] == f"{full.scores['f1:memory'].value:.3f}"
    assert column(binary, "F1 against gold")[3].startswith(f"{full.differences['binary_f1'].value:+.3f}")


def test_each_task_prints_its_own_tables(grid: Experiment, tmp_path: Path) -> None:
    sets = [each for each in grid.sets.training_sets if each.id in ("gold", "bronze")]
    asked = replace(
        grid,
        fractions=(1.0,),
        seeds=1,
        sets=grid.sets.model_copy(update={"training_sets": tuple(sets)}),
        tasks=(Task(kind="binary", negatives=2), Task(kind="five_class")),
    )
    outcomes = run_experiment(asked, tmp_path)
    rows = summarise(outcomes, asked.test, 50, tasks=asked.tasks)
    titles = [str(table.title) for table in Tables(asked, rows, None).main(details=True)]
    assert titles == [
        "Symptom or not, all of the gold, at most 2 without a label for each with one",
        "Ranking and calibration, symptom or not, all of the gold, at most 2 without a label for each with one",
        "Which label, sentences with one, all of the gold, learned from such",
        "Which label, against gold, all of the gold, learned from such",
    ]
    against = list(Tables(asked, rows, None).main())[-1]
    bronze = rows[-1].differences["class_accuracy"]
    assert column(against, "training set") == ["+ bronze"]
    assert column(against, "accuracy (95% interval)")[0].startswith(f"{bronze.value:+.3f}")
    place = tmp_path / "flips.json"
    told = list(Tables(asked, rows, None).errors(outcomes, place))
    assert len(told) == 2
    assert place.is_file()
