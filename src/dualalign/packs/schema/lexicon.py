"""lexicon.yaml: the terms a note may mention, by domain, and how each behaves over the disease."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from dualalign.packs.schema.base import PackModel, Share, Sourced

Course = Literal["persistent", "episodic"]


class Term(PackModel):
    """One symptom or need that notes mention."""

    id: str = Field(pattern=r"^[a-z0-9_]+$", description="Stable name, for example `word_finding`.")
    name: str = Field(description="The lexicon's own wording, for example `word-finding`.")
    surface_forms: list[str] = Field(min_length=1, description="Strings by which rules recognise the term.")
    labels: list[str] = Field(description="Labels an affirmed mention earns; empty if the scheme gives none.")
    earliest: str = Field(description="First stage in which the term may be affirmed.")
    course: Course = Field(description="persistent: once begun it stays; episodic: comes and goes.")
    reach: Share = Field(
        description="Share of patients in whom the term is ever affirmed within the simulated years."
    )
    background: Share = Field(
        default=0.0, description="Share of people of the same age without the disease in whom it is affirmed."
    )
    weight: float = Field(default=1.0, gt=0, description="Relative frequency within its domain.")
    same_as: str | None = Field(
        default=None, description="Term of which this is another name: what is told of one is told of both."
    )
    denied: float = Field(
        default=1.0,
        ge=0,
        description="How readily notes deny it, beside its weight: few write that nobody has a guardian.",
    )
    nine: str | None = Field(default=None, description="Category of the nine-category scheme.")
    family_history: bool = Field(default=False, description="May be told of a relative.")


class Domain(PackModel):
    """A group of terms that table 7 counts together."""

    id: str = Field(pattern=r"^[a-z0-9_]+$")
    name: str
    terms: list[Term] = Field(min_length=1)


class Lexicon(Sourced):
    """All domains of the pack."""

    domains: list[Domain] = Field(min_length=1)

    @model_validator(mode="after")
    def _terms_are_unique(self) -> Lexicon:
        seen: dict[str, str] = {}
        for domain in self.domains:
            for term in domain.terms:
                if term.id in seen:
                    raise ValueError(
                        f"term '{term.id}' stands in domain '{domain.id}' and in '{seen[term.id]}'; "
                        "give each term one domain"
                    )
                seen[term.id] = domain.id
        return self

    def terms(self) -> dict[str, Term]:
        """Return every term by its id, in the lexicon's order."""
        return {term.id: term for domain in self.domains for term in domain.terms}
