"""What a cohort can be held against beside its pack: a user's notes, people, gold labels and classifier."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dualalign.errors import MeasureError
from dualalign.measures.note_sets import NoteColumns, NoteSet, read_note_set

if TYPE_CHECKING:
    from dualalign.classifiers.protocol import Classifier
    from dualalign.labels.gold import GoldSentences
    from dualalign.measures.privacy import Canaries, SecondOpinion
    from dualalign.packs.pack import Pack


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


def read_sources(files: SourceFiles, pack: Pack) -> Sources:
    """Read every source that is named.

    Args:
        files: where they lie.
        pack: supplies the label scheme of gold sentences.

    Raises:
        MeasureError: seen data without unseen data to compare it with, or the other way round.
        DualAlignError: a file that is missing, damaged or of another form.
    """
    _refuse_single(files.saw, files.held_out, "--saw", "--held-out")
    _refuse_single(files.saw_people, files.held_out_people, "--saw-people", "--held-out-people")
    if files.others and files.gold is None:
        raise MeasureError("--labels without --gold", "give the sentences that people labelled")
    scheme = pack.labels.scheme()
    people = None
    if files.saw_people is not None and files.held_out_people is not None:
        people = (files.saw_people, files.held_out_people)
    saw, held_out = _notes(files.saw, files.columns), _notes(files.held_out, files.columns)
    return Sources(
        reference=_notes(files.reference, files.columns),
        saw=saw,
        held_out=held_out,
        canaries=_canaries(files.canaries),
        people=people,
        gold=None if files.gold is None else _gold(files.gold, scheme),
        others={name: _gold(path, scheme) for name, path in files.others.items()},
        classifier=_classifier(files.classifier),
        encoder=files.encoder,
        second=_second(files.names_by),
    )


def _refuse_single(first: object, second: object, one: str, other: str) -> None:
    if (first is None) != (second is None):
        given, missing = (one, other) if second is None else (other, one)
        raise MeasureError(
            f"{given} without {missing}", "an attack means nothing without a control: give data of both kinds"
        )


def _notes(path: Path | None, columns: NoteColumns) -> NoteSet | None:
    return None if path is None else read_note_set(path, columns)


def _canaries(path: Path | None) -> Canaries | None:
    from dualalign.measures.privacy import read_canaries

    return None if path is None else read_canaries(path)


def _second(name: str | None) -> SecondOpinion | None:
    if name is None:
        return None
    from dualalign.measures.privacy.second_opinion import second_opinion

    return second_opinion(name)


def _gold(path: Path, scheme: object) -> GoldSentences:
    from dualalign.labels.gold import read_gold

    return read_gold(path, scheme)  # type: ignore[arg-type]  # packs give their attributes untyped


def _classifier(path: Path | None) -> Classifier | None:
    if path is None:
        return None
    from dualalign.classifiers import load_classifier

    return load_classifier(path)
