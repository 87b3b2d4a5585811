"""What longitudinal data hold: modalities, features with their units and ranges, and what is to be predicted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from dualalign.errors import ProgressionError

LIBRARY = Path(__file__).parent / "library"
Name = Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
Pooling = Literal["mean", "last", "first"]


class Strict(BaseModel):
    """A part of a schema or mapping: unknown keys are refused and nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Feature(Strict):
    """One thing observed again and again.

    A value outside `low` to `high` is refused: it is a slip or in another unit.
    """

    id: Name
    name: str = Field(default="", description="As figures show it; the id if empty.")
    unit: str = ""
    low: float | None = None
    high: float | None = None
    worse: Literal["low", "high"] | None = Field(
        default=None, description="Direction in which the disease moves it, where decline is asked for."
    )
    transform: Literal["none", "log1p"] = "none"
    combine: Literal["mean", "sum", "last"] = Field(
        default="mean", description="How several values of one visit become one."
    )
    units: dict[str, float] = Field(
        default_factory=dict, description="Other units readers meet -> factor that turns them into `unit`."
    )
    text: bool = Field(default=False, description="Holds text, not numbers; shown, not modelled.")


class Encoder(Strict):
    """The pretrained encoder whose vectors of notes are a modality's numbers."""

    name: str = Field(description="As people know it; not compared.")
    pooling: Pooling
    tokens: int = Field(description="Tokens of a sentence read at most.")
    digest: str = Field(description="Of its weights, its tokenizer, and how vectors become these numbers.")


class Modality(Strict):
    """A source of observations, for example tests or imaging."""

    id: Name
    name: str
    features: tuple[Feature, ...]
    linear: bool = Field(
        default=True,
        description="Enters the linear path and the tables of the baselines; if not, only the network's encoder reads it.",
    )
    encoder: Encoder | None = Field(
        default=None, description="Set where an encoder read the numbers from notes."
    )


class StaticFeature(Strict):
    """One lasting fact about a subject: a number, or one of a few levels."""

    id: Name
    unit: str = ""
    levels: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    moves_with_time: bool = Field(
        default=False, description="Grows by one a year, as age does; the value is that at time 0."
    )


class Conversion(Strict):
    """The event whose time is predicted."""

    event: Name
    horizons: tuple[float, ...] = Field(description="Years, ascending: ends of the hazard's intervals.")
    censored_by: tuple[Name, ...] = Field(
        default=(), description="Events that end observation, for example death."
    )

    @model_validator(mode="after")
    def _ascending(self) -> Conversion:
        if not self.horizons or list(self.horizons) != sorted({*self.horizons}) or self.horizons[0] <= 0:
            raise ValueError("horizons must be above 0 and ascending")
        return self


class State(Strict):
    """A state read from a feature: present where its value lies above a bound."""

    feature: Name
    above: float


class Decline(Strict):
    """A fall of a feature by so many points within so many years."""

    feature: Name
    points: float = Field(gt=0)
    years: float = Field(gt=0)
    window: float = Field(gt=0, description="Years by which the later value may miss the mark.")


