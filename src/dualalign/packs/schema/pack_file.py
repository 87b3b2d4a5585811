"""pack.yaml: what the pack is called, whose disease it holds and where its numbers come from."""

from __future__ import annotations

from pydantic import Field

from dualalign.packs.schema.base import PackModel


class Source(PackModel):
    """A publication, data set or decision that numbers of the pack rest on."""

    citation: str = Field(min_length=1)
    link: str = Field(default="", description="DOI, PMID, PMC id or address; empty if there is none.")


class PackFile(PackModel):
    """The head of a pack."""

    id: str = Field(pattern=r"^[a-z0-9_]+$")
    name: str
    version: str
    description: str
    disease: str = Field(
        default="", description="The disease as prose names it; empty in a pack only extended."
    )
    diagnosis_names: list[str] = Field(
        default_factory=list, description="Names of the diagnosis; no text may use them before it is made."
    )
    horizon_years: int = Field(default=10, ge=1, le=40, description="Years simulated before the index date.")
    extends: list[str] = Field(default_factory=list, description="Packs whose files this one adds to.")
    sources: dict[str, Source]

    @property
    def is_disease(self) -> bool:
        """Whether the pack can be generated from; one that others only extend names no disease."""
        return bool(self.disease)
