"""What a cohort can be held against beside its pack: a user's notes, people, gold labels and classifier."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from dualalign.errors import MeasureError
from dualalign.measures.note_sets import NoteColumns, NoteSet, read_note_set

if TYPE_CHECKING:
    from dualalign.classifiers.protocol import Classifier
    from dualalign.labels.gold import GoldSentences
    from dualalign.measures.privacy.canaries import Canaries
    from dualalign.measures.privacy.finder import SecondOpinion
    from dualalign.packs.pack import Pack

_Named = TypeVar("_Named")
_Source = TypeVar("_Source")


@dataclass(frozen=True, slots=True)
class Sources:
    """Data to hold a cohort against; None for what is not at hand.

    Args:
        reference: real notes that the text should look like.
        saw: real notes that the generator saw.
        held_out: notes of the same kind that it did not see.
        canaries: planted in the notes it saw.
        people: tables of people that it saw, and of others that it did not.
        gold: sentences that people labelled.
        others: source of labels -> the gold sentences with its labels.
        classifier: a fitted classifier of the pack's labels.
        encoder: Hugging Face id or folder of an encoder, for meanings of texts.
        second: a model's opinion on names and places, beside the rules'.
    """

    reference: NoteSet | None = None
    saw: NoteSet | None = None
    held_out: NoteSet | None = None
    canaries: Canaries | None = None
    people: tuple[Path, Path] | None = None
    gold: GoldSentences | None = None
    others: dict[str, GoldSentences] = field(default_factory=dict)
    classifier: Classifier | None = None
    encoder: str | None = None
    second: SecondOpinion | None = None


@dataclass(frozen=True, slots=True)
class SourceFiles:
    """Where the sources lie, as a user names them; see `Sources`."""

    reference: Path | None = None
    columns: NoteColumns = field(default_factory=NoteColumns)
    saw: Path | None = None
    held_out: Path | None = None
    canaries: Path | None = None
    saw_people: Path | None = None
    held_out_people: Path | None = None
    gold: Path | None = None
    others: dict[str, Path] = field(default_factory=dict)
    classifier: Path | None = None
    encoder: str | None = None
    names_by: str | None = None


def read_sources(files: SourceFiles, pack: Pack | None) -> Sources:
    """Read every source that is named.

    Args:
        files: where they lie.
        pack: supplies the label scheme of gold sentences; None where there are none.

    Raises:
        MeasureError: seen data without unseen data to compare it with, the other way round, or gold without a pack.
        DualAlignError: a file that is missing, damaged or of another form.
    """
    from dualalign.classifiers import load_classifier
    from dualalign.labels.gold import read_gold
    from dualalign.measures.privacy.canaries import read_canaries
    from dualalign.measures.privacy.second_opinion import second_opinion

    _refuse_single(files.saw, files.held_out, "--saw", "--held-out")
    _refuse_single(files.saw_people, files.held_out_people, "--saw-people", "--held-out-people")
    if files.others and files.gold is None:
        raise MeasureError("--labels without --gold", "give the sentences that people labelled")
    if files.gold is not None and pack is None:
        raise MeasureError("--gold without a pack", "name the pack whose labels they have (--pack)")
    people = None
    if files.saw_people is not None and files.held_out_people is not None:
        people = (files.saw_people, files.held_out_people)

    def notes(path: Path) -> NoteSet:
        return read_note_set(path, files.columns)

    def gold(path: Path) -> GoldSentences:
        assert pack is not None
        return read_gold(path, pack.labels.scheme())

    return Sources(
        reference=_read(notes, files.reference),
        saw=_read(notes, files.saw),
        held_out=_read(notes, files.held_out),
        canaries=_read(read_canaries, files.canaries),
        people=people,
        gold=_read(gold, files.gold),
        others={name: gold(path) for name, path in files.others.items()},
        classifier=_read(load_classifier, files.classifier),
        encoder=files.encoder,
        second=_read(second_opinion, files.names_by),
    )


def _read(read: Callable[[_Named], _Source], named: _Named | None) -> _Source | None:
    return None if named is None else read(named)


def _refuse_single(first: object, second: object, one: str, other: str) -> None:
    if (first is None) != (second is None):
        given, missing = (one, other) if second is None else (other, one)
        raise MeasureError(
            f"{given} without {missing}", "an attack means nothing without a control: give data of both kinds"
        )
