"""Score the rules annotator on the labelled benchmark, and time it.

Run: python benchmarks/rules_annotator.py [--data ../shared/data] [--folds train val]
The rules were tuned on the folds train and val; only `--folds test` is an unseen score.

--reliability  also print, for each label, how often a sentence given it was right: the figures that patterns.yaml
               hands on as confidence
--errors       also list every wrong sentence; not for the test fold
--context      also compare the context cues with medspaCy's ConText, both on the lexicon's surface forms alone
               (pip install medspacy; rows are left out without it)
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from dualalign.labels import Annotation, GoldSentences, RulesAnnotator, read_gold
from dualalign.labels.note_rows import read_note_rows
from dualalign.packs import Pack, load_pack
from dualalign.reading import split_sentences

UNSEEN = "test"


def scores(gold: Sequence[bool], given: Sequence[bool]) -> tuple[float, float, float]:
    """Return precision, recall and F1; 0 where nothing was given or nothing was there."""
    right = sum(a and b for a, b in zip(gold, given, strict=True))
    precision = right / sum(given) if any(given) else 0.0
    recall = right / sum(gold) if any(gold) else 0.0
    return precision, recall, 2 * precision * recall / (precision + recall) if right else 0.0


def print_scores(name: str, gold: GoldSentences, annotations: Sequence[Annotation]) -> None:
    print(f"\n{name}: {len(gold)} sentences\n{'label':<18}{'P':>7}{'R':>7}{'F1':>7}{'gold':>7}{'given':>7}")
    total = 0.0
    for column, label in enumerate(gold.label_ids):
        truth = [bool(mark) for mark in gold.labels[:, column]]
        given = [label in annotation.labels for annotation in annotations]
        precision, recall, f1 = scores(truth, given)
        total += f1
        print(f"{label:<18}{precision:7.3f}{recall:7.3f}{f1:7.3f}{sum(truth):7}{sum(given):7}")
    truth = [bool(mark) for mark in gold.labels.any(axis=1)]
    given = [bool(annotation.labels) for annotation in annotations]
    precision, recall, f1 = scores(truth, given)
    print(f"{'macro':<18}{'':14}{total / len(gold.label_ids):7.3f}")
    print(f"{'binary (any)':<18}{precision:7.3f}{recall:7.3f}{f1:7.3f}{sum(truth):7}{sum(given):7}")
    right = sum(a == b for a, b in zip(truth, given, strict=True)) / len(gold)
    print(f"{'binary accuracy':<18}{right:7.3f}")


def print_speed_on_notes(path: Path, annotator: RulesAnnotator) -> None:
    rows = [row.text for row in read_note_rows(path, "text")]
    started = time.perf_counter()
    found = 0
    for text in rows:
        sentences = [text[start:end] for start, end in split_sentences(text)]
        annotator.annotate(sentences)
        found += len(sentences)
    seconds = time.perf_counter() - started
    print(f"{found / seconds:,.0f} sentences a second split and labelled in {len(rows):,} whole notes")


def print_reliability(gold: GoldSentences, annotations: Sequence[Annotation]) -> None:
    print("\nreliability:")
    for column, label in enumerate(gold.label_ids):
        given = [row for row, annotation in enumerate(annotations) if label in annotation.labels]
        print(f"  {label}: {sum(gold.labels[row, column] for row in given) / len(given):.2f}")
    none = [row for row, annotation in enumerate(annotations) if not annotation.labels]
    print(f"  none: {sum(not gold.labels[row].any() for row in none) / len(none):.2f}")


def print_errors(gold: GoldSentences, annotations: Sequence[Annotation]) -> None:
    for row, annotation in enumerate(annotations):
        truth = {label for column, label in enumerate(gold.label_ids) if gold.labels[row, column]}
        if truth != set(annotation.labels):
            print(f"{gold.ids[row]} gold {sorted(truth)} given {list(annotation.labels)}: {gold.texts[row]}")


def lexicon_only(pack: Pack) -> Pack:
    patterns = pack.patterns.model_copy(update={"findings": {}, "functions": {}, "exclusions": {}})
    return replace(pack, parts={**pack.parts, "patterns": patterns})


class MedspacyAnnotator:
    """The lexicon's surface forms as targets, medspaCy's ConText with its own rules to drop what is not affirmed."""

    source = "medspacy"

    def __init__(self, pack: Pack) -> None:
        import medspacy
        from medspacy.ner import TargetRule

        self._order = [label.id for label in pack.labels.scheme("five").labels]
        self._model: Any = medspacy.load(
            enable=["medspacy_pyrush", "medspacy_target_matcher", "medspacy_context"]
        )
        self._model.remove_pipe("medspacy_pyrush")
        unused = {form.lower() for form in (*pack.patterns.unused_forms, *pack.patterns.neutral_forms)}
        self._model.get_pipe("medspacy_target_matcher").add(
            [
                TargetRule(form, label)
                for term in pack.lexicon.terms().values()
                for form in term.surface_forms
                for label in term.labels
                if form.lower() not in unused
            ]
        )

    def annotate(self, sentences: Sequence[str], context: str = "") -> list[Annotation]:
        result = []
        for sentence in sentences:
            document = self._model.make_doc(sentence)
            for token in document:
                token.is_sent_start = token.i == 0
            for _, pipe in self._model.pipeline:
                document = pipe(document)
            said = {
                entity.label_
                for entity in document.ents
                if not (entity._.is_negated or entity._.is_family or entity._.is_hypothetical)
            }
            result.append(
                Annotation(tuple(label for label in self._order if label in said), 1.0, self.source)
            )
        return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--folds", nargs="+", default=["train", "val"])
    parser.add_argument("--pack", default="alzheimers")
    parser.add_argument("--reliability", action="store_true")
    parser.add_argument("--errors", action="store_true")
    parser.add_argument("--context", action="store_true")
    options = parser.parse_args()
    if options.errors and UNSEEN in options.folds:
        parser.error("the test fold stays unseen: no --errors on it")
    pack = load_pack(options.pack)
    scheme = pack.labels.scheme("five")
    gold = read_gold(options.data / "symptom-benchmark" / "sentences.jsonl", scheme).fold(*options.folds)
    annotator = RulesAnnotator(pack)
    annotations = annotator.annotate(gold.texts)
    print_scores(f"rules, folds {' '.join(options.folds)}", gold, annotations)
    started = time.perf_counter()
    for _ in range(3):
        annotator.annotate(gold.texts)
    print(f"\n{3 * len(gold) / (time.perf_counter() - started):,.0f} sentences a second")
    print_speed_on_notes(options.data / "notes" / "mtsamples.jsonl.gz", annotator)
    if options.reliability:
        print_reliability(gold, annotations)
    if options.errors:
        print_errors(gold, annotations)
    if options.context:
        small = lexicon_only(pack)
        contenders: list[tuple[str, Any]] = [("lexicon and own cues", RulesAnnotator(small))]
        try:
            contenders.append(("lexicon and medspaCy ConText", MedspacyAnnotator(pack)))
        except ImportError:
            print("\nmedspaCy is not installed")
        for name, contender in contenders:
            started = time.perf_counter()
            given = contender.annotate(gold.texts)
            seconds = time.perf_counter() - started
            print_scores(name, gold, given)
            print(f"{len(gold) / seconds:,.0f} sentences a second")


if __name__ == "__main__":
    main()
