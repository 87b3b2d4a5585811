"""DualPath and baselines on a synthetic cohort: how early, who declines, and what is left when data go missing.

    dualalign generate alzheimers --profile sparse --patients 300 --controls 300 --seed 1 --out sparse
    python benchmarks/progression_synthetic.py sparse --pairs 150 --json synthetic.json

What comes out says what the simulator holds, not what notes of real patients hold.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from dualalign.cohort import open_cohort
from dualalign.packs import load_pack
from dualalign.progression import (
    DualPath,
    FittedDualPath,
    Learning,
    NetworkOptions,
    Protocol,
    TrainingOptions,
    Visits,
    compare,
    conversion_questions,
    cross_validate,
    decline_questions,
    read_cohort,
    to_visits,
)
from dualalign.progression.baselines import (
    LandmarkCox,
    gradient_boosting,
    history_logistic,
    last_visit_logistic,
)
from dualalign.progression.evaluation import drop_values, drop_visits, held_out_answers
from dualalign.progression.questions import Kind, Questions
from dualalign.progression.visits import Floats
from dualalign.stats.ranking import roc_auc

YEARS = (0, 1, 2, 3, 5, 7, 9)
CARE_AD = {0: 0.83, 1: 0.76, 2: 0.71, 3: 0.67, 5: 0.61, 7: 0.58, 10: 0.53}
"""Published accuracies of CARE-AD on real notes."""
DAY = 1 / 365.25
DECLINE = "three-year decline"
OPTIONS = TrainingOptions(NetworkOptions(dropout=0.1), epochs=60, patience=10, decay=1.0, batch_subjects=16)


def before(visits: Visits, years: float) -> Questions:
    """Ask of everyone, so many years (and a day) before the end of the record, whether the diagnosis comes by then."""
    return conversion_questions(visits, years + DAY, visits.end_times - years - DAY, exact=True)


def some(folder: Path, pairs: int | None) -> list[str] | None:
    """Return the ids of the first so many cases and of the controls matched to them."""
    if pairs is None:
        return None
    people = open_cohort(folder).table("personas", ["patient_id", "is_case", "matched_to"]).to_pylist()
    cases = [person["patient_id"] for person in people if person["is_case"]][:pairs]
    return cases + [person["patient_id"] for person in people if person["matched_to"] in cases]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("cohort", type=Path)
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--pairs", type=int, help="only the first so many cases and their controls")
    parser.add_argument("--no-boosting", action="store_true", help="leave gradient boosting out")
    parser.add_argument("--alone", action="store_true", help="also networks on one modality")
    chosen = parser.parse_args()
    data = read_cohort(
        chosen.cohort, site_column="factor_location", patients=some(chosen.cohort, chosen.pairs)
    )
    visits = to_visits(data)
    questions = {f"{year} years before": before(visits, year) for year in YEARS} | {
        DECLINE: decline_questions(visits)
    }
    protocol = Protocol(visits, data.groups, questions, (), chosen.folds, 1)
    ours = DualPath(options=OPTIONS)
    methods = [last_visit_logistic(), history_logistic(), gradient_boosting(), LandmarkCox()]
    if chosen.no_boosting:
        methods = [method for method in methods if method.name != "Gradient boosting"]
    if chosen.alone:
        for modality in data.schema.modalities[:2]:
            others = tuple(
                each for each in data.schema.numeric if data.schema.modality_of[each] != modality.id
            )
            methods.append(replace(ours, name=f"{modality.name} alone", hidden=others))
    started = time.perf_counter()
    predictions = cross_validate(protocol, methods)
    mine, dropped = with_gaps(protocol, ours)
    predictions[ours.name] = mine
    rows = compare(protocol, predictions, ours.name)
    print(
        f"{len(data)} people, {len(visits.times)} visits, {chosen.folds} folds by matched set, "
        f"{time.perf_counter() - started:.0f} s"
    )
    curve = load_pack(data.schema.name).published_results.leakage
    real = np.interp(YEARS, sorted(curve), [curve[year] for year in sorted(curve)])
    print("\nAUC of case against control, from what was known so many years before the diagnosis")
    print(f"{'':<24}" + "".join(f"{year:>7}" for year in YEARS))
    for method in predictions:
        found = {row.task: row.scores["auc"] for row in rows if row.method == method}
        print(f"{method:<24}" + "".join(f"{found[f'{year} years before'].value:>7.3f}" for year in YEARS))
    # Half of the people are cases, so half are called so; no answer is used to set the bound.
    called = {year: mine[f"{year} years before"][0] for year in YEARS}
    right = [
        ((called[year] > np.median(called[year])) == questions[f"{year} years before"].answers).mean()
        for year in YEARS
    ]
    print(f"{'DualPath, accuracy':<24}" + "".join(f"{value:>7.3f}" for value in right))
    print(
        f"{'CARE-AD, accuracy, real':<24}"
        + "".join(f"{CARE_AD.get(year, float('nan')):>7.2f}" for year in YEARS)
    )
    print(f"{'keywords, AUC, real':<24}" + "".join(f"{value:>7.3f}" for value in real))
    asked = questions[DECLINE]
    share = float(asked.answers.mean())
    print(
        f"\n{DECLINE}: {len(asked)} questions, {share:.1%} yes; saying no to all is right in {1 - share:.1%}"
    )
    for row in (row for row in rows if row.task == DECLINE):
        area, right = row.scores["auc"], row.scores["accuracy"]
        less = (
            ""
            if row.difference is None
            else (
                f"  AUC less DualPath {row.difference.value:+.3f} ({row.difference.low:+.3f} to {row.difference.high:+.3f})"
                f" p {row.difference.p:.3f}"
            )
        )
        print(
            f"  {row.method:<24} accuracy {right.value:.3f} ({right.low:.3f} to {right.high:.3f})  AUC {area.value:.3f} "
            f"({area.low:.3f} to {area.high:.3f})  slope {row.scores['calibration_slope'].value:.2f}{less}"
        )
    print("\nAUC of DualPath with data taken from those it predicts (1 year before; decline)")
    for name, (early, later) in dropped.items():
        print(f"  {name:<36}{early:>7.3f}{later:>7.3f}")
    print("\nBy subgroup, 3 years before")
    people = data.subjects
    age = np.array(people["age"].to_pylist()) + visits.end_times
    marks = {
        f"{column} {level}": np.array([each == level for each in people[column].to_pylist()])
        for column in ("sex", "education", "site")
        for level in sorted(set(people[column].to_pylist()))
    }
    marks |= {"under 65 at the end": age < 65, "85 and over at the end": age >= 85}
    groups = {}
    for name, mark in marks.items():
        kept = compare(protocol, {ours.name: mine}, ours.name, among=mark)
        found = next((row for row in kept if row.task == "3 years before"), None)
        if found is not None and not np.isnan(found.scores["auc"].value):
            area = found.scores["auc"]
            groups[name] = (int(mark.sum()), area.value, area.low, area.high)
            print(
                f"  {name:<26}{int(mark.sum()):>5} people  AUC {area.value:.3f} ({area.low:.3f} to {area.high:.3f})"
            )
    if chosen.json is not None:
        written = {"rows": [row.as_dict() for row in rows], "dropped": dropped, "groups": groups}
        chosen.json.write_text(json.dumps(written, indent=1), encoding="utf-8")


class FitOnce:
    """DualPath fitted at the first asking; afterwards only what it may see is changed."""

    def __init__(self, ours: DualPath) -> None:
        self.name, self._ours = ours.name, ours
        self.change: Callable[[Visits], Visits] = lambda seen: seen
        self._fitted: FittedDualPath | None = None

    def answers(self, kind: Kind) -> bool:
        return True

    def fit(self, learning: Learning, seed: int) -> FitOnce:
        self._fitted = self._fitted or self._ours.fit(learning, seed)
        return self

    def predict(self, seen: Visits, questions: Questions, task: str) -> Floats:
        assert self._fitted is not None
        return self._fitted.predict(self.change(seen), questions, task)


def with_gaps(protocol: Protocol, ours: DualPath):
    """Fit DualPath once a fold; predict from whole data and from data with gaps, of people it never saw."""
    visits = protocol.visits
    schema = visits.schema
    settings = {"everything": lambda seen: seen}
    for share in (0.1, 0.3, 0.5, 0.7, 0.9):
        settings[f"{share:.0%} of visits gone"] = lambda seen, share=share: drop_visits(seen, share, 0)
    for share in (0.1, 0.5, 0.9):
        settings[f"{share:.0%} of values gone"] = lambda seen, share=share: drop_values(seen, share, 0)
    for modality in schema.modalities:
        own = [each.id for each in modality.features]
        settings[f"no {modality.name.lower()}"] = lambda seen, own=own: seen.without(own)
    found = {
        name: {task: np.full((1, len(asked)), np.nan) for task, asked in protocol.questions.items()}
        for name in settings
    }
    fold = protocol.partitions()[0]
    for place in range(protocol.folds):
        once = FitOnce(ours)
        for name, change in settings.items():
            once.change = change
            answers = held_out_answers(protocol, once, fold != place)
            for task, (which, predicted) in answers.items():
                found[name][task][0, which] = predicted
    scored = {}
    for name, answers in found.items():
        scored[name] = tuple(
            roc_auc(protocol.questions[task].answers, answers[task][0])
            for task in ("1 years before", DECLINE)
        )
    return found["everything"], scored


if __name__ == "__main__":
    main()
