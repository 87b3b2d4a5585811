"""Every check with its name, and which of them a prompt gives the right to make."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dualalign.notes.llm.checks import findings, form, people, symptoms
from dualalign.notes.llm.checks.case import Case
from dualalign.notes.llm.checks.words import CheckWords
from dualalign.notes.prompts import Alignment, PromptWriter

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack

Find = Callable[[Case, CheckWords], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Check:
    """One check.

    Args:
        name: stable, as tables and manifests give it.
        find: yields what is wrong, in words a model can act on.
        persona: whether the prompt must have told the persona.
        trajectory: whether it must have told stage, mentions and chart.
    """

    name: str
    find: Find
    persona: bool = False
    trajectory: bool = False


CHECKS = (
    Check("mention_missing", symptoms.mention_missing, trajectory=True),
    Check("mention_polarity", symptoms.mention_polarity, trajectory=True),
    Check("symptom_denied", symptoms.symptom_denied, trajectory=True),
    Check("symptom_early", symptoms.symptom_early, trajectory=True),
    Check("score_missing", findings.score_missing, trajectory=True),
    Check("score_foreign", findings.score_foreign, trajectory=True),
    Check("medicine_missing", findings.medicine_missing, trajectory=True),
    Check("drug_foreign", findings.drug_foreign, trajectory=True),
    Check("diagnosis_early", findings.diagnosis_early, trajectory=True),
    Check("too_early", findings.too_early),
    Check("informant", people.informant),
    Check("informant_name", people.informant_name, persona=True),
    Check("age", people.age, persona=True),
    Check("sex", people.sex, persona=True),
    Check("date_foreign", people.date_foreign),
    Check("identifying", people.identifying),
    Check("length", form.length),
    Check("headings", form.headings),
    Check("cut_off", form.cut_off),
    Check("remarks", form.remarks),
    Check("echo", form.echo),
    Check("copies_example", form.copies_example),
    Check("repeats_itself", form.repeats_itself),
    Check("copies_earlier", form.copies_earlier),
)


class NoteChecker:
    """Makes the checks that a prompt gives the right to make.

    Args:
        pack: a loaded pack.
        calendar: whether the profile keeps to the calendar.
        alignment: what the prompts tell; a note is not blamed for what its writer was not told.
    """

    def __init__(self, pack: Pack, calendar: bool, alignment: Alignment) -> None:
        self._words = CheckWords(pack, calendar, PromptWriter(pack, alignment).wording)
        self.made = checks_for(alignment)

    def check(self, case: Case) -> dict[str, tuple[str, ...]]:
        """Return what each check made found; nothing if it passed."""
        return {check.name: tuple(check.find(case, self._words)) for check in self.made}


def checks_for(alignment: Alignment) -> tuple[Check, ...]:
    """Return the checks that prompts of an alignment give the right to make."""
    persona = alignment in (Alignment.PERSONA, Alignment.BOTH)
    trajectory = alignment in (Alignment.TRAJECTORY, Alignment.BOTH)
    return tuple(
        check for check in CHECKS if (persona or not check.persona) and (trajectory or not check.trajectory)
    )
