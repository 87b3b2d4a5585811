"""Every check with its name, and which of them a prompt gives the right to make."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dualalign.notes.llm.checks import findings, form, people, symptoms
from dualalign.notes.llm.checks.case import Case
from dualalign.notes.llm.checks.words import CheckWords
from dualalign.notes.prompts import Alignment

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
        trajectory: whether it must have told the visit and what came before.
        told: whether it must have told either.
    """

    name: str
    find: Find
    persona: bool = False
    trajectory: bool = False
    told: bool = False


CHECKS = (
    Check("mention_missing", symptoms.mention_missing, trajectory=True),
    Check("mention_polarity", symptoms.quoted("mention_polarity"), trajectory=True),
    Check("past_as_present", symptoms.quoted("past_as_present"), trajectory=True),
    Check("relative_as_patient", symptoms.quoted("relative_as_patient"), trajectory=True),
    Check("course_reversed", symptoms.quoted("course_reversed"), trajectory=True),
    Check("mention_speaker", symptoms.quoted("mention_speaker"), trajectory=True),
    Check("mention_misplaced", symptoms.quoted("mention_misplaced"), trajectory=True),
    Check("symptom_denied", symptoms.symptom_denied, trajectory=True),
    Check("symptom_unplanned", symptoms.symptom_unplanned, trajectory=True),
    Check("score_missing", findings.score_missing, trajectory=True),
    Check("score_foreign", findings.score_foreign, trajectory=True),
    Check("medicine_missing", findings.medicine_missing, trajectory=True),
    Check("drug_foreign", findings.drug_foreign, persona=True, trajectory=True),
    Check("diagnosis_early", findings.diagnosis_early, trajectory=True),
    Check("too_early", findings.too_early),
    Check("informant", people.informant),
    Check("informant_name", people.informant_name, persona=True),
    Check("name_foreign", people.name_foreign, persona=True),
    Check("age", people.age, told=True),
    Check("sex", people.sex, told=True),
    Check("life", people.life, persona=True),
    Check("date_foreign", people.date_foreign, trajectory=True),
    Check("identifying", people.identifying),
    Check("length", form.length),
    Check("headings", form.headings),
    Check("cut_off", form.cut_off),
    Check("remarks", form.remarks),
    Check("thinking", form.thinking),
    Check("echo", form.echo),
    Check("copies_example", form.copies_example),
    Check("repeats_itself", form.repeats_itself),
    Check("copies_earlier", form.copies_earlier),
)

UNSURE = frozenset({"mention_missing", "mention_polarity", "past_as_present", "relative_as_patient"})
"""Checks that rest on the finder of stems where the model gave no evidence, and then never send a note back alone."""


class NoteChecker:
    """Makes the checks that a prompt gives the right to make.

    Args:
        pack: a loaded pack.
        calendar: whether the profile keeps to the calendar.
        alignment: what the prompts tell; a note is not blamed for what its writer was not told.
    """

    def __init__(self, pack: Pack, calendar: bool, alignment: Alignment) -> None:
        self._words = CheckWords(pack, calendar)
        self.made = checks_for(alignment)

    def check(self, case: Case) -> dict[str, tuple[str, ...]]:
        """Return what each check made found; nothing if it passed."""
        return {check.name: tuple(check.find(case, self._words)) for check in self.made}


def checks_for(alignment: Alignment) -> tuple[Check, ...]:
    """Return the checks that prompts of an alignment give the right to make."""
    persona, trajectory = alignment.tells_persona, alignment.tells_trajectory
    return tuple(
        check
        for check in CHECKS
        if (persona or not check.persona)
        and (trajectory or not check.trajectory)
        and (persona or trajectory or not check.told)
    )
