"""The chapters on the text itself: whether it can all be true, and whether it looks real."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dualalign.report.chapter import Chapter, Plot, as_sentence, as_words
from dualalign.report.comparisons import bars, dots_by_kind, map_of_notes
from dualalign.report.figures import line_against_target

if TYPE_CHECKING:
    from dualalign.measures.measure import Measure
    from dualalign.measures.realism import NoteMap

Found = dict[str, "Measure"]


def sound_chapter(found: Found) -> Chapter | None:
    """Contradictions by kind, and how early notes tell cases from controls."""
    plots = []
    if "contradictions" in found:
        measure = found["contradictions"]
        counted = {as_words(kind): count for kind, count in measure.breakdown.items() if count}
        if counted:
            ranked = dict(sorted(counted.items(), key=lambda each: -each[1]))
            plots.append(
                Plot(bars("Contradictions by kind", ranked, "in the whole cohort"), f"{measure.note}.")
            )
    for name, reader in (("leakage_excess", "all words"), ("leakage_excess_keywords", "keywords")):
        if name in found:
            measure = found[name]
            years = [float(each.removeprefix("AUC ").split()[0]) for each in measure.breakdown]
            plots.append(
                Plot(
                    line_against_target(
                        f"Telling patients from others by {reader} (AUC)",
                        years,
                        list(measure.breakdown.values()),
                        list(measure.baseline.values()),
                        "notes up to so many years before diagnosis",
                        "AUC",
                    ),
                    "Target: keywords in real notes. Above it, early detection looks easier than it is; 0.5 is chance.",
                )
            )
    if "stage_time_error" in found:
        measure = found["stage_time_error"]
        stages = list(measure.breakdown)
        plots.append(
            Plot(
                dots_by_kind(
                    "Years in a stage",
                    stages,
                    {
                        "cohort": list(measure.breakdown.values()),
                        "published": [measure.baseline[f"target {stage}"] for stage in stages],
                    },
                    "years",
                ),
                f"{as_sentence(measure.note)} Far below the published time, years are squeezed together.",
            )
        )
    if not plots:
        return None
    text = []
    if "symptom_persistence" in found:
        stays, fits = found["symptom_persistence"], found.get("score_stage_agreement")
        text.append(
            f"Once told, a lasting symptom is affirmed in {stays.value:.1%} of its later mentions; notes that forget one "
            f"another would affirm {stays.baseline['notes that forget']:.1%}."
            + (
                f" {fits.value:.0%} of test scores lie in the band of their stage, of scores dealt at random "
                f"{fits.baseline['scores dealt at random']:.0%}."
                if fits
                else ""
            )
        )
    return Chapter("Can it all be true?", text, plots)


def real_chapter(found: Found, placed: NoteMap | None) -> Chapter | None:
    """The two-sample test and its words, form, topics, and a map of notes."""
    if "two_sample_notes" not in found:
        return None
    notes, sentences = found["two_sample_notes"], found["two_sample_sentences"]
    plots = [
        Plot(
            bars("Words that give it away", _both_ends(sentences), "log odds", ("reference", "synthetic")),
            "Words by which single sentences are told apart. No word is shown that one to nine reference notes hold.",
        )
    ]
    if "note_form" in found:
        form = found["note_form"]
        apart = {
            name.removeprefix("apart: "): value
            for name, value in form.breakdown.items()
            if name.startswith("apart: ")
        }
        named = {
            f"{name}\n{form.breakdown[name]:.3g}, reference {form.baseline[f'target {name}']:.3g}": value
            for name, value in apart.items()
        }
        plots.append(
            Plot(
                dots_by_kind(
                    "Form of notes",
                    list(named),
                    {"distance": list(named.values())},
                    "distance of distributions, 0 to 1",
                    line=form.baseline["reference against itself"],
                ),
                "Below each name its medians. The upright line is how far two halves of the reference lie apart.",
            )
        )
    if placed is not None:
        plots.insert(
            1,
            Plot(
                map_of_notes("A map of notes", placed),
                f"{placed.how}. Near points are alike; far distances mean nothing.",
            ),
        )
    if "topic_overlap" in found:
        plots.append(_topics(found["topic_overlap"]))
    text = [
        f"A classifier tells whole notes from reference notes with AUC {notes.value:.2f}, and single sentences with "
        f"{sentences.value:.2f}; two halves of the reference with {sentences.baseline['reference against itself']:.2f}. "
        "0.5 is not told apart."
    ]
    if "mauve" in found:
        mauve = found["mauve"]
        text.append(
            f"MAUVE is {mauve.value:.3f} where two halves of the reference reach "
            f"{mauve.baseline['reference against itself']:.2f} (1 fills the same regions of meaning; {mauve.note})."
        )
    return Chapter("Does it look real?", text, plots)


def _topics(measure: Measure) -> Plot:
    years = [int(name.removeprefix("year ")) for name in measure.breakdown]
    published = [measure.baseline.get(f"published year {year}") for year in years]
    return Plot(
        dots_by_kind(
            "Topics shared with the reference",
            [f"year {year}" for year in years],
            {"cohort": list(measure.breakdown.values()), "published": published},
            "share of the 20 strongest",
            line=measure.baseline["chance"],
        ),
        f"{measure.note}. The line is chance; two halves of the reference share "
        f"{measure.baseline['reference against itself']:.0%}. Published: other notes, topics by the authors.",
    )


def _both_ends(measure: Measure, each: int = 10) -> dict[str, float]:
    """Return the first words of either kind, as the measure ranks them."""
    above = [word for word, weight in measure.breakdown.items() if weight > 0][:each]
    below = [word for word, weight in measure.breakdown.items() if weight < 0][:each]
    return {word: measure.breakdown[word] for word in (*above, *below)}
