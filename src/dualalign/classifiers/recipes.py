"""Named classifiers with all their settings, as files."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from dualalign.errors import ClassifierError

_FOLDER = "dualalign.classifiers"


class Recipe(BaseModel):
    """A classifier and its settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    classifier: str
    options: dict[str, Any]

    def changed(self, **options: Any) -> Recipe:
        """Return the recipe with other settings; settings within settings are replaced one by one."""
        return Recipe(classifier=self.classifier, options=_merged(self.options, options))


def recipe_names() -> tuple[str, ...]:
    """Return the names of the recipes that come with the package."""
    folder = resources.files(_FOLDER).joinpath("recipes")
    return tuple(
        sorted(each.name.removesuffix(".yaml") for each in folder.iterdir() if each.name.endswith(".yaml"))
    )


def read_recipe(name: str | Path) -> Recipe:
    """Return a recipe by name, or from a YAML file with `classifier` and `options`.

    Raises:
        ClassifierError: no such recipe or file, or not a recipe.
    """
    try:
        if str(name) in recipe_names():
            shipped = resources.files(_FOLDER).joinpath("recipes", f"{name}.yaml")
            loaded = yaml.safe_load(shipped.read_text(encoding="utf-8"))
        else:
            loaded = yaml.safe_load(Path(name).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise ClassifierError(
            f"recipe '{name}': cannot be read ({error})",
            f"give a YAML file, or one of {', '.join(recipe_names())}",
        ) from None
    try:
        return Recipe.model_validate(loaded)
    except ValidationError:
        raise ClassifierError(
            f"recipe '{name}': not a recipe",
            "give the keys 'classifier', a name, and 'options', a mapping of settings",
        ) from None


def _merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    found = dict(old)
    for name, value in new.items():
        within = isinstance(value, dict) and isinstance(found.get(name), dict)
        found[name] = _merged(found[name], value) if within else value
    return found
