"""What the report page says first: the cohort in plain words, each figure computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dualalign.measures.alignment.noise import MEAN

if TYPE_CHECKING:
    from dualalign.cohort.reader import Cohort
    from dualalign.measures.measure import Measure
    from dualalign.packs.pack import Pack


def summary(cohort: Cohort, pack: Pack, found: dict[str, Measure]) -> list[str]:
    """Return a few sentences: how much there is, how close to its targets, what is wrong with it."""
    close = [_how_close(found)] if "notes_error" in found and "visits_error" in found else []
    return [_how_much(cohort, pack), *close, *_how_sound(found), *_how_real(found)]


def _how_much(cohort: Cohort, pack: Pack) -> str:
    counts, options = cohort.manifest["counts"], cohort.manifest["options"]
    labelled = counts["sentences"] - counts["unlabelled_sentences"]
    others = f" and {options['controls']:,} people without the disease" if options["controls"] else ""
    names = {label.id: label.name for label in pack.labels.scheme().labels}
    by_label = ", ".join(
        f"{name.lower()} {counts['labels'][label]:,}"
        for label, name in names.items()
        if label in counts["labels"]
    )
    return (
        f"{counts['notes']:,} notes that a program wrote about {options['patients']:,} invented patients with "
        f"{pack.pack.disease}{others}, over the {pack.pack.horizon_years} years before the diagnosis. Of "
        f"{counts['sentences']:,} sentences {labelled:,} carry a symptom label ({by_label})."
    )


def _how_close(found: dict[str, Measure]) -> str:
    notes, visits = found["notes_error"].breakdown, found["visits_error"]
    return (
        f"Half the patients have {notes['median']:.0f} notes or more; the pack expects {notes['target']:.0f} on average. "
        f"Notes of each type and window are {visits.value:.1%} from their target on average, where chance alone would "
        f"give {visits.baseline[MEAN]:.1%}."
    )


def _how_sound(found: dict[str, Measure]) -> list[str]:
    said = []
    if "contradictions" in found:
        rate = found["contradictions"].value
        many = f"{rate:.1f} per 1,000 notes" if rate else "none"
        said.append(f"Of the contradictions that a checker of text and tables knows, it finds {many}.")
    if "self_bleu_4" in found and "real notes" in found["self_bleu_4"].baseline:
        alike = found["self_bleu_4"]
        said.append(
            f"Sentences resemble one another more than real ones do: Self-BLEU {alike.value:.2f} against "
            f"{alike.baseline['real notes']:.2f}."
            if alike.value > alike.baseline["real notes"]
            else f"Sentences are as varied as real ones: Self-BLEU {alike.value:.2f} against "
            f"{alike.baseline['real notes']:.2f}."
        )
    if "leakage_excess" in found and found["leakage_excess"].value > 0:
        said.append(
            "A model tells patients from people without the disease more easily than keywords in real notes do (AUC up to "
            f"{found['leakage_excess'].value:.2f} higher): early detection learned here would look better than it is."
        )
    if "leakage_excess_keywords" in found and found["leakage_excess_keywords"].value <= 0:
        said.append("Keywords alone tell patients from others no better than they do in real notes.")
    return [" ".join(said)] if said else []


def _how_real(found: dict[str, Measure]) -> list[str]:
    said = []
    if "two_sample_sentences" in found:
        said.append(
            "Held against real notes, a classifier tells single sentences apart with AUC "
            f"{found['two_sample_sentences'].value:.2f}, where 0.5 is not at all."
        )
    if "membership_inference" in found:
        attack = found["membership_inference"]
        beats = attack.interval is not None and attack.interval[0] > 0.5
        said.append(
            f"An attacker {'can tell' if beats else 'cannot tell'} notes that the generator saw from others (AUC "
            f"{attack.value:.2f})."
        )
    if "label_error_rules" in found:
        said.append(
            f"On real sentences the rules set some label wrong in {found['label_error_rules'].value:.0%}."
        )
    return [" ".join(said)] if said else []
