"""The chapters on what the data does to people and models: privacy, fairness and labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dualalign.measures.privacy.attack import CONTROL, NAIVE, UNSEEN
from dualalign.report.chapter import Chapter, Plot, as_sentence, as_words
from dualalign.report.comparisons import dots_by_kind

if TYPE_CHECKING:
    from dualalign.measures.measure import Measure
    from dualalign.packs.pack import Pack

Found = dict[str, "Measure"]

_ATTACKS = (
    ("copied_runs", "copied words"),
    ("copied_nearly", "nearly copied sentences"),
    ("copied_identifiers", "copied identifiers"),
    ("canaries", "planted canaries"),
    ("singling_out", "singling out"),
    ("linkability", "linking records"),
    ("inference", "inferring a value"),
)
_MOST_GAPS = 24


def private_chapter(found: Found) -> Chapter | None:
    """Every attack with its naive guess and control, and identifiers in the text."""
    plots = []
    attacks = [(found[name], said) for name, said in _ATTACKS if name in found]
    if attacks:
        plots.append(
            Plot(
                dots_by_kind(
                    "Attacks on what was seen",
                    [said for _, said in attacks],
                    {
                        "attack": [each.breakdown["attack"] for each, _ in attacks],
                        "control": [each.baseline[CONTROL] for each, _ in attacks],
                        "naive": [each.baseline.get(NAIVE, each.baseline.get(UNSEEN)) for each, _ in attacks],
                    },
                    "share that succeeds",
                ),
                "Control: the same attack on what the generator never saw. Only what exceeds it concerns privacy.",
            )
        )
    if "membership_inference" in found:
        rows = [
            ("membership_inference", "was this note seen? (AUC)"),
            ("nearer_to_seen", "nearer to seen notes"),
        ]
        both = [(found[name], said) for name, said in rows if name in found]
        plots.append(
            Plot(
                dots_by_kind(
                    "Nearness to seen notes",
                    [said for _, said in both],
                    {
                        "measured": [each.value for each, _ in both],
                        "control": [each.baseline[CONTROL] for each, _ in both],
                    },
                    "0.5 is no better than guessing",
                    [each.interval for each, _ in both],
                    0.5,
                ),
                "Bars: 95% intervals.",
            )
        )
    if "identifiers" not in found:
        return None
    scan = found["identifiers"]
    kinds = {
        as_words(kind): value for kind, value in scan.breakdown.items() if not kind.startswith("planned")
    }
    text = [
        f"{scan.value:.1f} in 1,000 notes hold something with the form of an identifier that is neither the visit's date nor an "
        f"invented name ({', '.join(f'{kind} {value:.0f}' for kind, value in kinds.items() if value) or 'none at all'})."
    ]
    if not plots:
        text.append(
            "The generator was not held against real notes it may have seen: nothing is known of copying."
        )
    return Chapter("Does it give anybody away?", text, plots)


def fair_chapter(found: Found) -> Chapter | None:
    """Label rates and errors by group, and labels under swapped personas."""
    plots = []
    for name, title, unit, line in (
        ("label_rate_gap", "Labels a note by group", "as a share of all patients'", 1.0),
        ("classifier_error_gap", "A classifier's errors by group", "share of errors less that of all", 0.0),
    ):
        if name in found:
            measure = found[name]
            cells = sorted(measure.breakdown, key=lambda cell: -abs(measure.breakdown[cell] - line))[
                :_MOST_GAPS
            ]
            plots.append(
                Plot(
                    dots_by_kind(
                        title,
                        cells,
                        {"rate": [measure.breakdown[cell] for cell in cells]},
                        unit,
                        [measure.intervals.get(cell) for cell in cells],
                        line,
                    ),
                    f"{_which(len(cells), len(measure.breakdown))}, with 95% intervals, each for itself: one in twenty lies beyond "
                    "its own by chance.",
                )
            )
    text = []
    if "label_rate_gap" in found:
        gap = found["label_rate_gap"]
        text.append(
            f"The greatest difference of a group's labels from everybody's is {gap.value:.0%}. Among patients dealt to groups at "
            f"random, one such comparison in twenty would reach {gap.baseline['noise, 1 in 20']:.0%}."
        )
    if "swap_changes" in found:
        swaps = found["swap_changes"]
        text.append(
            f"Written for the other sex, another race or ethnicity, {swaps.value:.1%} of notes get other labels from a reader of "
            f"the text; written again in other words, {swaps.baseline['another wording']:.0%} do."
        )
    return Chapter("Are groups treated alike?", text, plots) if text else None


def label_chapter(found: Found, pack: Pack) -> Chapter | None:
    """Each source of labels against sentences that people labelled."""
    sources = [each for name, each in found.items() if name.startswith("label_error_")]
    names = {label.id: label.name for label in pack.labels.scheme().labels}
    plots = []
    for measure in sources:
        labels = [label for label in names if f"{label}: missed" in measure.breakdown]
        source = as_words(measure.name.removeprefix("label_error_"))
        plots.append(
            Plot(
                dots_by_kind(
                    f"Errors of labels by {source}",
                    [names[label] for label in labels],
                    {
                        "missed": [100 * measure.breakdown[f"{label}: missed"] for label in labels],
                        "given wrongly": [
                            100 * measure.breakdown[f"{label}: given wrongly"] for label in labels
                        ],
                    },
                    "% of sentences with the label, and of those without it",
                ),
                f"{as_sentence(measure.note)} {measure.value:.1%} of sentences have some label wrong.",
            )
        )
    text = []
    if "plan_against_rules" in found:
        plan = found["plan_against_rules"]
        text.append(
            f"The plan and the rules label {plan.value:.1%} of sentences differently. {as_sentence(plan.note)}"
        )
    return Chapter("How right are the labels?", text, plots) if text or plots else None


def _which(shown: int, of: int) -> str:
    return f"All {of} rates" if shown == of else f"The {shown} of {of} rates that lie furthest off"
