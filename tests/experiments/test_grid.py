import dataclasses
import json
from pathlib import Path
from typing import get_type_hints

import pytest

from dualalign.classifiers import LinearOptions
from dualalign.cli.experiment import experiment as command
from dualalign.errors import ExperimentError
from dualalign.experiments import Experiment, assemble, default_grid, grid_names, load_grid
from dualalign.experiments.grid import changed, synthetic_of
from dualalign.experiments.models import ModelChoice
from dualalign.experiments.training_sets import default_training_sets
from dualalign.packs import load_pack
from tests.experiments.toy import gold_set, other_text

SCHEME = load_pack("alzheimers").labels.scheme()


def write(folder: Path, text: str) -> Path:
    place = folder / "grid.yaml"
    place.write_text(text, encoding="utf-8")
    return place


@pytest.mark.parametrize("name", grid_names())
def test_every_shipped_grid_loads_and_its_help_names_it(name: str) -> None:
    grid = load_grid(name)
    sets = grid.sets(("both", "none"))
    ids = [each.id for each in sets.training_sets]
    assert len(ids) == len(set(ids)) > 1
    assert grid.reference in ids
    (option,) = get_type_hints(command, include_extras=True)["grid"].__metadata__
    assert f" {name}," in option.help


def test_no_grid_is_the_paper_s_training_sets() -> None:
    sets = default_grid().sets(()).training_sets
    assert sets == default_training_sets().training_sets
    assert default_grid().sets(()).prior_uses == default_training_sets().prior_uses
    assert (default_grid().fractions, default_grid().seeds) == ((1.0, 0.1), 5)


def test_shares_become_a_curve_of_sets(tmp_path: Path) -> None:
    text = "training_sets: [gold, {id: full, name: all, gold: true, source: synthetic, shares: [0.1, 1.0]}]"
    sets = load_grid(write(tmp_path, text)).sets(()).training_sets
    assert [(each.id, each.name, each.share, each.curve) for each in sets] == [
        ("gold", "gold", 1.0, ""),
        ("full-010", "all 10%", 0.1, "full"),
        ("full-100", "all 100%", 1.0, "full"),
    ]


def test_each_named_cohort_has_its_set() -> None:
    grid = load_grid("alignment")
    assert [(each.id, each.source) for each in grid.sets(("both", "none")).training_sets] == [
        ("gold", "none"),
        ("with_both", "both"),
        ("with_none", "none"),
    ]
    with pytest.raises(ExperimentError, match="give --synthetic NAME=FOLDER once for each"):
        grid.sets(())


def test_a_grid_names_its_files_from_its_own_folder(tmp_path: Path) -> None:
    text = "training_sets: [gold]\ngold: a/gold.jsonl\nsynthetic: {both: cohort}\nsilver: real"
    grid = load_grid(write(tmp_path, text))
    assert grid.gold == tmp_path / "a" / "gold.jsonl"
    assert grid.synthetic == {"both": tmp_path / "cohort"}
    assert grid.silver == tmp_path / "real"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("training_sets: [gold, golden]", r"grid.yaml:1: training_sets.1: no training set is named 'golden'"),
        ("training_sets: []", "training_sets"),
        ("training_sets: [gold]\nseed: 3", r"grid.yaml:2: seed: .* - remove the key"),
        ("training_sets: [gold]\nseeds: 0", r"grid.yaml:2: seeds"),
        ("training_sets: [gold]\ntasks: [guess]", r"grid.yaml:2: tasks"),
        ("training_sets: [gold]\nmodels: [{options: {a: 1}}]", "either the name of a classifier or a recipe"),
        (
            "training_sets:\n- {id: a/b, name: a, gold: true, source: none}",
            r"grid.yaml:2: training_sets.0.id",
        ),
        ("training_sets:\n- {id: a, name: a, gold: false, source: none}", "without gold needs a source"),
        (
            "training_sets:\n- {id: a, name: a, gold: false, source: synthetic, select: {by: confidence, keep: [1]}}",
            "set gold to true",
        ),
        (
            "training_sets:\n- {id: a, name: a, gold: true, source: synthetic, use: {way: lean, weights: [1]}}",
            "only for way 'pool'",
        ),
        ("training_sets: [gold", "not valid YAML"),
    ],
)
def test_what_is_wrong_in_a_grid_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ExperimentError, match=complaint):
        load_grid(write(tmp_path, text))


