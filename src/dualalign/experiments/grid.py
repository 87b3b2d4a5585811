"""Grids: what an experiment runs, as YAML; some come with the package."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from dualalign.classifiers import PriorUse, classifier_names, recipe_names
from dualalign.classifiers.calibrated import Calibration
from dualalign.errors import ExperimentError, PackError
from dualalign.experiments.cells import DEFAULT_CALIBRATION
from dualalign.experiments.experiment import Experiment
from dualalign.experiments.labelled_text import read_labelled
from dualalign.experiments.models import LINEAR, ModelChoice
from dualalign.experiments.tasks import MULTI_LABEL, Task
from dualalign.experiments.training_sets import (
    REFERENCE,
    TrainingSet,
    TrainingSets,
    default_training_sets,
)
from dualalign.labels.gold import read_gold
from dualalign.packs.loader import load_file

if TYPE_CHECKING:
    from dualalign.packs.schema.labels import Scheme

EACH = "each"
"""Source of a training set that stands for one set for each named text."""

_NAMED = re.compile(r"(?P<name>[A-Za-z0-9_.+]+)=(?P<place>.+)")
_TAKEN = ("none", "gold", "bronze", "silver", "synthetic", EACH)


class GridSet(TrainingSet):
    """A training set of a grid, or several that differ in one thing.

    Args:
        shares: shares of the other text, each above 0 to 1; one training set for each, a volume curve together.
    """

    shares: tuple[float, ...] = ()

    def expanded(self, named: Sequence[str]) -> list[TrainingSet]:
        """Return the training sets that it stands for, given the names of the user's own texts."""
        fields = self.model_dump(exclude={"shares"})
        if self.source == EACH:
            sets = [
                fields | {"id": f"{self.id}_{text}", "name": f"{self.name} {text}", "source": text}
                for text in named
            ]
        else:
            sets = [fields]
        if self.shares:
            sets = [
                each
                | {
                    "id": f"{each['id']}-{round(100 * share):03d}",
                    "name": f"{each['name']} {share:.0%}",
                    "share": share,
                    "curve": each["id"],
                }
                for each in sets
                for share in self.shares
            ]
        return [TrainingSet.model_validate(each) for each in sets]


def _shipped(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    known = {each.id: each for each in default_training_sets().training_sets}
    if value not in known:
        raise ValueError(
            f"no training set is named '{value}'; there are {', '.join(known)}, or give one in full"
        )
    return known[value].model_dump()


class Grid(BaseModel):
    """An experiment as a user asks for it; every field but the training sets may be left out.

    Args:
        training_sets: each by the id of one that comes with the package, or in full.
        prior_uses: ways of leaning on other text that are tried on development sentences.
        fractions: shares of the gold, each above 0 to 1.
        seeds: runs of each cell, 1 or more.
        models: classifiers.
        tasks: what is asked of them.
        reference: id of the training set that others are held against.
        calibration: how probabilities are calibrated where neither training set nor classifier says.
        gold: file or folder of the gold set, from the grid's own folder.
        synthetic: a cohort, or several by name.
        bronze: unaligned sentences.
        silver: real sentences labelled by a machine.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    training_sets: tuple[Annotated[GridSet, BeforeValidator(_shipped)], ...] = Field(min_length=1)
    prior_uses: tuple[PriorUse, ...] = Field(default_factory=lambda: default_training_sets().prior_uses)
    fractions: tuple[float, ...] = Field(default=(1.0, 0.1), min_length=1)
    seeds: int = Field(default=5, ge=1)
    models: tuple[ModelChoice, ...] = Field(default=(ModelChoice(name=LINEAR),), min_length=1)
    tasks: tuple[Task, ...] = Field(default=(MULTI_LABEL,), min_length=1)
    reference: str = REFERENCE
    calibration: Calibration = DEFAULT_CALIBRATION
    gold: Path | None = None
    synthetic: Path | dict[str, Path] | None = None
    bronze: Path | None = None
    silver: Path | None = None

    def sets(self, named: Sequence[str]) -> TrainingSets:
        """Return the training sets, given the names of the user's own texts.

        Raises:
            ExperimentError: a set for each named text, and no text is named.
        """
        if not named and any(each.source == EACH for each in self.training_sets):
            raise ExperimentError(
                "the grid has a training set for each named cohort, and none is named",
                "give --synthetic NAME=FOLDER once for each, or `synthetic: {name: folder}` in the grid",
            )
        found = [one for each in self.training_sets for one in each.expanded(named)]
        return TrainingSets(training_sets=tuple(found), prior_uses=self.prior_uses)


def default_grid() -> Grid:
    """Return what is run where no grid is named: the training sets of the method's paper."""
    sets = default_training_sets()
    return Grid(training_sets=tuple(GridSet(**each.model_dump()) for each in sets.training_sets))


def grid_names() -> tuple[str, ...]:
    """Return the names of the grids that come with the package."""
    folder = resources.files("dualalign.experiments").joinpath("grids")
    names = (each.name for each in folder.iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml")))


def load_grid(name_or_path: str | Path) -> Grid:
    """Return a grid that comes with the package, or one from a YAML file; its paths start at the file's folder.

    Raises:
        ExperimentError: no such grid, or a file that is wrong, naming file, line, field and remedy.
    """
    file = Path(name_or_path)
    if str(name_or_path) in grid_names():
        file = Path(str(resources.files("dualalign.experiments").joinpath("grids", f"{name_or_path}.yaml")))
    elif not file.is_file():
        raise ExperimentError(
            f"no grid is named '{name_or_path}', and no such file",
            f"give a YAML file, or one of {', '.join(grid_names())}",
        )
    try:
        grid = load_file(file, Grid)
    except PackError as error:
        raise ExperimentError(error.message, error.remedy) from None
    here = file.parent
    places = {
        name: here / getattr(grid, name) for name in ("gold", "bronze", "silver") if getattr(grid, name)
    }
    if isinstance(grid.synthetic, Path):
        places["synthetic"] = here / grid.synthetic
    elif grid.synthetic:
        return grid.model_copy(update=places | {"synthetic": _from(here, grid.synthetic)})
    return grid.model_copy(update=places)


def _from(here: Path, places: Mapping[str, Path]) -> dict[str, Path]:
    return {name: here / place for name, place in places.items()}


def assemble(grid: Grid, scheme: Scheme) -> Experiment:
    """Read the files that a grid names and return the experiment.

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
