"""Open whatever a user points at: a MEDS folder, a cohort, a CSV, FHIR or OMOP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dualalign.errors import ProgressionError
from dualalign.progression.longitudinal import LongitudinalData
from dualalign.progression.mapping import load_mapping
from dualalign.progression.meds import SCHEMA_FILE, read_meds, shards
from dualalign.progression.note_encoder import NoteEncoder
from dualalign.progression.note_vectors import OnSentences, with_note_vectors
from dualalign.progression.readers.cohort import read_cohort
from dualalign.progression.readers.fhir import ENDINGS, read_fhir
from dualalign.progression.readers.mapped_csv import read_mapped_csv
from dualalign.progression.readers.omop import find_table, read_omop

MANIFEST = "manifest.json"


def open_data(
    path: str | Path,
    mapping: str | Path | None = None,
    with_text: bool = False,
    encoder: NoteEncoder | None = None,
    on_sentences: OnSentences | None = None,
    subjects: Sequence[str] | None = None,
) -> LongitudinalData:
    """Open data by what lies there.

    A folder with `manifest.json` is a cohort, one with `data/*.parquet` MEDS, one with a `person` table OMOP, any other
    folder FHIR; a `.json` or `.ndjson` file is FHIR and any other file a CSV.

    Args:
        path: folder or file.
        mapping: mapping file or its name in the library; cohorts and MEDS folders with a `schema.yaml` need none.
        with_text: keep a cohort's labelled sentences beside their counts.
        encoder: also reads the notes of a cohort, or the texts of any other data.
        on_sentences: told how many the encoder has read.
        subjects: ids wanted, all if None.

    Raises:
        ProgressionError: nothing there, no mapping where one is needed, or a check failed.
        CohortError: a cohort that cannot be read.
        ClassifierError: the encoder cannot be read.
    """
    place = Path(path)
    if not place.exists():
        raise ProgressionError(f"{place}: not there", "give a folder or a file of longitudinal data")
    if (place / MANIFEST).is_file():
        return read_cohort(place, mapping, None, subjects, with_text, encoder, on_sentences)
    data = _records(place, mapping)
    if subjects is not None:
        data = data.take(subjects)
    if encoder is None:
        return data
    return replace(with_note_vectors(data, encoder, None, on_sentences), left_out=data.left_out)


def is_meds(place: Path) -> bool:
    """Return whether a folder is in the form of MEDS."""
    return not (place / MANIFEST).is_file() and bool(shards(place))


def _records(place: Path, mapping: str | Path | None) -> LongitudinalData:
    if is_meds(place) and mapping is None and (place / SCHEMA_FILE).is_file():
        return read_meds(place)
    if mapping is None:
        raise ProgressionError(f"{place}: no mapping", "say with --mapping how its columns or codes are read")
    chosen = load_mapping(mapping)
    if is_meds(place):
        return read_meds(place, chosen)
    if place.is_dir() and find_table(place, "person") is not None:
        return read_omop(place, chosen)
    names = [each.name for each in place.iterdir()] if place.is_dir() else [place.name]
    if any(name.lower().endswith(ENDINGS) for name in names):
        return read_fhir(place, chosen)
    if place.is_dir():
        raise ProgressionError(
            f"{place}: neither a cohort, nor MEDS, OMOP or FHIR", "give one of these, or a CSV file"
        )
    return read_mapped_csv(place, chosen)
