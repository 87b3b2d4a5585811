"""Lines of note material: what is said, by whom, and where it may be said."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator

from dualalign.packs.schema.base import PackModel

Speaker = Literal["any", "patient", "informant"]
Danger = Literal[
    "fall",
    "fire",
    "lost",
    "driving",
    "medication_error",
    "choking",
    "violence",
    "weight_loss",
    "psychosis",
    "exploitation",
    "suicide",
]


class When(PackModel):
    """What must hold for a line to be used; what is left out does not matter.

    Args:
        sex: of the patient.
        age_from: least age in whole years.
        age_below: age below which it holds.
        stage_from: earliest stage, id of the pack.
        stage_to: last stage.
        settings: note types it fits.
        not_settings: note types it does not fit.
        informant: whether somebody came along.
        has: tokens that must all be so: tags of the persona, facts, devices, ids of conditions and medicines.
        without: tokens of which none may be so.
        year_from: first calendar year.
        year_to: last calendar year.
        seen_before: whether the patient was seen in this clinic before.
        severe_from: least latent severity, 0 to 1.
        severe_to: greatest latent severity.
        status: course of the problem it speaks of: `new`, `stable`, `worse`, `better`.
    """

    sex: Literal["female", "male"] | None = None
    age_from: int | None = None
    age_below: int | None = None
    stage_from: str | None = None
    stage_to: str | None = None
    settings: list[str] = Field(default_factory=list)
    not_settings: list[str] = Field(default_factory=list)
    informant: bool | None = None
    has: list[str] = Field(default_factory=list)
    without: list[str] = Field(default_factory=list)
    year_from: int | None = None
    year_to: int | None = None
    seen_before: bool | None = None
    severe_from: float | None = None
    severe_to: float | None = None
    status: list[str] = Field(default_factory=list)

    @field_validator("status", "has", "without", "settings", "not_settings", mode="before")
    @classmethod
    def _as_list(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value


class Line(PackModel):
    """One line of material.

    Args:
        say: text in the language of lines.
        by: who can know it and say it.
        when: what must hold.
        danger: a danger that the line tells; the note must answer it.
        also: labels that it earns beyond those of its term.
        labels: labels that it earns by itself.
        denies: terms and threads that it says are absent.
        style: author style that it fits alone.
        blocked_by: ids of conditions or complaints with which it cannot be said.
        follows: whether it only makes sense after another line of its kind.
    """

    say: str = Field(min_length=1)
    by: Speaker = "any"
    when: When | None = None
    danger: Danger | None = None
    also: list[str] = Field(default_factory=list)
    labels: list[str] = Field(default_factory=list)
    denies: list[str] = Field(default_factory=list)
    style: str | None = None
    blocked_by: list[str] = Field(default_factory=list)
    follows: bool = False


def as_lines(value: Any) -> Any:
    """Take a text for a line, and a line of several wordings for several lines."""
    if not isinstance(value, list):
        return value
    found: list[Any] = []
    for each in value:
        if isinstance(each, str):
            found.append({"say": each})
        elif isinstance(each, dict) and isinstance(each.get("say"), list):
            found += [{**each, "say": say} for say in each["say"]]
        else:
            found.append(each)
    return found


Lines = Annotated[list[Line], BeforeValidator(as_lines)]
"""Lines; in YAML a plain text stands for a line that holds everywhere."""
