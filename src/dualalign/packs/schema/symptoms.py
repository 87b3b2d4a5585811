"""symptoms/*.yaml: how each symptom is told, seen, denied, weighed and answered."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from dualalign.packs.schema.base import PackModel, Share
from dualalign.packs.schema.lines import Line, Lines, When, as_lines


class TermMaterial(PackModel):
    """What can be said of one term of the lexicon.

    Args:
        noun: noun phrases without article, for assessments.
        told: clauses of a history, the patient as subject.
        past: clauses in the past tense, of an episode that ended.
        seen: what an examiner sees, finds or tests.
        denied: noun phrases that follow "denies" in a history.
        absent: noun phrases that follow "no" on examination.
        intact: activities that follow "independent in"; for terms of function, in place of denials.
    """

    noun: Lines = Field(default_factory=list)
    told: Lines = Field(default_factory=list)
    past: Lines = Field(default_factory=list)
    seen: Lines = Field(default_factory=list)
    denied: Lines = Field(default_factory=list)
    absent: Lines = Field(default_factory=list)
    intact: Lines = Field(default_factory=list)


class Action(PackModel):
    """What a clinician does about a problem.

    Args:
        id: stable name.
        say: wordings of the plan line.
        when: what must hold.
        once: whether it is done once a patient; else again after a year.
        after: clauses by which a later history tells that it was done.
        terms: terms that it answers; any of the thread if empty.
        kind: referral, order, advice, monitor or support.
        order: id of a test that it orders.
        always: whether it is done at every visit that deals with the problem.
    """

    id: str = ""
    say: Lines
    when: When | None = None
    once: bool = False
    terms: list[str] = Field(default_factory=list)
    after: Lines = Field(default_factory=list)
    kind: str = "advice"
    order: str = ""
    always: bool = False


class Thread(PackModel):
    """A problem as clinicians group symptoms.

    Args:
        terms: of the lexicon.
        partial: whether one of its terms can be denied while another is there.
        region: part of the examination in which its findings stand: `mental_status`, `heent`, `neurological`,
            `musculoskeletal`, `general` or `function`.
        part: part of the mental status beside whose line they stand, where a note type examines mood, affect, thought
            and the like one by one.
        also_known_by: words of complaints that speak of it, beside the surface forms of its terms.
        asked_with: organ system among whose routine denials its own stand; its own name if empty.
        lost_from: stage from which nothing of it is denied, for what a patient does without help until then.
        syndrome: whether its assessment names the syndrome under which the disease goes so far.
        affinity: note type -> how readily its clinicians take up the thread; 1 where nothing is said.
        diagnosis: condition that clinicians come to name when the thread lasts, with the chance a visit.
    """

    terms: list[str] = Field(min_length=1)
    partial: bool = False
    region: str = "mental_status"
    part: str = ""
    also_known_by: list[str] = Field(default_factory=list)
    asked_with: str = ""
    lost_from: str = ""
    syndrome: bool = False
    affinity: dict[str, float] = Field(default_factory=dict)
    diagnosis: dict[str, Share] = Field(default_factory=dict)


class Told(Line):
    """A line that tells, shows or weighs a symptom.

    Args:
        terms: of the lexicon, the one it says foremost first; the first of them that the patient has is what it is
            counted for. None if it says no symptom.
        keep: whether an account always has it, as the answer to a question that nobody leaves out.
    """

    terms: list[str] = Field(default_factory=list)
    keep: bool = False


ToldLines = Annotated[list[Told], BeforeValidator(as_lines)]


class Weighing(PackModel):
    """What the assessment says of a presentation, by its course."""

    new: ToldLines
    stable: ToldLines
    worse: ToldLines
    better: ToldLines = Field(default_factory=list)


class Presentation(PackModel):
    """One way in which a problem shows, from history to plan, by one cause; a patient keeps it over the years.

    Args:
        thread: the problem.
        when: who can have it; held against the patient when the problem is first told.
        weight: how often it is chosen among those that fit.
        side: whether it is of one side of the body, which stays the same: slot ``{side}``.
        name: noun phrases by which notes call it.
        reason: noun phrases that follow "for" in a reason for a visit.
        history: how it is told where it was not told before: sentences in order, the first of which opens the account.
        later: how it is told at later visits, in order; the first that fits opens.
        exam: what an examiner finds.
        assess: what the assessment says of it, whole.
        plan: what is done.
        asked: terms whose absence is pertinent to it.
        from_drugs: whether the drugs of the condition that it names bring it on, so that they are lowered, not raised.
    """

    thread: str
    when: When | None = None
    weight: float = Field(default=1.0, gt=0)
    side: bool = False
    name: ToldLines = Field(min_length=1)
    reason: ToldLines = Field(min_length=1)
    history: ToldLines = Field(min_length=2)
    later: ToldLines = Field(min_length=2)
    exam: ToldLines = Field(default_factory=list)
    assess: Weighing
    plan: list[Action] = Field(min_length=1)
    asked: list[str] = Field(default_factory=list)
    from_drugs: bool = False


class SymptomFile(PackModel):
    """One file of symptom material; wordings carry no number, so source and evidence are the authors' own."""

    source: str = "dualalign"
    evidence: str = "D"
    note: str = ""

    terms: dict[str, TermMaterial] = Field(default_factory=dict)
    threads: dict[str, Thread] = Field(default_factory=dict)
    presentations: dict[str, Presentation] = Field(default_factory=dict)


__all__ = [
    "Action",
    "Line",
    "Presentation",
    "SymptomFile",
    "TermMaterial",
    "Thread",
    "Told",
    "Weighing",
]
