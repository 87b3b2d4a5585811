"""published_results.yaml: what others report of classifiers trained with such data, to print beside one's own."""

from __future__ import annotations

from pydantic import Field

from dualalign.packs.schema.base import PackModel, Share


class BinaryResult(PackModel):
    """Symptom or not."""

    precision: Share
    recall: Share
    f1: Share
    accuracy: Share


class ClassResult(PackModel):
    """Which label, among sentences with one."""

    accuracy: Share
    f1: dict[str, Share] = Field(description="Label id -> F1.")


class PublishedResults(PackModel):
    """Results by training set (gold, bronze, matched, full, synthetic_only); a pack may have none."""

    source: str = Field(default="", description="Key into the pack's sources.")
    binary: dict[str, BinaryResult] = Field(default_factory=dict)
    classes: dict[str, ClassResult] = Field(default_factory=dict)
    volume_flat_from: Share | None = Field(
        default=None, description="Share of the synthetic text from which on more of it adds little."
    )
    leakage: dict[float, Share] = Field(
        default_factory=dict,
        description="Years before the diagnosis -> AUC of case against control from keywords in real notes.",
    )
    leakage_source: str = Field(default="", description="Key into the pack's sources.")
    topic_overlap: dict[int, Share] = Field(
        default_factory=dict,
        description="Years before the diagnosis -> share of the strongest topics that synthetic and gold notes share.",
    )
    sojourn_years: dict[str, float] = Field(
        default_factory=dict, description="Stage id -> mean years that patients spend in it before the next."
    )
    sojourn_source: str = Field(default="", description="Key into the pack's sources.")
