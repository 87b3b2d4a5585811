"""Settings of a classifier, checked when it is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from dualalign.errors import ClassifierError

Pooling = Literal["mean", "last", "first"]
"""How the states of a sentence's tokens become one vector: their mean, or the state of the last or first token."""


class Options(BaseModel):
    """Settings that refuse unknown names and values of another kind."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, protected_namespaces=())

    @classmethod
    def parse(cls, values: Mapping[str, Any], classifier: str) -> Self:
        """Return settings from plain values, as a YAML file or a command line gives them.

        Args:
            values: field name -> value; fields left out keep their defaults.
            classifier: name of what is being set, for messages.

        Raises:
            ClassifierError: a setting that does not exist, or a value that it cannot have.
        """
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            first = error.errors()[0]
            *outer, name = [classifier, *map(str, first["loc"])]
            where = ".".join(outer)
            if first["type"] == "extra_forbidden":
                raise ClassifierError(
                    f"{where}: no setting '{name}'", "correct the name, or leave it out"
                ) from None
            said = first["msg"].removeprefix("Value error, ")
            raise ClassifierError(
                f"{where}.{name} is {first['input']!r}: {said}", "correct the value"
            ) from None
