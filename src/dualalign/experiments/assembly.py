"""From a grid and the files a user names to an experiment."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from dualalign.classifiers import classifier_names
from dualalign.classifiers.recipes import recipe_names
from dualalign.errors import ExperimentError
from dualalign.experiments.experiment import Experiment
from dualalign.experiments.grid import Grid
from dualalign.experiments.labelled_text import read_labelled
from dualalign.labels.gold import read_gold

if TYPE_CHECKING:
    from dualalign.packs.schema.labels import Scheme

_NAMED = re.compile(r"(?P<name>[A-Za-z0-9_.+]+)=(?P<place>.+)")
_TAKEN = ("none", "gold", "bronze", "silver", "synthetic", "each")


def assemble(grid: Grid, scheme: Scheme) -> Experiment:
    """Read the files that a grid names and return the experiment.

    Args:
        grid: with its files.
        scheme: the label scheme of all of them.

    Raises:
        ExperimentError: no gold set, or what cannot be run.
        InputDataError: a file or folder that cannot be read.
    """
    if grid.gold is None:
        raise ExperimentError("no gold set", "give --gold FILE, or `gold:` in the grid")
    named = grid.synthetic if isinstance(grid.synthetic, dict) else {}
    whole = grid.synthetic if isinstance(grid.synthetic, Path) else None
    for name in named:
        if name in _TAKEN:
            raise ExperimentError(f"a cohort cannot be named '{name}'", "give it another name")
    texts = {name: read_labelled(place, scheme) for name, place in named.items()}
    if grid.silver is not None:
        texts["silver"] = read_labelled(grid.silver, scheme)
    return Experiment(
        read_gold(grid.gold, scheme),
        read_labelled(whole, scheme) if whole else None,
        read_labelled(grid.bronze, scheme) if grid.bronze else None,
        grid.fractions,
        grid.seeds,
        sets=grid.sets(tuple(named)),
        texts=texts,
        models=grid.models,
        tasks=grid.tasks,
        calibration=grid.calibration,
    )


def changed(grid: Grid, given: Mapping[str, Any]) -> Grid:
    """Return a grid with what a user gives beside it; what is None stays as it is.

    Args:
        grid: the grid.
        given: field -> value; `models` as names or recipes, `tasks` as kinds.

    Raises:
        ExperimentError: a value that a grid cannot have.
    """
    fields = {name: getattr(grid, name) for name in Grid.model_fields}
    fields |= {name: value for name, value in given.items() if value is not None}
    if given.get("models"):
        fields["models"] = [_model(each) for each in given["models"]]
    try:
        return Grid.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0])
        said = first["msg"].removeprefix("Value error, ")
        raise ExperimentError(f"{field} {given.get(field)}: {said}", "correct the option") from None


def _model(name: str) -> dict[str, str]:
    if name in classifier_names():
        return {"name": name}
    if name not in recipe_names() and not Path(name).is_file():
        known = ", ".join((*classifier_names(), *recipe_names()))
        raise ExperimentError(f"no classifier is named '{name}'", f"give one of {known}, or a recipe's file")
    return {"recipe": name}


def synthetic_of(values: Sequence[str]) -> Path | dict[str, Path]:
    """Return what a user gives as synthetic text: one place, or several as NAME=PLACE.

    Raises:
        ExperimentError: several places without names, or two of one name.
    """
    named = {value: None if Path(value).exists() else _NAMED.fullmatch(value) for value in values}
    if len(named) == 1 and None in named.values():
        return Path(values[0])
    found: dict[str, Path] = {}
    for value, match in named.items():
        if match is None:
            raise ExperimentError(
                f"--synthetic {value}: one of several, without a name", "write it NAME=FOLDER"
            )
        if match["name"] in found:
            raise ExperimentError(f"--synthetic {value}: a second '{match['name']}'", "name each differently")
        found[match["name"]] = Path(match["place"])
    return found