def test_no_such_grid() -> None:
    with pytest.raises(ExperimentError, match=r"no grid is named 'papers'.*one of alignment, low-resource"):
        load_grid("papers")


def test_options_change_a_grid() -> None:
    grid = changed(load_grid("volume"), {"seeds": 2, "models": ["linear"], "tasks": ["binary"], "gold": None})
    assert (grid.seeds, grid.tasks[0].id, grid.models[0].key, grid.fractions) == (
        2,
        "binary",
        "linear",
        (1.0,),
    )
    assert grid.training_sets == load_grid("volume").training_sets
    with pytest.raises(ExperimentError, match=r"tasks \['guess'\]: .*multi_label.* - correct the option"):
        changed(grid, {"tasks": ["guess"]})
    with pytest.raises(ExperimentError, match="seeds 0"):
        changed(grid, {"seeds": 0})


def test_synthetic_text_may_be_named(tmp_path: Path) -> None:
    assert synthetic_of(["cohort"]) == Path("cohort")
    assert synthetic_of(["both=a", "none=b"]) == {"both": Path("a"), "none": Path("b")}
    (tmp_path / "odd=name").mkdir()
    assert synthetic_of([str(tmp_path / "odd=name")]) == tmp_path / "odd=name"
    with pytest.raises(ExperimentError, match="--synthetic b: one of several, without a name"):
        synthetic_of(["both=a", "b"])


def test_a_grid_and_its_files_become_an_experiment(tmp_path: Path) -> None:
    label = SCHEME.labels[0].id
    marks = {label_.id: [] for label_ in SCHEME.labels}
    rows = [
        {"text": f"{fold} {label_} {row}", "labels": [label_] if row % 2 else [], "fold": fold}
        for fold in ("train", "test")
        for row in range(4)
        for label_ in marks
    ]
    gold = tmp_path / "gold.jsonl"
    gold.write_text("\n".join(map(json.dumps, rows)))
    other = tmp_path / "other.jsonl"
    other.write_text("\n".join(json.dumps({"text": f"o{n}", "labels": [label] * (n % 2)}) for n in range(6)))
    text = "training_sets: [gold, silver, bronze, full]\ngold: gold.jsonl\nsilver: other.jsonl\nsynthetic: other.jsonl"
    asked = assemble(load_grid(write(tmp_path, text)), SCHEME)
    assert [each.id for each in asked.training_sets()] == ["gold", "silver", "full"]
    assert [each.id for each in asked.left_out()] == ["bronze"]
    assert len(asked.text("silver") or ()) == 6
    with pytest.raises(ExperimentError, match="no gold set - give --gold FILE"):
        assemble(load_grid("paper"), SCHEME)
    with pytest.raises(ExperimentError, match="a cohort cannot be named 'silver'"):
        assemble(
            load_grid(write(tmp_path, f"{text.rsplit(chr(10), 1)[0]}\nsynthetic: {{silver: x}}")), SCHEME
        )


def test_only_what_a_cell_depends_on_is_in_its_key() -> None:
    first = Experiment(gold_set(), other_text(), None)
    cells = {cell.training_set: cell for cell in first.cells()}
    bronze = dataclasses.replace(first, bronze=other_text(30, 2))
    synthetic = dataclasses.replace(first, synthetic=other_text(120, 7))

    def changed(other: Experiment) -> set[str]:
        return {name for name, cell in cells.items() if other.key(cell) != first.key(cell)}

    assert changed(bronze) == {"matched"}  # which is drawn as large as the bronze set
    assert changed(synthetic) == {"matched", "full", "synthetic_only"}
    assert changed(dataclasses.replace(first, options=LinearOptions(strength=3.0))) == set(cells)
    assert len({first.key(cell) for cell in cells.values()}) == len(cells)


def test_a_recipe_is_known_by_its_settings_not_its_name(tmp_path: Path) -> None:
    place = tmp_path / "mine.yaml"
    keys = []
    for strength in (1, 1, 2):
        place.write_text(f"classifier: linear\noptions: {{strength: {strength}}}", encoding="utf-8")
        asked = Experiment(gold_set(), other_text(), models=(ModelChoice(recipe=str(place)),))
        keys.append(asked.key(asked.cells()[0]))
    assert keys[0] == keys[1] != keys[2]
