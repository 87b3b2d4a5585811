"""mentions.yaml: how many mentions a note holds, of what, and how they are asserted."""

from __future__ import annotations

from pydantic import Field

from dualalign.packs.schema.base import Share, Sourced


class Mentions(Sourced):
    """Mentions per note (table 6), domain shares (table 7) and polarity.

    Args:
        per_note: year before diagnosis -> mean mentions in a note, before density.
        domain_ratios: domain id -> proportion relative to any of them.
        controls_per_note: the same as `per_note` for people without the disease, at every year.
        historical: share of mentions that tell of a past episode.
        family: share of mentions that tell of a relative, in patients with a family history.
        family_factor: factor id whose level `yes` means a family history.
        mood_terms: terms that make a mood scale read high while they are there.
        recent_months: a first mention counts as new if its onset is no longer ago than this.
        worse: chance that a persistent symptom told before is told as worse.
        better: chance that an episodic symptom told before is told as better.
        in_remission: share of years in which an episodic symptom rests.
        onset_shape: exponent of the onset times: 1 spreads onsets evenly over the years, more gathers them late.
        delay_years: mean delay from entering a term's earliest stage to its onset.
    """

    per_note: dict[int, float]
    domain_ratios: dict[str, float]
    controls_per_note: float = Field(gt=0)
    historical: Share
    family: Share
    family_factor: str
    mood_terms: list[str]
    recent_months: int
    worse: Share
    better: Share
    in_remission: Share
    onset_shape: float = Field(gt=0)
    delay_years: float = Field(gt=0)

    def domain_shares(self) -> dict[str, float]:
        """Return domain id -> share of mentions, adding up to 1."""
        total = sum(self.domain_ratios.values())
        return {domain: ratio / total for domain, ratio in self.domain_ratios.items()}
