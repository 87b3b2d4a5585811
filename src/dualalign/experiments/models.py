"""Which classifier a cell fits, and the ways it may learn from gold and other text."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from dualalign.classifiers import Classifier, LinearOptions, PriorUse, make_classifier, read_recipe
from dualalign.classifiers.calibrated import Calibration
from dualalign.errors import ExperimentError
from dualalign.experiments.development import Candidate
from dualalign.experiments.labelled_text import LabelledText
from dualalign.experiments.other_text import OtherText
from dualalign.experiments.training_sets import TextUse
from dualalign.stats.arrays import Floats

LINEAR = "linear"
_WHOLE = PriorUse(offset=1.0, scale=0.0)


class ClassifierTraits(BaseModel):
    """How a kind of classifier is treated; see models.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    way: Literal["lean", "pool", "curriculum"]
    leans: bool
    stops: bool
    folds: Literal[1, 5]


class ModelChoice(BaseModel):
    """One classifier of a grid; YAML may give its name alone.

    Args:
        name: as `make_classifier` knows it; that of the recipe if empty.
        id: in results and file names; the name, or the recipe's, if empty.
        recipe: a named classifier with all its settings, or a YAML file of one.
        options: its settings, or those that differ from the recipe's.
        prior: the classifier that learns other text alone, where this one leans on it; one like itself if None.
        folds: parts of the development sentences held out in turn, 5 or 1; the kind's own number if None.
        calibration: how its probabilities are calibrated, where a training set does not say; as the grid says if None.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = ""
    id: str = Field(default="", pattern=r"^[A-Za-z0-9_.+]*$")
    recipe: str = ""
    options: dict[str, Any] = Field(default_factory=dict)
    prior: ModelChoice | None = None
    folds: Literal[1, 5] | None = None
    calibration: Calibration | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_a_name(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _says_which(self) -> Self:
        if bool(self.name) == bool(self.recipe):
            raise ValueError("give either the name of a classifier or a recipe")
        if self.prior is not None and self.prior.calibration is not None:
            raise ValueError(
                "a prior is not calibrated; give `calibration` to the classifier that leans on it"
            )
        return self

    @property
    def key(self) -> str:
        """Id in results and file names."""
        return self.id or self.name or Path(self.recipe).name.removesuffix(".yaml")

    @property
    def classifier(self) -> str:
        """Name, as `make_classifier` knows it."""
        return self.name or read_recipe(self.recipe).classifier

    @property
    def settings(self) -> dict[str, Any]:
        """All settings that differ from the classifier's own."""
        return read_recipe(self.recipe).changed(**self.options).options if self.recipe else dict(self.options)

    @property
    def traits(self) -> ClassifierTraits:
        """How its kind is treated."""
        kinds = _traits()
        return kinds.get(self.classifier, kinds["others"])

    @property
    def held_out(self) -> int:
        """Parts of the development sentences held out in turn."""
        return self.folds or self.traits.folds

    def facts(self) -> dict[str, Any]:
        """Return all that its predictions depend on, a recipe's settings rather than its name."""
        prior = self.prior.facts() if self.prior else None
        return {
            "classifier": self.classifier,
            "settings": self.settings,
            "folds": self.held_out,
            "prior": prior,
        }


@cache
def _traits() -> dict[str, ClassifierTraits]:
    text = resources.files("dualalign.experiments").joinpath("models.yaml").read_text(encoding="utf-8")
    return {name: ClassifierTraits.model_validate(each) for name, each in yaml.safe_load(text).items()}


class Learner:
    """Fits one classifier of the grid in every way that a training set allows.

    Args:
        linear: settings of the linear one, where the grid gives it none.
    """

    def __init__(self, model: ModelChoice, linear: LinearOptions, heads: Sequence[str], seed: int) -> None:
        self._model = model
        self._linear = linear
        self._heads = tuple(heads)
        self._seed = seed

    def learn(self, text: LabelledText) -> Classifier:
        """Fit the classifier that learns other text on labelled sentences alone."""
        like = self._model.prior or self._model
        return Learner(like, self._linear, self._heads, self._seed)._fit(text)

    def candidates(
        self, use: TextUse, others: Sequence[OtherText], leans: Sequence[PriorUse]
    ) -> list[Candidate]:
        """Return the ways to learn from gold that are tried on development sentences.

        Args:
            use: how other text is used.
            others: the other text, or several selections of it to choose from; empty for gold alone.
            leans: how far to lean on it, to choose from; the classifier's own default if empty.

        Raises:
            ExperimentError: the classifier cannot lean on other text.
        """
        if not others:
            return [Candidate("gold", self._fit)]
        traits = self._model.traits
        way = traits.way if use.way == "default" else use.way
        if way == "lean" and not traits.leans:
            raise ExperimentError(
                f"a classifier '{self._model.classifier}' cannot lean on other text by degrees",
                "give way: pool or curriculum",
            )
        if way == "pool":
            return [self._pooled(other, weight) for other in others for weight in use.weights or (1.0,)]
        if way == "curriculum":
            return [self._leaning(other, _WHOLE if traits.leans else None) for other in others]
        return [self._leaning(other, each) for other in others for each in leans or (PriorUse(),)]

    def _pooled(self, other: OtherText, weight: float) -> Candidate:
        def fit(gold: LabelledText, held: LabelledText | None = None) -> Classifier:
            text = other.sentences(gold)
            weights = np.concatenate([np.ones(len(gold)), np.full(len(text), weight)])
            return self._fit(gold.joined(text), held, None if weight == 1 else weights)

        return Candidate(f"weight {weight:g}{other.name}", fit)

    def _leaning(self, other: OtherText, use: PriorUse | None) -> Candidate:
        def fit(gold: LabelledText, held: LabelledText | None = None) -> Classifier:
            prior = other.prior(gold)
            # What does not lean by degrees may go on from the prior's weights or its members, not only its answers.
            return self._fit(gold, held, None, prior if use else prior.asked, use)

        how = f"offset {use.offset:g}, scale {use.scale:g}" if use else "other text first"
        return Candidate(f"{how}{other.name}", fit)

    def _fit(
        self,
        text: LabelledText,
        held: LabelledText | None = None,
        weights: Floats | None = None,
        prior: Any = None,
        use: PriorUse | None = None,
    ) -> Classifier:
        options, name = self._model.settings, self._model.classifier
        if name == LINEAR:
            options = self._linear.model_dump() | options
        if use is not None:
            options["use"] = use.model_dump()
        made: Any = make_classifier(name, self._heads, self._seed, prior, **options)
        watched = {"validation": (held.texts, held.marks)} if held and self._model.traits.stops else {}
        fitted: Classifier = made.fit(text.texts, text.marks, weights, **watched)
        return fitted
