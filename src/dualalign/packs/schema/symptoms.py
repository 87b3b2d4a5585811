"""symptoms/*.yaml: how each symptom is told, seen, denied, weighed and answered."""

from __future__ import annotations

from pydantic import Field

from dualalign.packs.schema.base import PackModel, Share
from dualalign.packs.schema.lines import Line, Lines, When


class TermMaterial(PackModel):
    """What can be said of one term of the lexicon.

    Args:
        noun: noun phrases without article, for assessments.
        told: clauses of a history, the patient as subject.
        worse: the same, of a symptom that got worse.
        better: the same, of an episodic symptom that got better.
        past: clauses in the past tense, of an episode that ended.
        seen: what an examiner sees, finds or tests.
        denied: noun phrases that follow "denies" in a history.
        absent: noun phrases that follow "no" on examination.
        intact: activities that follow "independent in"; for terms of function, in place of denials.
    """

    noun: Lines = Field(default_factory=list)
    told: Lines = Field(default_factory=list)
    worse: Lines = Field(default_factory=list)
    better: Lines = Field(default_factory=list)
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
    """

    id: str = ""
    say: Lines
    when: When | None = None
    once: bool = False
    terms: list[str] = Field(default_factory=list)
    after: Lines = Field(default_factory=list)
    kind: str = "advice"
    order: str = ""


class Assessment(PackModel):
    """Assessment clauses by the problem's course; each has one slot ``{findings}``."""

    new: Lines
    stable: Lines
    worse: Lines
    better: Lines = Field(default_factory=list)


class Thread(PackModel):
    """A problem as clinicians group symptoms.

    Args:
        terms: of the lexicon.
        title: short headings.
        reason: noun phrases that follow "for" in a reason for a visit.
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
        assess: assessment clauses.
        plan: what is done.
        diagnosis: condition that clinicians come to name when the thread lasts, with the chance a visit.
    """

    terms: list[str] = Field(min_length=1)
    title: Lines
    reason: Lines
    partial: bool = False
    region: str = "mental_status"
    part: str = ""
    also_known_by: list[str] = Field(default_factory=list)
    asked_with: str = ""
    lost_from: str = ""
    syndrome: bool = False
    affinity: dict[str, float] = Field(default_factory=dict)
    assess: Assessment
    plan: list[Action]
    diagnosis: dict[str, Share] = Field(default_factory=dict)


class SymptomFile(PackModel):
    """One file of symptom material; wordings carry no number, so source and evidence are the authors' own."""

    source: str = "dualalign"
    evidence: str = "D"
    note: str = ""

    terms: dict[str, TermMaterial] = Field(default_factory=dict)
    threads: dict[str, Thread] = Field(default_factory=dict)


__all__ = ["Action", "Assessment", "Line", "SymptomFile", "TermMaterial", "Thread"]
