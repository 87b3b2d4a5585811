"""Label the sentences of notes in a CSV file: `python label_notes.py notes.csv text`; without a file, of two invented ones."""

import csv
import sys
from collections import Counter
from pathlib import Path

import dualalign as da

INVENTED = [
    "HPI: 78yo woman here with her daughter, who is worried. Forgets names and repeats questions. Denies falls.",
    "Lives alone. Needs help with bills and pills. Slept poorly, tearful at times. Mother had dementia.",
]


def main() -> None:
    notes = INVENTED
    if len(sys.argv) == 3:
        with Path(sys.argv[1]).open(encoding="utf-8", newline="") as file:
            notes = [row[sys.argv[2]] for row in csv.DictReader(file)]

    sentences = da.label(notes)
    if notes is INVENTED:
        for sentence in sentences:
            print(f"{', '.join(sentence.labels) or '-':<26}{sentence.text}")
    counts = Counter(label for sentence in sentences for label in sentence.labels)
    print(f"{len(notes)} notes, {len(sentences)} sentences: {dict(counts)}")


if __name__ == "__main__":
    main()
