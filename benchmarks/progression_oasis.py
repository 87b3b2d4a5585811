"""DualPath and baselines on OASIS-2, split by subject.

    python benchmarks/progression_oasis.py ../shared/data/oasis/oasis_longitudinal.csv --cohort pairs --json oasis.json

`--cohort` is a folder that `dualalign generate alzheimers --patients 300 --controls 300` wrote; without it nothing is
pre-trained. `--share 0.25` lets every method learn from a quarter of its training people only. Data were provided by OASIS-2: Longitudinal: Principal Investigators: D. Marcus, R. Buckner, J. Csernansky,
J. Morris; P50 AG05681, P01 AG03991, P01 AG026276, R01 AG021910, P20 MH071616, U24 RR021382.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.special import expit, logit

from dualalign.progression import (
    DualPath,
    Fitted,
    Kind,
    Learning,
    LongitudinalData,
    LongitudinalSchema,
    Method,
    Protocol,
    Questions,
    TrainingOptions,
    Visits,
    compare,
    cross_validate,
    next_visit_conversion_questions,
    read_cohort,
    read_mapped_csv,
    schema_questions,
    start_from,
    state_questions,
    to_visits,
)
from dualalign.progression.baselines import LandmarkCox, baselines, last_visit_logistic
from dualalign.progression.dualpath import ablations
from dualalign.progression.folds import subject_folds
from dualalign.progression.questions import subjects_with_yes
from dualalign.progression.scores import concordance, resample
from dualalign.randomness import Stream, generator

NOW, NEXT, CONVERSION = "CDR > 0 at this scan", "CDR > 0 at the next scan", "conversion by the next scan"
DUALPATH, PRETRAINED = "DualPath", "DualPath, pre-trained"
SYNTHETIC, AVERAGED = "DualPath, synthetic alone", "DualPath and logistic"

PARTS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("without any rating", ("cdr",), (NOW, NEXT, CONVERSION)),
    ("with the ratings of past scans", (), (NEXT,)),
    ("without any rating and without MMSE", ("cdr", "mmse"), (NOW, NEXT, CONVERSION)),
)
"""Title, features that no method sees, tasks."""


@dataclass(frozen=True)
class Ready:
    """A method that learned elsewhere and learns nothing here."""

    name: str
    fitted: Fitted

    def answers(self, kind: Kind) -> bool:
        return True

    def fit(self, learning: Learning, seed: int) -> Fitted:
        return self.fitted


@dataclass(frozen=True)
class FewerPeople:
    """A method that learns from a share of the people it is given."""

    method: Method
    share: float

    @property
    def name(self) -> str:
        return self.method.name

    def answers(self, kind: Kind) -> bool:
        return self.method.answers(kind)

    def fit(self, learning: Learning, seed: int) -> Fitted:
        parts = round(1 / self.share)
        marks = subjects_with_yes(learning.questions, len(learning.visits))
        fold = subject_folds(learning.groups, marks, parts, generator(seed, Stream.PROGRESSION, 3000))
        kept = np.flatnonzero(fold == 0)
        visits = learning.visits.take(kept.tolist())
        fewer = Learning(
            visits,
            learning.seen.take(kept.tolist()),
            tuple(learning.groups[place] for place in kept),
            {task: asked.about(kept, visits, learning.visits) for task, asked in learning.questions.items()},
        )
        return self.method.fit(fewer, seed)


def from_synthetic(folder: Path, hidden: tuple[str, ...]) -> list[Method]:
    """Fit on a synthetic cohort in the schema of OASIS-2; return that model, and methods that start from its weights."""
    data = read_cohort(folder, "alzheimers_as_oasis2")
    visits = to_visits(data)
    seen = visits.without(hidden) if hidden else visits
    options = TrainingOptions(epochs=40, patience=8, batch_subjects=64)
    fitted = DualPath(options=options).fit(Learning(visits, seen, data.groups, schema_questions(visits)), 0)
    gentle = replace(TrainingOptions(), rate=TrainingOptions().rate / 3)
    return [Ready(SYNTHETIC, fitted), DualPath(PRETRAINED, gentle, start=start_from(fitted))]


def methods_for(
    schema: LongitudinalSchema, title: str, hidden: tuple[str, ...], chosen: argparse.Namespace
) -> Sequence[Method]:
    """Return what is compared in one part."""
    ours = DualPath(DUALPATH)
    methods: list[Method]
    if chosen.ablations_only:
        methods = [ours, *ablations(schema, None, hidden)]
    elif chosen.share < 1:
        methods = [last_visit_logistic(), ours]
    else:
        methods = [*baselines(), ours]
        if title != "without any rating":
            methods = [method for method in methods if method.name != "Gradient boosting"]
        elif not chosen.quick:
            methods += ablations(schema, None, hidden)
        if hidden:
            methods = [method for method in methods if method.name != "Last state carried forward"]
    if chosen.cohort is not None:
        methods += from_synthetic(chosen.cohort, hidden)
    if chosen.share < 1:
        methods = [FewerPeople(method, chosen.share) for method in methods]
    return methods


def time_to_conversion(data: LongitudinalData, visits: Visits, repeats: int) -> None:
    """Print Harrell's C of the risk at the first scan of the nondemented; a logistic regression learns who ever converted."""
    first = visits.starts[:-1]
    at_risk = np.flatnonzero(~(visits.event_times <= visits.times[first]))
    happened = ~np.isnan(visits.event_times[at_risk])
    until = np.where(happened, visits.event_times[at_risk], visits.end_times[at_risk])
    zeros, horizon = np.zeros(len(at_risk)), np.full(len(at_risk), 3.0)
    asked = Questions(Kind.CONVERSION, at_risk, first[at_risk], zeros, horizon, happened)
    protocol = Protocol(visits, data.groups, {"time": asked}, ("cdr",), 5, repeats)
    groups = [data.groups[subject] for subject in at_risk]
    weights = resample(groups, 1000, generator(0, Stream.PROGRESSION, 2000)).of_questions
    print(
        f"\ntime to conversion, from the first scan: {len(at_risk)} people, {int(happened.sum())} events, C-index"
    )
    for name, found in cross_validate(protocol, [last_visit_logistic(), LandmarkCox(), DualPath()]).items():
        each = np.mean([concordance(until, happened, risk, weights) for risk in found["time"]], axis=0)
        low, high = np.nanquantile(each[1:], [0.025, 0.975])
        print(f"    {name:<28} {each[0]:.3f} ({low:.3f} to {high:.3f})", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("csv", type=Path)
    parser.add_argument("--cohort", type=Path)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path)
    parser.add_argument(
        "--parts", type=int, nargs="*", default=[0, 1, 2], help="which of the three comparisons"
    )
    parser.add_argument(
        "--share", type=float, default=1.0, help="of the training people, to learn from: 0.5, 0.25, ..."
    )
    parser.add_argument("--ablations-only", action="store_true", help="only DualPath with a part taken away")
    parser.add_argument("--time", action="store_true", help="also the time to conversion (C-index)")
    parser.add_argument("--quick", action="store_true", help="no ablations")
    chosen = parser.parse_args()
    data = read_mapped_csv(chosen.csv, "oasis2")
    visits = to_visits(data)
    written: dict[str, object] = {}
    for title, hidden, wanted in [PARTS[place] for place in chosen.parts]:
        everything = {
            NOW: state_questions(visits, 0),
            NEXT: state_questions(visits, 1),
            CONVERSION: next_visit_conversion_questions(visits),
        }
        questions = {task: everything[task] for task in wanted}
        protocol = Protocol(visits, data.groups, questions, hidden, 5, chosen.repeats)
        methods = methods_for(data.schema, title, hidden, chosen)
        started = time.perf_counter()
        predictions = cross_validate(protocol, methods)
        if not chosen.ablations_only:
            ours, other = predictions[DUALPATH], predictions[last_visit_logistic().name]
            predictions[AVERAGED] = {
                task: expit((logit(ours[task]) + logit(other[task])) / 2) for task in ours
            }
        took = time.perf_counter() - started
        rows = compare(protocol, predictions, DUALPATH)
        print(f"\n{title}: {chosen.repeats} x 5 folds by subject, {took:.0f} s")
        for task in wanted:
            asked = questions[task]
            print(
                f"\n  {task}: {len(asked)} questions, {int(asked.answers.sum())} yes, of "
                f"{len(np.unique(asked.subjects))} people"
            )
            for row in (row for row in rows if row.task == task):
                scores = row.scores
                area, slope = scores["auc"], scores["calibration_slope"]
                line = (
                    f"    {row.method:<28} AUC {area.value:.3f} ({area.low:.3f} to {area.high:.3f})  PR "
                    f"{scores['pr_auc'].value:.3f}  Brier {scores['brier'].value:.3f}  slope {slope.value:.2f}"
                )
                if row.difference is not None:
                    against = row.difference
                    line += f"  less DualPath {against.value:+.3f} ({against.low:+.3f} to {against.high:+.3f}) p {against.p:.3f}"
                print(line, flush=True)
        written[title] = [row.as_dict() for row in rows]
    if chosen.time:
        time_to_conversion(data, visits, chosen.repeats)
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(written, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
