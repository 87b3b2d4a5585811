"""A patient's chart: what is lastingly, or on a date, true of one person."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dualalign.packs.schema.chronic_conditions import ChronicCondition
    from dualalign.packs.schema.medicine_table import MedicineEntry


@dataclass(frozen=True, slots=True)
class Relative:
    """A relative by blood.

    Args:
        relation: `mother`, `father`, `sister`, `brother`.
        born: year of birth.
        died: year of death; None while alive at the index date.
        cause: what the relative died of, or lives with; empty if nothing is known.
        affected: whether the relative had the disease of the pack.
        affected_age: age at which it showed; 0 if not affected.
    """

    relation: str
    born: int
    died: int | None
    cause: str = ""
    affected: bool = False
    affected_age: int = 0


@dataclass(frozen=True, slots=True)
class Allergy:
    """A substance, its class, and what it did."""

    substance: str
    allergy_class: str
    reaction: str


@dataclass(frozen=True, slots=True)
class PastOperation:
    """An operation as the surgical history has it."""

    id: str
    text: str
    year: int
    labels: tuple[str, ...] = ()


@dataclass(slots=True)
class ConditionCourse:
    """A chronic condition of the patient.

    Args:
        spec: entry of the library.
        onset: date on which it was first recorded.
        name: as this patient's problem list has it.
        control: how well it is controlled now, 0 (not) to 1 (well); moves from visit to visit.
    """

    spec: ChronicCondition
    onset: date
    name: str
    control: float

    @property
    def id(self) -> str:
        """Id of the condition."""
        return self.spec.id


@dataclass(frozen=True, slots=True)
class DoseChange:
    """A step of a course: what was done on a date; action is start, increase, decrease or stop."""

    day: date
    action: str
    dose: str
    reason: str = ""


@dataclass(slots=True)
class MedicineCourse:
    """One drug of one patient.

    Args:
        drug: entry of the closed table.
        indication: id of the condition that it treats; empty for a short course.
        start: first day.
        step: index of the dose now.
        stop: last day; None while it goes on.
        reason: why it was stopped.
        changes: what was done, in date order.
    """

    drug: MedicineEntry
    indication: str
    start: date
    step: int
    stop: date | None = None
    reason: str = ""
    changes: list[DoseChange] = field(default_factory=list)
    short: str = ""

    @property
    def dose(self) -> str:
        """Dose string of the closed table."""
        return self.short or self.drug.steps[self.step]

    def on(self, day: date) -> bool:
        """Return whether it is taken on a day."""
        return self.start <= day and (self.stop is None or day < self.stop)


@dataclass(slots=True)
class Event:
    """Something that happened on a date: an illness seen in a clinic, a stay in hospital, a bereavement, a move.

    Args:
        day: when.
        kind: `complaint`, `admission`, `bereavement`, `move`, `operation`.
        id: of the complaint or the like.
        text: what a later note tells, with a slot for when; empty if it is not told.
        after: how it went on, told once.
        setting: note type in which it was seen; empty if elsewhere.
        visit: position of the visit; -1 if none.
        side: left or right, where it has one.
        days: days in hospital.
    """

    day: date
    kind: str
    id: str
    text: str = ""
    after: str = ""
    setting: str = ""
    visit: int = -1
    side: str = ""
    days: int = 0


@dataclass(frozen=True, slots=True)
class Vitals:
    """Vital signs at one visit, in mmHg, beats and breaths a minute, degrees Celsius, percent and kilograms."""

    systolic: int
    diastolic: int
    heart_rate: int
    respiratory_rate: int
    temperature: float
    saturation: int
    weight: float


@dataclass(slots=True)
class Chart:
    """One patient on paper.

    Args:
        handed: right or left.
        schooling_years: years of schooling.
        children: relation and first name of each child, in order of birth.
        retired_year: year in which work ended; None if it goes on.
        married_year: year of the last marriage; None if never.
        widowed: day on which the spouse died; None if not.
        divorced_year: None if not.
        quit_year: year in which smoking stopped; None if it did not or never was.
        packs: smoked a day, in words; empty if never.
        moved: day of the move into a care home; None if none.
        aide_from: day from which paid help comes; None if none.
        no_driving_from: day on which driving ended; None if it goes on or never was.
        height: in centimetres.
        allergies: with reactions.
        operations: in order of the year.
        relatives: parents and siblings.
        conditions: in order of onset.
        medicines: every course, ended ones too.
        events: in date order.
        vitals: one per visit.
    """

    handed: str
    schooling_years: int
    children: tuple[tuple[str, str], ...]
    retired_year: int | None
    married_year: int | None
    widowed: date | None
    divorced_year: int | None
    quit_year: int | None
    packs: str
    moved: date | None
    aide_from: date | None
    no_driving_from: date | None
    height: int
    allergies: tuple[Allergy, ...]
    operations: tuple[PastOperation, ...]
    relatives: tuple[Relative, ...]
    conditions: list[ConditionCourse] = field(default_factory=list)
    medicines: list[MedicineCourse] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    vitals: list[Vitals] = field(default_factory=list)
    lives_alone: bool = False

    @property
    def metric(self) -> bool:
        """Return whether notes write weight in kilograms and temperature in degrees Celsius."""
        return self.height % 8 == 0

    def weight_text(self, kilograms: float) -> str:
        """Return a weight as all notes of the patient write it."""
        return f"{kilograms:.0f} kg" if self.metric else f"{kilograms * 2.2046:.0f} lb"

    def conditions_on(self, day: date) -> list[ConditionCourse]:
        """Return the conditions that are known on a day."""
        return [each for each in self.conditions if each.onset <= day]

    def medicines_on(self, day: date) -> list[MedicineCourse]:
        """Return the courses that run on a day."""
        return [each for each in self.medicines if each.on(day)]
