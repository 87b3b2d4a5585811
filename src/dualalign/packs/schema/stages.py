"""stages.yaml: the stages of the disease, their scores, and the course of latent severity."""

from __future__ import annotations

from pydantic import Field, model_validator

from dualalign.packs.schema.base import PackModel, Sourced


class Stage(Sourced):
    """One stage, in order of severity.

    Args:
        id: stable name.
        name: the stage in words.
        description: what a prompt or a reader is told of it.
        scores: instrument id -> lowest and highest true score of the stage.
        typical: the anchor instrument's score in the middle of the stage.
    """

    id: str = Field(pattern=r"^[a-z0-9_]+$")
    name: str
    description: str
    scores: dict[str, tuple[float, float]]
    typical: float


class Window(PackModel):
    """A mean score in a window of years before diagnosis."""

    from_years: float
    to_years: float
    mean: float
    mean_without: float = Field(description="The same spacing in people who never got the disease.")

    @property
    def middle(self) -> float:
        """Middle of the window, years before diagnosis."""
        return (self.from_years + self.to_years) / 2


class Course(Sourced):
    """How true scores run over the years before diagnosis.

    Args:
        anchor: instrument id whose true score is simulated; the others follow from it.
        windows: mean of the anchor by window.
        offset_sd: standard deviation between patients in the level, in points.
        speed_sd: standard deviation between patients in the speed of decline, as a share of the mean speed.
        noise_limit: largest measurement error, in standard deviations of the instrument.
        derived: instrument id -> points (anchor score, its own score) that are joined by straight lines.
    """

    anchor: str
    windows: list[Window] = Field(min_length=2)
    offset_sd: float = Field(ge=0)
    speed_sd: float = Field(gt=0)
    noise_limit: float = Field(gt=0)
    derived: dict[str, list[tuple[float, float]]] = Field(default_factory=dict)


class Order(Sourced):
    """Terms that no patient shows before at least one of some others."""

    first: list[str]
    then: list[str]


class Stages(Sourced):
    """Stages, the published year-to-stage map, and the latent course."""

    stages: list[Stage] = Field(min_length=2)
    year_to_stage: dict[int, str]
    course: Course
    order: list[Order]

    @model_validator(mode="after")
    def _stages_are_known(self) -> Stages:
        known = {stage.id for stage in self.stages}
        for year, stage in self.year_to_stage.items():
            if stage not in known:
                raise ValueError(
                    f"year {year} is mapped to '{stage}', which is no stage; use one of {sorted(known)}"
                )
        for stage_ in self.stages:
            if self.course.anchor not in stage_.scores:
                raise ValueError(
                    f"stage '{stage_.id}' has no scores for '{self.course.anchor}'; add its band"
                )
        return self

    def stage(self, stage_id: str) -> Stage:
        """Return one stage by its id."""
        return next(stage for stage in self.stages if stage.id == stage_id)
