"""Several sources' labels of the same sentences: how far they agree, what they say together, which to use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from dualalign.labels.adjudication import SOURCE as ADJUDICATED
from dualalign.labels.adjudication import Adjudicated, adjudicate
from dualalign.labels.agreement import cohen_kappa
from dualalign.labels.annotation import Annotation
from dualalign.labels.part_labels import Part
from dualalign.labels.silver_parts import (
    Format,
    add_chosen,
    add_source,
    annotations_of,
    read_part,
    write_part,
)


def settle_sources(
    parts: Sequence[tuple[Path, Path]],
    sources: Sequence[str],
    labels: Sequence[str],
    chosen: str,
    file_format: Format,
) -> tuple[Part, dict[str, Any]]:
    """Write finished parts: each source's labels, the adjudicated ones, and those to use.

    Where the chosen source abstains, the first of the others that does not is used.

    Args:
        parts: where each part lies with the sources' columns, and where its finished form goes.
        sources: names of the sources, in the order in which they stand in for one another.
        labels: of the scheme.
        chosen: the source to use, one of `sources` or `adjudicated`.
        file_format: of the finished parts.

    Returns:
        Counts of the labels to use, and the agreement: of each pair, and what adjudication makes of each source.
    """
    said = _all_annotations(parts, sources)
    weighed = adjudicate(said, labels) if len(sources) > 1 and said[sources[0]] else None
    order = list(dict.fromkeys([chosen, *sources]))
    counts = Part()
    at = 0
    for begun, finished in parts:
        columns = read_part(begun)
        size = len(columns["text"])
        here = {source: list(annotations_of(columns, source)) for source in sources}
        if weighed is not None:
            here[ADJUDICATED] = weighed.annotations[at : at + size]
            add_source(columns, ADJUDICATED, here[ADJUDICATED])
        used = [_first_to_speak([here[name][row] for name in order if name in here]) for row in range(size)]
        add_chosen(columns, used)
        for each in used:
            counts.labels.update(each.labels)
            counts.unlabelled += not each.labels and not each.abstained
        counts.sentences += size
        write_part(columns, finished, file_format)
        at += size
    return counts, _agreement(said, weighed, labels)


def _all_annotations(
    parts: Sequence[tuple[Path, Path]], sources: Sequence[str]
) -> dict[str, list[Annotation]]:
    said: dict[str, list[Annotation]] = {source: [] for source in sources}
    # Few different annotations stand on many sentences, so each is held once.
    once: dict[Annotation, Annotation] = {}
    wanted = [f"{source}_{name}" for source in sources for name in ("labels", "confidence", "abstained")]
    for begun, _ in parts:
        columns = read_part(begun, wanted)
        for source in sources:
            said[source].extend(once.setdefault(each, each) for each in annotations_of(columns, source))
    return said


def _first_to_speak(annotations: Sequence[Annotation]) -> Annotation:
    return next((each for each in annotations if not each.abstained), annotations[0])


def _agreement(
    said: Mapping[str, Sequence[Annotation]], weighed: Adjudicated | None, labels: Sequence[str]
) -> dict[str, Any]:
    pairs = [
        {
            "first": first,
            "second": second,
            "labels": {
                label: {
                    "kappa": found.kappa,
                    "both": found.both,
                    "first_only": found.first_only,
                    "second_only": found.second_only,
                    "neither": found.neither,
                }
                for label, found in cohen_kappa(said[first], said[second], labels).items()
            },
        }
        for first, second in combinations(said, 2)
    ]
    abstained = Counter({name: sum(each.abstained for each in told) for name, told in said.items()})
    quality = {
        name: {label: [each.sensitivity, each.specificity] for label, each in of_label.items()}
        for name, of_label in (weighed.quality if weighed else {}).items()
    }
    return {"pairs": pairs, "abstained": dict(abstained), "sensitivity_and_specificity": quality}
