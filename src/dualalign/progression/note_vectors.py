"""The meaning of notes as a modality: at each time, the mean of the sentences written then, in a few numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dualalign.errors import ProgressionError
from dualalign.progression.longitudinal import OBSERVATIONS, LongitudinalData, places_of
from dualalign.progression.note_encoder import MEANING, NoteEncoder
from dualalign.progression.schema import LongitudinalSchema

Said = tuple[str, float, Sequence[str]]
"""Subject, years, and the sentences of a note."""
OnSentences = Callable[[int], None]
"""Told how many sentences have been read so far."""
_AT_ONCE = 8192


def with_note_vectors(
    data: LongitudinalData,
    encoder: NoteEncoder,
    said: Iterable[Said] | None = None,
    on_sentences: OnSentences | None = None,
) -> LongitudinalData:
    """Return data with one more modality: the mean vector of the sentences written at each time.

    Each sentence weighs the same; a time without one has none of these numbers. Notes are read in flat memory.

    Args:
        data: what is known besides.
        encoder: turns sentences into numbers.
        said: sentences of notes in any order; the data's own texts, split into sentences, if None.
        on_sentences: told how many have been read.

    Raises:
        ProgressionError: no texts to read, or the data have the modality already.
        ClassifierError: the encoder cannot be read.
    """
    schema = encoder.schema_with(data.schema)
    place: dict[tuple[str, float], int] = {}
    totals, counts = np.zeros((0, encoder.numbers)), np.zeros(0)
    done = 0
    for rows, sentences in _portions(own_sentences(data) if said is None else said, place):
        grown = len(place) - len(totals)
        totals, counts = np.pad(totals, ((0, grown), (0, 0))), np.pad(counts, (0, grown))
        np.add.at(totals, rows, encoder(sentences))
        np.add.at(counts, rows, 1)
        done += len(sentences)
        if on_sentences is not None:
            on_sentences(done)
    return _joined(data, schema, list(place), totals / counts[:, None])


def own_sentences(data: LongitudinalData) -> Iterator[Said]:
    """Yield the sentences of each text of the data's text features.

    Raises:
        ProgressionError: the schema has no such feature.
    """
    from dualalign.reading import split_sentences

    texts = {each.id for each in data.schema.features if each.text}
    if not texts:
        raise ProgressionError(
            f"schema '{data.schema.name}' holds no texts for an encoder to read",
            "give it a feature with `text: true`, and map notes to it",
        )
    for part in data.observations.to_batches(1024):
        for row in part.to_pylist():
            if row["feature"] in texts:
                text = row["text"]
                yield row["subject"], row["time"], [text[start:end] for start, end in split_sentences(text)]


def _portions(
    said: Iterable[Said], place: dict[tuple[str, float], int]
) -> Iterator[tuple[npt.NDArray[np.intp], list[str]]]:
    """Yield sentences some thousand at a time, with the number of the subject and time each belongs to."""
    rows: list[int] = []
    sentences: list[str] = []
    for subject, time, words in said:
        if not words:
            continue
        sentences.extend(words)
        rows.extend([place.setdefault((subject, time), len(place))] * len(words))
        if len(sentences) >= _AT_ONCE:
            yield np.array(rows, dtype=np.intp), sentences
            rows, sentences = [], []
    if sentences:
        yield np.array(rows, dtype=np.intp), sentences


def _joined(
    data: LongitudinalData,
    schema: LongitudinalSchema,
    places: Sequence[tuple[str, float]],
    means: npt.NDArray[np.float64],
) -> LongitudinalData:
    """Return the data with a row for each number, sorted as all observations are."""
    numbers = means.shape[1]
    names = [f"{MEANING}_{number + 1}" for number in range(numbers)]
    added = pa.table(
        {
            "subject": np.repeat(np.array([subject for subject, _ in places], dtype=object), numbers),
            "time": np.repeat(np.array([time for _, time in places], dtype=np.float64), numbers),
            "feature": names * len(places),
            "value": means.reshape(-1),
            "text": pa.nulls(means.size, pa.string()),
        }
    ).cast(OBSERVATIONS)
    together = pa.concat_tables([data.observations, added])
    owners = places_of(together["subject"], data.subjects["subject"])
    if (owners < 0).any():
        raise ProgressionError("notes of someone who is no subject", "give notes of the subjects alone")
    order = np.lexsort((together["time"].to_numpy(), owners))
    return replace(data, schema=schema, observations=together.take(pa.array(order)))
