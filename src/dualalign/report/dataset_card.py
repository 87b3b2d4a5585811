"""The page's dataset card: what is in the folder, who may use it for what, and what is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dualalign.cohort.reader import Cohort
    from dualalign.packs.pack import Pack

USES = (
    "Training and testing classifiers of symptoms, pipelines and teaching; beside real labels, not in their place.",
    "Not for care, not for estimating how common anything is (the shares are put in, not found), not for judging a model "
    "that learned from the same pack.",
)


def dataset_card(cohort: Cohort, pack: Pack) -> list[tuple[str, str]]:
    """Return names and values: contents, population, text, labels, real data, uses."""
    counts, options = cohort.manifest["counts"], cohort.manifest["options"]
    labels = ", ".join(label.name.lower() for label in pack.labels.scheme().labels)
    share = 1 - counts["unlabelled_sentences"] / max(1, counts["sentences"])
    sources = sum(1 for key in pack.sources if key != "dualalign")
    return [
        ("contents", f"{counts['patients']:,} people, {counts['notes']:,} notes, {counts['mentions']:,} planned mentions, "
         f"{counts['sentences']:,} sentences; Parquet tables, each marked as synthetic"),
        ("population", f"{len(pack.factors.factors)} factors after published shares, profile {cohort.profile}; {sources} "
         "sources are cited in the pack"),
        ("span", f"{pack.pack.horizon_years} years before the diagnosis of {pack.pack.disease}"),
        ("text", f"by the writer '{options['writer']}', from plans that say what each note must hold"),
        ("labels", f"{labels}; {share:.0%} of sentences have one or more, by what the writer meant"),
        ("real data", "see privacy above: what the generator saw is known to whoever ran it, not to this page"),
        ("for", USES[0]),
        ("not for", USES[1]),
    ]  # fmt: skip
