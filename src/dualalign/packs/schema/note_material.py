"""What each kind of note has beside symptoms, conditions and complaints; one model a file."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from dualalign.packs.schema.base import PackModel, Share
from dualalign.packs.schema.lines import Danger, Lines


def _one_or_more(value: Any) -> Any:
    """Take plain lines for a system whose lines are all normal ones."""
    return {"normal": value} if isinstance(value, list) else value


class System(PackModel):
    """An organ system or a part of the mental status.

    Args:
        normal: normal lines.
        words: words of findings by which the system is examined already.
    """

    normal: Lines
    words: list[str] = Field(default_factory=list)


class Openings(PackModel):
    """First sentences by note type and reason for the visit."""

    openings: dict[str, dict[str, Lines]] = Field(default_factory=dict)


class Examination(PackModel):
    """Normal lines of examinations, and the order in which each note type has them, with the share that writes each."""

    systems: dict[str, Annotated[System, BeforeValidator(_one_or_more)]] = Field(default_factory=dict)
    orders: dict[str, list[dict[str, Share]]] = Field(default_factory=dict)


Level = Literal["average", "low", "borderline", "impaired"]
"""Level of the scores in one domain, from the best: average, low average, borderline, impaired."""


class Cue(PackModel):
    """Words of the day's findings or of their assessment with which the scores of a domain must agree.

    Args:
        words: any of them.
        least: level that the scores have at least.
        most: level that they have at most.
        form: form of the disorder.
    """

    words: list[str] = Field(min_length=1)
    least: Level | None = None
    most: Level | None = None
    form: str = ""


class TestedDomain(PackModel):
    """What a battery tests: the tests, and how well patients do.

    Args:
        names: what the domain is called beside its scores.
        called: what the summary calls it.
        share: share of reports that give it.
        count: how many tests are given at least; one more in some reports.
        profile: whether it is part of the profile that the summary tells.
        bare: whether its tests stand without its name.
        settled: whether its result stays with the patient.
        scored: whether a scale of the visit's scores takes the place of its tests.
        screened: whether an impaired screening score of the visit keeps it from being average.
        labels: labels that scores below the low average earn.
        terms: terms and threads that keep it from being average where they are told today.
        told: stage, or `default` -> level that the scores have at least where one of them is told.
        levels: stage -> level -> share of patients; a stage that is not named is average.
        forms: stage -> form of the disorder -> share of patients.
        cues: what it must agree with; the first that is found counts.
        tests: tests of every level, with a slot for the score.
        by_level: tests whose score goes with one level.
    """

    names: list[str] = Field(min_length=1)
    called: str = ""
    share: Share = 1.0
    count: int = Field(default=1, ge=1, le=4)
    profile: bool = False
    bare: bool = False
    settled: bool = False
    scored: bool = False
    screened: bool = False
    labels: list[str] = Field(default_factory=list)
    terms: list[str] = Field(default_factory=list)
    told: dict[str, Level] = Field(default={"default": "low"})
    levels: dict[str, dict[Level, Share]] = Field(default_factory=dict)
    forms: dict[str, dict[str, Share]] = Field(default_factory=dict)
    cues: list[Cue] = Field(default_factory=list)
    tests: Lines = Field(default_factory=list)
    by_level: dict[Level, Lines] = Field(default_factory=dict)


class Battery(PackModel):
    """A battery of tests by domain, how its profile is told, and what follows from it.

    Args:
        domains: what is tested, in the order of a report.
        scales: level -> slot -> scores of that level.
        short: words of scores and what telegraphic reports write in their place.
        level_words: level -> words for it.
        frames: how the tests of a domain are given; slots `{domain}`, `{level}` and `{tests}`.
        conditions: conditions of testing that stand before the results.
        helped: term -> what a patient who has it is helped with.
        dependence: what is said of function where no problem of it is told; slot `{list}`.
        summary: clauses of the summary: `memory`, each level with the domains of it in `{list}`, `normal` and
            `no_impairment`.
        remarks: what a summary may add on how to read the results.
        implications: what the profile means for daily life.
        recommendations: what is recommended to many.
    """

    domains: dict[str, TestedDomain] = Field(default_factory=dict)
    scales: dict[Level, dict[str, list[str]]] = Field(default_factory=dict)
    short: dict[str, str] = Field(default_factory=dict)
    level_words: dict[Level, list[str]] = Field(default_factory=dict)
    frames: Lines = Field(default_factory=list)
    conditions: Lines = Field(default_factory=list)
    helped: dict[str, str] = Field(default_factory=dict)
    dependence: Lines = Field(default_factory=list)
    summary: dict[str, Lines] = Field(default_factory=dict)
    remarks: Lines = Field(default_factory=list)
    implications: Lines = Field(default_factory=list)
    recommendations: Lines = Field(default_factory=list)


class Review(PackModel):
    """Routine denials by organ system, and the frames of bundles."""

    routine: dict[str, Lines] = Field(default_factory=dict)
    leads: Lines = Field(default_factory=list)


class NoteFrames(PackModel):
    """How clauses that an informant tells are framed, in single sentences; each has a slot ``{clause}``."""

    informant: Lines = Field(default_factory=list)


class PlanMaterial(PackModel):
    """Plan lines that belong to no single problem."""

    medicine: dict[str, Lines] = Field(default_factory=dict)
    returns: dict[str, Lines] = Field(default_factory=dict)
    discussed: Lines = Field(default_factory=list)
    danger: dict[Danger, Lines] = Field(default_factory=dict)
    health_maintenance: Lines = Field(default_factory=list)
    closing: Lines = Field(default_factory=list)
    precautions: Lines = Field(default_factory=list)


class LabLines(PackModel):
    """Result lines of a panel, normal and abnormal."""

    normal: Lines
    abnormal: Lines = Field(default_factory=list)


class ReportedValue(PackModel):
    """How the value of a measurement is written, and which values are normal.

    Args:
        decimals: digits after the point.
        normal: lowest and highest normal value; null where there is no limit.
        normal_of: sex -> its own limits.
        short: its name where a condition is followed by it.
        controlled: such a condition is out of control below the first and from the second on.
    """

    decimals: int = Field(default=0, ge=0, le=4)
    normal: tuple[float | None, float | None] = (None, None)
    normal_of: dict[str, tuple[float | None, float | None]] = Field(default_factory=dict)
    short: str = ""
    controlled: tuple[float | None, float | None] = (None, None)


class ImagingLevels(PackModel):
    """Which line of a scan is written: half by severity, half by a measured volume.

    Args:
        measurement: volume of the panel; empty if severity alone decides.
        normal: volume without any loss.
        worst: volume at the greatest loss.
        below: name of the lines -> share of loss below which they are written, in rising order; the last takes the rest.
    """

    measurement: str = ""
    normal: float = 1.0
    worst: float = 0.0
    below: dict[str, float] = Field(min_length=1)


class ResultLines(PackModel):
    """How results, vital signs and scores are written; `panel_words` are words by which a line gives a panel's result."""

    values: dict[str, ReportedValue] = Field(default_factory=dict)
    panel_words: dict[str, list[str]] = Field(default_factory=dict)
    labs: dict[str, LabLines] = Field(default_factory=dict)
    panel_names: dict[str, str] = Field(default_factory=dict)
    ordered: dict[str, Lines] = Field(default_factory=dict)
    imaging_levels: dict[str, ImagingLevels] = Field(default_factory=dict)
    imaging: dict[str, dict[str, Lines]] = Field(default_factory=dict)
    biomarkers: dict[str, Lines] = Field(default_factory=dict)
    vitals: dict[str, Lines] = Field(default_factory=dict)
    scores: dict[str, Lines] = Field(default_factory=dict)


