"""What readers said of synthetic notes read blind among real ones, by round.

The readings are in data/blind_readings.csv, one row a note: round, origin (real or synthetic), note (id of a synthetic
note; empty for a real one), taken_for_real, plausibility 1 to 5, sentences, bad (sentences that nobody would write),
coherent (yes, partly, no) and unsafe (a danger left unanswered). No text of a note is kept. Every reader so far was a
language model that saw nothing but the notes and the rubric.
"""

import csv
from collections import Counter, defaultdict
from pathlib import Path

READINGS = Path(__file__).parent / "data" / "blind_readings.csv"


def main() -> None:
    rows: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    with READINGS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            rows[(row["round"], row["origin"])].append(row)
    print(
        "round  origin     notes  plausibility  4 or 5  bad sentences  coherent yes/partly/no  unsafe  taken for real"
    )
    for (number, origin), notes in sorted(rows.items()):
        scores = [int(each["plausibility"]) for each in notes]
        bad = sum(int(each["bad"]) for each in notes) / sum(int(each["sentences"]) for each in notes)
        hangs = Counter(each["coherent"] for each in notes)
        print(
            f"{number:<6} {origin:<10} {len(notes):5}  {sum(scores) / len(scores):12.2f}  "
            f"{sum(score >= 4 for score in scores) / len(scores):6.0%}  {bad:13.1%}  "
            f"{hangs['yes']:10}/{hangs['partly']}/{hangs['no']:<9}  "
            f"{sum(int(each['unsafe']) for each in notes):6}  "
            f"{sum(int(each['taken_for_real']) for each in notes) / len(notes):14.0%}"
        )


if __name__ == "__main__":
    main()
