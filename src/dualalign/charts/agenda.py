"""What a visit is about: decided before a word is written, and shared by every writer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dualalign.charts.chart import ConditionCourse, Event, Vitals
    from dualalign.charts.mention_planner import ThreadPlan
    from dualalign.packs.schema.complaints import Complaint
    from dualalign.packs.schema.symptoms import Action


@dataclass(frozen=True, slots=True)
class MedicineStep:
    """What is done with one drug at a visit.

    Args:
        action: `start`, `increase`, `decrease`, `stop`, `continue`, `keep` although the problem is worse, `defer` to
            who prescribes it, or `short`.
        drug: generic name.
        dose: dose now.
        old_dose: dose before; empty if new.
        reason: indication of a new drug, or why another was stopped.
        indication: id of the condition.
    """

    action: str
    drug: str
    dose: str
    old_dose: str = ""
    reason: str = ""
    indication: str = ""


@dataclass(slots=True)
class AgendaItem:
    """One problem that a visit deals with.

    Args:
        kind: `thread`, `condition` or `complaint`.
        id: of the thread, condition or complaint.
        status: `new`, `stable`, `worse` or `better`.
        focus: whether it is weighed and answered, not told alone.
        told: places of the mentions that history tells of it.
        seen: of those that the examiner finds.
        assessed: of those that the assessment restates.
        thread: of a thread, by which lines it is told, seen and weighed.
        actions: what is done about it.
        medicines: what is done with its drugs.
        value: the number by which it is followed, as text.
        condition: the condition, if it is one.
        complaint: the complaint, if it is one.
        side: of the complaint.
    """

    kind: str
    id: str
    status: str
    focus: bool
    told: list[int] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)
    assessed: list[int] = field(default_factory=list)
    thread: ThreadPlan | None = None
    actions: list[Action] = field(default_factory=list)
    medicines: list[MedicineStep] = field(default_factory=list)
    value: str = ""
    condition: ConditionCourse | None = None
    complaint: Complaint | None = None
    side: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """Results of one panel: when it was taken and its values by measurement."""

    panel: str
    day: date
    values: dict[str, float]


@dataclass(slots=True)
class Agenda:
    """One visit.

    Args:
        reason: `new`, `follow_up`, `annual`, `complaint`, `results` or `crisis`.
        items: problems, those in focus first.
        seen_before: whether the patient was seen in this clinic before.
        last_here: day of the last visit in this clinic.
        denied: places of mentions denied in the history.
        absent: places of mentions that the examiner does not find.
        past: places of mentions of former episodes.
        family: places of mentions of relatives.
        events: what happened since, told today.
        followed: earlier actions whose outcome is told today.
        results: results told today.
        ordered: panels ordered today.
        medicines: drugs on the list: name, dose and indication.
        conditions: conditions known today.
        quiet: treated conditions that the visit leaves aside and that do well; empty where notes do not sum them up.
        syndromes: names, with labels, under which the disease is known so far.
        tokens: what is so today.
        known: terms and threads that are or were there; they are not denied.
        vitals: measured today.
        return_in: when the patient comes again.
        last_scores: instrument -> value and day of the last time it was given.
        referrer: who sent the patient.
        place: where the patient lives now: `home` or `facility`.
        lives: with whom: `alone`, `spouse`, `family`, `facility`, `shelter`.
    """

    reason: str
    items: list[AgendaItem]
    seen_before: bool
    last_here: date | None
    denied: list[int] = field(default_factory=list)
    absent: list[int] = field(default_factory=list)
    past: list[int] = field(default_factory=list)
    family: list[int] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    followed: list[tuple[str, Action]] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    ordered: list[str] = field(default_factory=list)
    medicines: list[tuple[str, str, str]] = field(default_factory=list)
    conditions: list[ConditionCourse] = field(default_factory=list)
    quiet: list[ConditionCourse] = field(default_factory=list)
    syndromes: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    tokens: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()
    vitals: Vitals | None = None
    return_in: str = ""
    last_scores: dict[str, tuple[float, date]] = field(default_factory=dict)
    referrer: str = ""
    place: str = "home"
    lives: str = ""

    @property
    def focus(self) -> list[AgendaItem]:
        """Return the problems that the visit deals with."""
        return [item for item in self.items if item.focus]