class LongitudinalSchema(Strict):
    """The schema of a longitudinal data set; the same schema is asked of every data set a model meets."""

    format: Literal[1] = 1
    name: Name
    description: str = ""
    source: str = ""
    acknowledgement: str = ""
    visit_days: float = Field(default=0.0, ge=0, description="Observations this close make one visit.")
    static: tuple[StaticFeature, ...] = ()
    modalities: tuple[Modality, ...]
    conversion: Conversion | None = None
    state: State | None = None
    decline: Decline | None = None
    forecast: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> LongitudinalSchema:
        ids = [feature.id for modality in self.modalities for feature in modality.features]
        twice = sorted({each for each in ids if ids.count(each) > 1})
        if twice:
            raise ValueError(f"feature '{twice[0]}' stands twice; ids are unique over all modalities")
        numbers = {each.id for each in self.features if not each.text}
        asked = [*self.forecast]
        asked += [part.feature for part in (self.state, self.decline) if part is not None]
        for each in asked:
            if each not in numbers:
                raise ValueError(f"'{each}' is asked for but is no feature with numbers")
        if self.decline is not None and self.feature(self.decline.feature).worse is None:
            raise ValueError(f"decline of '{self.decline.feature}' needs `worse: low` or `worse: high` there")
        return self

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """All features, modality by modality."""
        return tuple(feature for modality in self.modalities for feature in modality.features)

    @cached_property
    def numeric(self) -> tuple[str, ...]:
        """Ids of the features that models read, modality by modality."""
        return tuple(feature.id for feature in self.features if not feature.text)

    @cached_property
    def modality_of(self) -> dict[str, str]:
        """Feature id -> modality id."""
        return {feature.id: each.id for each in self.modalities for feature in each.features}

    @cached_property
    def linear(self) -> tuple[bool, ...]:
        """Whether each of the numeric features enters the linear path and the tables of the baselines."""
        return tuple(each.linear for each in self.modalities for feature in each.features if not feature.text)

    @cached_property
    def encoder(self) -> Encoder | None:
        """The encoder that read the notes, None if none did."""
        return next((each.encoder for each in self.modalities if each.encoder is not None), None)

    def feature(self, feature: str) -> Feature:
        """Return a feature by id.

        Raises:
            ProgressionError: there is none.
        """
        for each in self.features:
            if each.id == feature:
                return each
        raise ProgressionError(
            f"schema '{self.name}' has no feature '{feature}'",
            f"use one of {', '.join(each.id for each in self.features)}",
        )

    def before_encoder(self) -> LongitudinalSchema:
        """Return the schema without what an encoder adds."""
        modalities = tuple(each for each in self.modalities if each.encoder is None)
        return self.with_modalities(modalities)

    def with_modalities(self, modalities: Sequence[Modality]) -> LongitudinalSchema:
        """Return the schema with other modalities; checked, and with nothing kept that was worked out from these."""
        return LongitudinalSchema.model_validate(self.model_dump() | {"modalities": tuple(modalities)})

    def fingerprint(self) -> str:
        """Return a short hash of all that decides what a model's inputs and outputs mean; prose is left out."""
        content = self.model_dump(mode="json", exclude={"description", "source", "acknowledgement"})
        for modality in content["modalities"]:
            del modality["name"]
            # Left out where they say nothing, so that schemas from before they existed keep their hash.
            if modality["linear"]:
                del modality["linear"]
            if modality["encoder"] is None:
                del modality["encoder"]
            else:
                del modality["encoder"]["name"]
            for feature in modality["features"]:
                del feature["name"]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]

    def first_difference(self, other: LongitudinalSchema) -> str:
        """Return in words where another schema parts from this one, a model's."""
        mine = {each.id: each for each in self.features}
        theirs = {each.id: each for each in other.features}
        if (
            self.encoder is not None
            and other.encoder is not None
            and self.encoder.digest != other.encoder.digest
        ):
            return (
                f"the model reads notes through the encoder '{self.encoder.name}' ({self.encoder.digest}), the data "
                f"hold what '{other.encoder.name}' ({other.encoder.digest}) read"
            )
        for each in (*mine, *theirs):
            if each not in theirs:
                return f"'{each}' is not in the data's schema"
            if each not in mine:
                return f"'{each}' is not in the model's schema"
            if mine[each] != theirs[each]:
                return f"'{each}' differs in unit, range or reading"
        for part in ("static", "state", "conversion", "decline", "forecast", "visit_days", "modalities"):
            if getattr(self, part) != getattr(other, part):
                return f"they differ in `{part}`"
        return "they differ in name"


_Model = TypeVar("_Model", bound=BaseModel)


def load_schema(name_or_path: str | Path) -> LongitudinalSchema:
    """Load a schema: a name of the library (`oasis2`) or the path of a YAML file.

    Raises:
        ProgressionError: missing, unreadable, or with an unknown or wrong entry.
    """
    return load_yaml(name_or_path, LongitudinalSchema, "schema")


def load_yaml(name_or_path: str | Path, model: type[_Model], kind: str) -> _Model:
    """Read a YAML file of the library (`NAME.KIND.yaml`) or of the user into a model.

    Raises:
        ProgressionError: missing, unreadable, or with an unknown or wrong entry.
    """
    path = Path(name_or_path)
    if path.suffix not in (".yaml", ".yml"):
        path = LIBRARY / f"{name_or_path}.{kind}.yaml"
        if not path.is_file():
            known = ", ".join(sorted(each.name.split(".")[0] for each in LIBRARY.glob(f"*.{kind}.yaml")))
            raise ProgressionError(
                f"no {kind} '{name_or_path}'", f"use one of {known}, or give the path of a .yaml file"
            )
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ProgressionError(
            f"{path}: cannot be read ({error.strerror})", f"give a {kind} in YAML"
        ) from None
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark is not None else str(path)
        raise ProgressionError(f"{where}: cannot be read as YAML", f"give a {kind} in YAML") from None
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ProgressionError(
            f"{path}: {where or 'file'}: {first['msg']}", f"see {LIBRARY.name}/*.{kind}.yaml for examples"
        ) from None
