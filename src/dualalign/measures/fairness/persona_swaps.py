"""Counterfactual personas: the same plans written for another sex or race must get the same labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dualalign.measures.fairness.groups import compared_factors
from dualalign.measures.measure import Figure, Measure, bootstrap_interval
from dualalign.measures.metric import lower, measured

if TYPE_CHECKING:
    from dualalign.cohort.reader import Cohort
    from dualalign.labels.annotation import Annotator
    from dualalign.notes.note import Note
    from dualalign.packs.pack import Pack
    from dualalign.personas.persona import Persona

MOST_PATIENTS = 12
_NOTES_READ = 20
"""Notes of a patient that are read, evenly over the years; all are written, since each draws on what came before."""

_OTHER_SEED = 1_000_003


@measured("embedded_writer", swap_changes=lower(0, 1))
def swap_changes(cohort: Cohort, pack: Pack, annotator: Annotator | None = None) -> Measure:
    """Return the share of notes that get other labels once the persona's sex or another compared factor is swapped.

    The embedded writer writes the same plans with the same seed for the persona as it is and with one level changed; a
    note changed if an annotator that reads the text alone gives some label to more or fewer of its sentences. The
    baseline writes the plans again with another seed: what a mere change of wording does.

    Args:
        annotator: reads the text; the pack's rules if None.
    """
    from dualalign.charts import PatientSimulator
    from dualalign.labels.rules import RulesAnnotator
    from dualalign.notes import PassageWriter
    from dualalign.personas import sample_personas

    options = cohort.manifest["options"]
    profile, seed = cohort.profile, options["seed"]
    patients = min(options["patients"], MOST_PATIENTS)
    annotator = annotator or RulesAnnotator(pack)
    reader = _Reader(annotator)
    simulator = PatientSimulator(pack, profile)
    writer = PassageWriter(pack, simulator.book)
    factors = [factor for factor in compared_factors(pack) if factor != pack.factors.age_factor]
    labels = [label.id for label in pack.labels.scheme().labels]
    kinds = [*factors, "wording"]
    changed = np.zeros((patients, len(kinds)))
    notes = np.zeros((patients, len(kinds)))
    by_label: Counter[str] = Counter()
    for row, persona in enumerate(sample_personas(pack, patients, seed, profile)):
        trajectory = simulator.simulate(persona, seed)
        before = reader.labels(writer.write_patient(trajectory, seed))
        for column, kind in enumerate(kinds):
            swapped = persona if kind == "wording" else _swapped(persona, kind, pack)
            if swapped is None:
                continue
            other_seed = seed + _OTHER_SEED if kind == "wording" else seed
            after = reader.labels(writer.write_patient(replace(trajectory, persona=swapped), other_seed))
            differ = [
                {label for label in labels if a[label] != b[label]}
                for a, b in zip(before, after, strict=True)
            ]
            changed[row, column] = sum(map(bool, differ))
            notes[row, column] = len(before)
            if kind != "wording":
                by_label.update(label for each in differ for label in each)
    swaps = slice(0, len(factors))

    def share(rows: npt.NDArray[np.intp]) -> float:
        return float(changed[rows, swaps].sum() / max(1.0, notes[rows, swaps].sum()))

    total = max(1.0, float(notes[:, swaps].sum()))
    return Figure(
        share(np.arange(patients)),
        bootstrap_interval(patients, share, seed, draws=300),
        {
            f"swapped {pack.factors.factor(factor).name}": float(
                changed[:, column].sum() / max(1.0, notes[:, column].sum())
            )
            for column, factor in enumerate(factors)
        }
        | {f"label {label}": by_label[label] / total for label in labels},
        {"another wording": float(changed[:, -1].sum() / max(1.0, notes[:, -1].sum()))},
        note=f"20 notes of each of {patients} patients, each swap apart; labels by {annotator.source}",
    )


def _swapped(persona: Persona, factor: str, pack: Pack) -> Persona | None:
    """Return the persona with the next level of a factor, everything else kept; None if only the wording would change.

    Between a woman and a man pronouns change and nothing else; the embedded writer writes of others with other slots, so that
    the same draws make other sentences.
    """
    levels = list(pack.factors.factor(factor).levels)
    now = persona.factors[factor]
    if factor == pack.factors.sex_factor:
        levels = ["female", "male"]
        if now not in levels:
            return None
    other = levels[(levels.index(now) + 1) % len(levels)]
    sex = other if factor == pack.factors.sex_factor else persona.sex
    return replace(persona, factors=persona.factors | {factor: other}, sex=sex)


class _Reader:
    """Counts labels of notes; a sentence that was read before is not read again."""

    def __init__(self, annotator: Annotator) -> None:
        self._annotator = annotator
        self._known: dict[str, tuple[str, ...]] = {}

    def labels(self, notes: Sequence[Note]) -> list[Counter[str]]:
        """Return, for each note that is read, how many of its sentences have each label."""
        found = []
        for note in notes[:: max(1, len(notes) // _NOTES_READ)]:
            said = [note.text[each.start : each.end] for each in note.sentences]
            new = [sentence for sentence in dict.fromkeys(said) if sentence not in self._known]
            read = self._annotator.annotate(new)
            self._known.update((sentence, each.labels) for sentence, each in zip(new, read, strict=True))
            found.append(Counter(label for sentence in said for label in self._known[sentence]))
        return found
