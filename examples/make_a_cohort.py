"""Generate a small cohort and look at one patient, one note and its labels."""

from collections import Counter

import dualalign as da


def main() -> None:
    cohort = da.generate("alzheimers", "cohort", patients=5, controls=5, seed=1)
    print(cohort)

    patient = cohort.personas.to_pylist()[0]
    print(
        f"{patient['patient_id']}: {patient['sex']}, {patient['age_at_index']} at diagnosis, {patient['work']}"
    )
    for visit in cohort.patient_rows("visits", patient["patient_id"])[-3:]:
        scores = ", ".join(f"{score['name']} {score['value']:g}" for score in visit["scores"])
        print(f"  {visit['date']}  {visit['note_type']}, {visit['stage']}  {scores}")

    print(cohort.notes["text"][0].as_py())

    counts = Counter(
        label for labels in cohort.sentences["labels"].to_pylist() for label in labels or ["no label"]
    )
    for label, count in counts.most_common():
        print(f"{label:<18}{count:>7,} sentences")


if __name__ == "__main__":
    main()
