"""labels.yaml: the label schemes, and the guideline in the words an annotator reads."""

from __future__ import annotations

from pydantic import Field

from dualalign.packs.schema.base import PackModel, Sourced


class Label(PackModel):
    """One class of a label scheme."""

    id: str = Field(pattern=r"^[a-z0-9_]+$")
    name: str
    definition: str
    not_this: str = Field(default="", description="What looks like the label and is not.")


class Scheme(Sourced):
    """A set of labels; a sentence may carry several of them, or none."""

    id: str
    name: str
    labels: list[Label] = Field(min_length=2)


class Labels(PackModel):
    """The label schemes of a pack."""

    default: str = Field(description="Id of the scheme used unless another is named.")
    informant_label: str | None = Field(
        default=None,
        description="Label earned when family or friends report a problem, beside the term's own.",
    )
    schemes: list[Scheme] = Field(min_length=1)
    guideline: list[str] = Field(description="Rules that hold for every label, in order.")

    def scheme(self, scheme_id: str | None = None) -> Scheme:
        """Return one scheme, the default if none is named."""
        wanted = scheme_id or self.default
        for scheme in self.schemes:
            if scheme.id == wanted:
                return scheme
        raise KeyError(wanted)
