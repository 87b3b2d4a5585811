"""What the page says of the data themselves: title, summary, dataset card and provenance."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dualalign.cohort.reader import Cohort
    from dualalign.measures.note_sets import NoteSet
    from dualalign.packs.pack import Pack

Rows = list[tuple[str, str]]

USES = (
    "Training and testing classifiers of symptoms, pipelines and teaching; beside real labels, not in their place.",
    "Not for care, not for estimating how common anything is (the shares are put in, not found), not for judging a model "
    "that learned from the same pack.",
)


@dataclass(frozen=True, slots=True)
class CohortCard:
    """A cohort, as the page names and counts it."""

    cohort: Cohort
    pack: Pack

    @property
    def title(self) -> str:
        """The disease, and how many people there are."""
        options = self.cohort.manifest["options"]
        patients, controls = options["patients"], options["controls"]
        people = f"{patients:,} synthetic patient{'' if patients == 1 else 's'}"
        others = f" and {controls:,} without the disease" if controls else ""
        return f"{self.pack.pack.name}: {people}{others}"

    @property
    def subtitle(self) -> str:
        """Folder, pack and profile."""
        cohort = self.cohort
        return f"{cohort.folder.resolve().name} · pack {cohort.pack_id} {self.pack.version} · profile {cohort.profile}"

    @property
    def summary(self) -> str:
        """How much there is."""
        counts, options = self.cohort.manifest["counts"], self.cohort.manifest["options"]
        others = f" and {options['controls']:,} people without the disease" if options["controls"] else ""
        by_label = ", ".join(
            f"{label.name.lower()} {counts['labels'][label.id]:,}"
            for label in self.pack.labels.scheme().labels
            if label.id in counts["labels"]
        )
        return (
            f"{counts['notes']:,} notes that a program wrote about {options['patients']:,} invented patients with "
            f"{self.pack.pack.disease}{others}, over the {self.pack.pack.horizon_years} years before the diagnosis. Of "
            f"{counts['sentences']:,} sentences {counts['sentences'] - counts['unlabelled_sentences']:,} carry a symptom "
            f"label ({by_label})."
        )

    def rows(self) -> Rows:
        """Return names and values: contents, population, text, labels, real data, uses."""
        cohort, pack = self.cohort, self.pack
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

    def provenance(self) -> Rows:
        """Return what made the cohort, and what it is held against."""
        manifest, pack = self.cohort.manifest, self.pack
        options = manifest["options"]
        same = pack.fingerprint == options["pack_fingerprint"]
        return [
            ("software", str(manifest["software"])),
            (
                "pack",
                f"{options['pack']} {options['pack_version']}, fingerprint {options['pack_fingerprint']}",
            ),
            *((name, str(options[name])) for name in ("profile", "seed", "writer")),
            ("patients", f"{options['patients']:,} with the disease, {options['controls']:,} without"),
            ("run", str(manifest["fingerprint"])),
            (
                "targets",
                "of the pack that the cohort was made with"
                if same
                else f"of pack {pack.id} {pack.version} as it is now; it has changed since the cohort was made",
            ),
        ]


@dataclass(frozen=True, slots=True)
class NotesCard:
    """Notes of any origin, as the page names and counts them."""

    name: str
    notes: NoteSet
    pack: Pack | None = None

    @property
    def title(self) -> str:
        """How many notes there are."""
        return f"{self.name}: {len(self.notes):,} synthetic notes"

    @property
    def subtitle(self) -> str:
        """What they are held against."""
        return (
            f"held against pack {self.pack.id} {self.pack.version}" if self.pack else "held against no pack"
        )

    @property
    def summary(self) -> str:
        """How much there is."""
        words = sorted(len(text.split()) for text in self.notes.texts)
        groups = len(set(self.notes.groups))
        people = f" of {groups:,} patient{'' if groups == 1 else 's'}" if groups < len(self.notes) else ""
        return (
            f"{len(self.notes):,} notes{people}; half of them have {words[len(words) // 2]:,} words or more."
        )

    def rows(self) -> Rows:
        """Return what is known of the notes."""
        dated = sum(year is not None for year in self.notes.years)
        cases = f"{sum(self.notes.cases):,} of people with the disease" if self.notes.cases else "not said"
        return [
            ("contents", f"{len(self.notes):,} notes, {sum(map(len, self.notes.texts)):,} characters"),
            ("years", f"{dated:,} notes with their year before the diagnosis"),
            ("cases", cases),
        ]

    def provenance(self) -> Rows:
        """Return what tells these notes from others."""
        digest = sha256("\0".join(self.notes.texts).encode("utf-8", "surrogatepass")).hexdigest()
        return [("notes", self.name), ("digest", digest[:16])]