SectionId = Literal[
    "chief",
    "history",
    "interval",
    "background",
    "review",
    "past",
    "medications",
    "allergies",
    "social",
    "family",
    "function",
    "home",
    "vitals",
    "examination",
    "mental_status",
    "behavior",
    "testing",
    "results",
    "course",
    "assessment",
    "plan",
    "assessment_plan",
    "subjective",
    "objective",
]
"""Sections of a note; `subjective` and `objective` are what a model's note is sorted into."""


class LayoutSection(PackModel):
    """One section of a note: its id and the wordings of its header."""

    section: SectionId
    headers: list[str] = Field(min_length=1)


class Layout(PackModel):
    """The form of one note type: titles, and the sections of each author style in order."""

    titles: list[str] = Field(min_length=1)
    sections: dict[str, list[LayoutSection]]


class Layouts(PackModel):
    """The form of every note type.

    Args:
        layouts: by note type.
        first_visit_headers: headers, in lower case without colon, that stand over first visits alone.
        later_visit_headers: headers that stand over later visits alone.
    """

    layouts: dict[str, Layout] = Field(default_factory=dict)
    first_visit_headers: list[str] = Field(default_factory=list)
    later_visit_headers: list[str] = Field(default_factory=list)


class ListLines(PackModel):
    """Lead-ins of lists and lines of life events, by kind."""

    lists: dict[str, Lines] = Field(default_factory=dict)
