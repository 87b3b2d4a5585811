"""visit_habits.yaml: why patients come to each setting, and what its visits deal with."""

from __future__ import annotations

from pydantic import Field

from dualalign.packs.schema.base import PackModel, Share


class VisitHabit(PackModel):
    """One note type.

    Args:
        complaint: share of visits for a complaint.
        complaint_alone: whether such a visit deals with nothing else.
        needs_problem: whether a visit without a problem of the disease is for a complaint.
        of_disease: whether visits are for the disease: where there is a problem of its syndrome, that comes first.
        annual: chance that a visit is the annual one, once it is due.
        conditions: fewest and most chronic conditions that a visit deals with.
        referrer: who sends patients; empty where nobody does.
        hears_of: note types whose visits for a complaint its notes tell of, besides stays in hospital.
        routine: organ systems that its review asks about, beside what the visit is for; all if empty.
        homebound: whether it sees people who hardly leave the house, and no longer work.
        urgent: whether people come because of something sudden: it is told first, results come back the same day, and
            the plan says when to come back.
        battery: whether a battery of tests by domain takes the place of vital signs.
        sums_up: whether its assessment names the treated illnesses that the visit left aside.
        never_silent_on: conditions that a visit without a complaint always speaks of, two at most.
        listed: illnesses that its problem lists hold at most.
    """

    complaint: Share = 0.0
    complaint_alone: bool = False
    needs_problem: bool = False
    of_disease: bool = False
    annual: Share = 0.0
    conditions: tuple[int, int] = (0, 0)
    referrer: str = ""
    hears_of: list[str] = Field(default_factory=list)
    routine: list[str] = Field(default_factory=list)
    homebound: bool = False
    urgent: bool = False
    battery: bool = False
    sums_up: bool = False
    never_silent_on: list[str] = Field(default_factory=list)
    listed: int = Field(default=12, ge=1)


class VisitHabits(PackModel):
    """The habits of every setting.

    Args:
        types: by note type.
        results_told_in: panel -> note types whose notes tell its results.
        reviews_medicines: note types that comment on a medicine best avoided once thinking is impaired.
        noise: chance that a sentence carries a slip of the keyboard or of dictation.
    """

    types: dict[str, VisitHabit] = Field(default_factory=dict)
    reviews_medicines: list[str] = Field(default_factory=list)
    results_told_in: dict[str, list[str]] = Field(default_factory=dict)
    noise: Share = 0.0

    def of(self, note_type: str) -> VisitHabit:
        """Return the habits of a note type, or those of `default`."""
        return self.types.get(note_type) or self.types.get("default") or VisitHabit()
