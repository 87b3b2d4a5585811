"""profiles.yaml: named choices of how a pack's tables are used."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from dualalign.packs.schema.base import PackModel


class Profile(PackModel):
    """One way to run the pack."""

    description: str
    persona_mode: Literal["independent", "joint"]
    age_at_diagnosis: Literal["table", "claims"]
    latent_course: Literal["published_map", "latent"]
    visit_intensity: float = Field(gt=0, description="Multiplier on the table of visit rates.")
    visit_shape: float | None = Field(
        default=None,
        gt=0,
        description="Shape of the gamma, mean 1, by which patients differ in how often they are seen; none: they do not.",
    )
    mention_density: float = Field(gt=0, description="Multiplier on the table of mentions per note.")
    calendar: bool = Field(description="Whether drugs and tests exist only from the year they did.")
    notes_lengthen: bool = Field(description="Whether notes grow longer in later calendar years.")


class Profiles(PackModel):
    """Every profile of the pack."""

    default: str
    profiles: dict[str, Profile]

    @model_validator(mode="after")
    def _default_exists(self) -> Profiles:
        if self.default not in self.profiles:
            raise ValueError(f"default profile '{self.default}' is not among {sorted(self.profiles)}")
        return self

    def profile(self, name: str | None = None) -> Profile:
        """Return one profile, the default if none is named.

        Raises:
            PackError: no profile has that name.
        """
        from dualalign.errors import PackError

        wanted = name or self.default
        if wanted not in self.profiles:
            raise PackError(
                f"no profile is named '{wanted}'", f"choose one of {', '.join(sorted(self.profiles))}"
            )
        return self.profiles[wanted]
