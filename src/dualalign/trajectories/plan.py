"""What one note must say: the plan that writers turn into text and checks hold text against."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from dualalign.personas.persona import Informant

if TYPE_CHECKING:
    from dualalign.charts.agenda import Agenda


class Polarity(StrEnum):
    """How a mention is asserted."""

    AFFIRMED = "affirmed"
    NEGATED = "negated"
    HISTORICAL = "historical"
    FAMILY = "family"


class Reporter(StrEnum):
    """Who a mention comes from."""

    PATIENT = "patient"
    INFORMANT = "informant"
    CLINICIAN = "clinician"


class Course(StrEnum):
    """Where an affirmed mention stands in its own history; NEW is said at most once per symptom."""

    NEW = "new"
    ONGOING = "ongoing"
    WORSE = "worse"
    BETTER = "better"


class Role(StrEnum):
    """Where in a note a mention stands."""

    TOLD = "told"
    SEEN = "seen"
    ASSESSED = "assessed"
    DENIED = "denied"
    ABSENT = "absent"
    PAST = "past"
    FAMILY = "family"


@dataclass(frozen=True, slots=True)
class Mention:
    """One thing a note must say about one term of the lexicon.

    Args:
        domain: domain id of the pack.
        term: term id of the pack.
        polarity: affirmed, negated, historical or family.
        reporter: who says it; an informant only if the plan has one.
        labels: labels the mention earns under the pack's default scheme, the reporter's label included;
            empty for negated and family mentions.
        course: new, ongoing, worse or better; ONGOING for everything not affirmed.
        severity: 0 (barely there) to 1 (the worst of its kind).
        months: months since onset, 0 if unknown or not affirmed.
        role: where in the note it stands: told in the history, seen on examination, restated in the assessment,
            denied, absent on examination, a past episode, or of a relative.
    """

    domain: str
    term: str
    polarity: Polarity
    reporter: Reporter
    labels: tuple[str, ...]
    course: Course = Course.ONGOING
    severity: float = 0.5
    months: int = 0
    role: Role = Role.TOLD


@dataclass(frozen=True, slots=True)
class Score:
    """A test given at the visit.

    Args:
        instrument: instrument id of the pack, for example `mmse`.
        name: as notes write it, for example `MMSE`.
        value: the score; a half-point scale (CDR-SB) keeps its halves.
        maximum: highest possible score.
        impaired: whether the reading is abnormal by the pack's cut-off.
        reading: the pack's words for the band, for example `mild impairment`.
    """

    instrument: str
    name: str
    value: float
    maximum: float
    impaired: bool
    reading: str = ""


@dataclass(frozen=True, slots=True)
class Medicine:
    """A drug on the list at a visit; action is `start`, `increase`, `continue`, `stop`."""

    drug: str
    dose: str
    action: str = "continue"
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class Style:
    """How the author of this note writes.

    Args:
        author: `telegraphic`, `narrative` or `templated`.
        words: words of text aimed at.
    """

    author: str
    words: int


@dataclass(frozen=True, slots=True)
class NotePlan:
    """One visit's note.

    Args:
        patient_id: as in the persona.
        visit: 0-based position among the patient's visits, in date order.
        date: date of the visit, before the index date.
        years_before: years from the visit to the index date, 0 < y <= horizon.
        year_bin: whole year before the index date, 1 (last year) to the horizon; table 6's row.
        age: whole years at the visit.
        note_type: note type id of the pack.
        stage: stage id of the pack at this visit.
        severity: latent severity, 0 (well) to 1.
        informant: who came along or was phoned; None if nobody.
        style: how the author writes.
        scores: tests given at this visit.
        medicines: the disease's own drugs on this date.
        mentions: what must be said about symptoms.
        problems: other illnesses of the patient that the note may manage, ids from the pack's factors.
        diagnosis_made: whether the disease has been named by now; False for every visit before the index date
            unless the pack's course allows an earlier working diagnosis.
        place: `home`, `facility`: where the patient lives.
        facts: lasting facts that are so by now, ids of the pack's facts.
        agenda: what the visit is about; None before charts have planned it.
    """

    patient_id: str
    visit: int
    date: date
    years_before: float
    year_bin: int
    age: int
    note_type: str
    stage: str
    severity: float
    informant: Informant | None
    style: Style
    scores: tuple[Score, ...]
    medicines: tuple[Medicine, ...]
    mentions: tuple[Mention, ...]
    problems: tuple[str, ...] = ()
    diagnosis_made: bool = False
    place: str = "home"
    facts: tuple[str, ...] = ()
    agenda: Agenda | None = None
