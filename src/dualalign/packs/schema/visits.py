"""visits.yaml: how often patients are seen, by whom, and what is done there."""

from __future__ import annotations

from pydantic import Field

from dualalign.packs.schema.base import PackModel, Share, Sourced


class VisitWindow(PackModel):
    """Years before diagnosis, `from_year` the earlier (larger) one; both included."""

    from_year: int
    to_year: int

    def years(self) -> range:
        """Return the window's years before diagnosis."""
        return range(self.to_year, self.from_year + 1)


class VisitType(Sourced):
    """One note type.

    Args:
        id: stable name.
        name: in words.
        rates: notes per patient and year in each window, in the windows' order.
        words: median words of a note.
        negated: share of sentences with a negation.
        informant: chance that an informant takes part, at the lowest and the highest severity.
        reporters: shares of mentions told by patient, informant (if one is there) and clinician.
        tests: instrument id -> chance that it is given at a visit.
        authors: shares of author styles.
        mentions: mentions in its notes relative to other types; the mean over all types stays that of the table.
        domains: domain id -> how much its notes turn to it; the shares over all types stay those of the table.
        asks: threads whose absence its notes record as a matter of routine; all if empty.
        examines: threads whose absence its examination records.
        most_focus: problems of the disease that an assessment takes up at most.
    """

    id: str = Field(pattern=r"^[a-z0-9_]+$")
    name: str
    rates: list[float]
    words: int = Field(gt=10)
    negated: Share
    informant: tuple[Share, Share]
    reporters: tuple[float, float, float]
    tests: dict[str, Share] = Field(default_factory=dict)
    authors: dict[str, float]
    mentions: float = Field(default=1.0, gt=0)
    domains: dict[str, float] = Field(default_factory=dict)
    asks: list[str] = Field(default_factory=list)
    examines: list[str] = Field(default_factory=list)
    most_focus: int = Field(default=2, ge=0)


class Visits(Sourced):
    """Rates of visits (table 5) and the habits of each setting."""

    windows: list[VisitWindow]
    types: list[VisitType]
    words_reference_year: int
    words_growth_per_year: float = Field(description="Relative growth of note length per calendar year.")
    prescribers: list[str] = Field(description="Note types that start or change the disease's drugs.")
    control_intensity: float = Field(gt=0, description="Visits of controls relative to the earliest window.")

    def rate(self, type_id: str, year: int) -> float:
        """Return notes per patient in a year before diagnosis."""
        for window, rate in zip(self.windows, self.type(type_id).rates, strict=True):
            if year in window.years():
                return rate
        return 0.0

    def type(self, type_id: str) -> VisitType:
        """Return one note type by its id."""
        return next(each for each in self.types if each.id == type_id)
