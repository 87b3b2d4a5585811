"""What measures are computed from: the notes at hand, the tables they came with, and what they are held against."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from dualalign.measures.measure import NotGiven
from dualalign.measures.note_sets import NoteSet, cohort_notes
from dualalign.measures.sources import Sources

if TYPE_CHECKING:
    from dualalign.cohort.reader import Cohort
    from dualalign.measures.alignment.counts import PatientCounts
    from dualalign.measures.labelled_sentences import LabelledSentences
    from dualalign.measures.leakage import Readings
    from dualalign.measures.privacy.identifiers import Invented
    from dualalign.measures.privacy.persona_tables import PersonaSets
    from dualalign.packs.pack import Pack
    from dualalign.packs.schema.profiles import Profile

_COMPARED = 3000
_SEARCHED = 50_000
"""Notes that are compared with a reference and searched for copies, about; more are sampled."""

_FEWEST_COMPARED = 20
FEWEST_PEOPLE = 20
"""Cases and controls below which it means nothing to tell them apart."""


def _source(name: str, reason: str | None = None) -> property:
    """Return the property that gives a source of data; without a reason it may be missing."""

    def get(context: Context) -> Any:
        return getattr(context._sources, name) if reason is None else context._given(name, reason)

    return property(get)


class Context:
    """Inputs of measures, by the names that their parameters have.

    A property raises `NotGiven` at once where its input is missing, with what would bring it; without a message the
    input has no meaning for the data. Cached properties are worked out from others when they are first asked for.

    Args:
        pack: of the disease; None for notes of no pack.
        cohort: a finished cohort; None for notes alone.
        notes: notes alone; None for a cohort.
        sources: data to hold them against; none if None.
    """

    def __init__(
        self,
        pack: Pack | None = None,
        cohort: Cohort | None = None,
        notes: NoteSet | None = None,
        sources: Sources | None = None,
    ) -> None:
        self._pack, self._cohort, self._notes = pack, cohort, notes
        self._sources = sources or Sources()
        self.remarks: list[str] = []

    def _given(self, name: str, reason: str) -> Any:
        """Return a source, or say what would bring it."""
        found = getattr(self._sources, name)
        if found is None:
            raise NotGiven(reason)
        return found

    saw = _source(
        "saw",
        "copying and membership need the real notes that the generator saw, if any (--saw, --held-out)",
    )
    canaries = _source("canaries", "planted sentences are not known (--canaries)")
    people_files = _source(
        "people", "attacks on personas need tables of people (--saw-people, --held-out-people)"
    )
    gold = _source("gold", "errors of sources of labels need sentences that people labelled (--gold)")
    classifier = _source("classifier", "errors of a classifier need one (--classifier)")
    any_reference, others, encoder, second = map(_source, ("reference", "others", "encoder", "second"))

    @property
    def cohort(self) -> Cohort:
        """The cohort."""
        if self._cohort is None:
            raise NotGiven("needs the tables of a cohort, and these are notes alone")
        return self._cohort

    @property
    def pack(self) -> Pack:
        """The pack of the disease."""
        if self._pack is None:
            raise NotGiven("needs the words of a disease (--pack)")
        return self._pack

    @property
    def notes_alone(self) -> bool:
        """Whether there is nothing but notes."""
        return _meant(self._notes is not None)

    @property
    def profile(self) -> Profile:
        """The profile that the cohort was made with."""
        found: Profile = self.pack.profiles.profile(self.cohort.profile)
        return found

    @property
    def joint_personas(self) -> bool:
        """Whether personas were drawn with the pack's correlations."""
        return _meant(self.profile.persona_mode == "joint")

    @property
    def latent_course(self) -> bool:
        """Whether each patient has a latent course."""
        return _meant(self.profile.latent_course == "latent")

    @property
    def embedded_writer(self) -> bool:
        """Whether the notes can be written again from their plans."""
        from dualalign.notes import PassageWriter

        if self.cohort.manifest["options"]["writer"] != PassageWriter.name:
            raise NotGiven(
                "swapped personas need the embedded writer, which writes one plan twice the same way"
            )
        return True

    @property
    def real_curve(self) -> bool:
        """Whether the pack quotes how early real notes give the disease away."""
        if not self.pack.published_results.leakage:
            raise NotGiven("the pack has no curve of real notes")
        return True

    @property
    def controls(self) -> bool:
        """Whether there are enough people with and without the disease."""
        if self._notes is not None:
            if not any(self._notes.cases) or all(self._notes.cases):
                raise NotGiven("needs to know whose notes are of people with the disease (--case-column)")
            return True
        options = self.cohort.manifest["options"]
        if min(options["patients"], options["controls"]) < FEWEST_PEOPLE:
            raise NotGiven(
                f"needs {FEWEST_PEOPLE} patients and as many people without the disease (generate --controls)"
            )
        return True

    @property
    def reference(self) -> NoteSet:
        """Real notes that the text should look like."""
        found: NoteSet = self._given("reference", "needs notes to compare with (--reference)")
        if len(found) < _FEWEST_COMPARED:
            raise NotGiven(
                f"{len(found)} notes to compare with are too few (--reference): give at least {_FEWEST_COMPARED}"
            )
        return found

    @cached_property
    def held_out(self) -> NoteSet:
        """Real notes that it did not see, less those that stand among the seen ones."""
        from dualalign.measures.privacy.copying import without_shared

        kept, shared = without_shared(self._given("held_out", "needs --held-out"), self.saw)
        if shared:
            self.remarks.append(f"{shared:,} unseen notes stand among the seen ones too: they are left out")
        if not len(kept):
            raise NotGiven("every unseen note stands among the seen ones: a copy would go unnoticed")
        return kept

    @cached_property
    def people(self) -> PersonaSets:
        """The cohort's personas beside those people."""
        from dualalign.measures.privacy.persona_tables import read_persona_sets

        return read_persona_sets(self.cohort, *self.people_files)

    @cached_property
    def notes(self) -> NoteSet:
        """The notes that are searched for what was copied, of everybody."""
        if self._notes is not None:
            return self._notes.sample(_SEARCHED)
        return cohort_notes(self.cohort, _SEARCHED, cases_only=False)

    @cached_property
    def patient_notes(self) -> NoteSet:
        """The notes that are compared with a reference, of people with the disease."""
        if self._notes is None:
            return cohort_notes(self.cohort, _COMPARED)
        cases = self._notes.cases
        chosen = [row for row in range(len(self._notes)) if not cases or cases[row]]
        return self._notes.take(chosen).sample(_COMPARED)

    @property
    def written(self) -> Iterator[tuple[str, str, str]]:
        """Note id, patient and text of every note, in flat memory."""
        if self._notes is not None:
            notes = zip(self._notes.groups, self._notes.texts, strict=True)
            return ((f"row-{row}", group, text) for row, (group, text) in enumerate(notes, start=1))
        columns = ["note_id", "patient_id", "text"]
        parts = self.cohort.iterate("notes", columns)
        return (
            (row["note_id"], row["patient_id"], row["text"]) for part in parts for row in part.to_pylist()
        )

    @cached_property
    def invented(self) -> Invented:
        """What the text holds on purpose; nothing is known of notes alone."""
        from dualalign.measures.privacy.identifiers import Invented, read_invented

        return Invented() if self._notes is not None else read_invented(self.cohort, self.pack)

    @property
    def published(self) -> dict[int, float]:
        """Overlap of topics with real notes that others report, by year counted from 1, the last one."""
        if self._pack is None:
            return {}
        # Published years are whole years before diagnosis.
        return {year + 1: share for year, share in self.pack.published_results.topic_overlap.items()}

    @cached_property
    def rules_error(self) -> float | None:
        """Share of gold sentences that the rules label wrongly; None if that is not known."""
        from dualalign.measures.label_quality.source_error import label_error_rules

        try:
            return label_error_rules(self.gold, self.pack).value
        except Exception:  # That it fails is told where it is a measure of its own.
            return None

    @cached_property
    def counts(self) -> PatientCounts:
        """Visits and mentions of each patient."""
        from dualalign.measures.alignment.counts import count_patients

        return count_patients(self.cohort, self.pack)

    @cached_property
    def labelled(self) -> LabelledSentences:
        """Sentences with their labels; of notes alone all sentences, with none."""
        from dualalign.measures.labelled_sentences import labelled_sentences, plain_sentences

        return plain_sentences(self._notes) if self._notes is not None else labelled_sentences(self.cohort)

    @cached_property
    def readings(self) -> Readings:
        """What was written of each person, by year before the index date."""
        from dualalign.measures.leakage import read_cohort, read_notes

        return read_notes(self._notes) if self._notes is not None else read_cohort(self.cohort)


def _meant(holds: bool) -> bool:
    if not holds:
        raise NotGiven("")
    return True
