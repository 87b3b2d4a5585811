"""How a language model writes a cohort: which model, told what, checked how often, for which visits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dualalign.errors import WriterError
from dualalign.llm.choice import ModelChoice
from dualalign.notes.prompts import Alignment

_MOST_REPAIRS = 20


@dataclass(frozen=True, slots=True)
class ModelWriting:
    """A model as the writer of a cohort.

    Args:
        choice: which model, and what may be spent on it.
        alignment: what its prompts tell.
        repairs: times a note that fails checks goes back with the reasons.
        most_notes: notes of one patient, evenly spread over all visits, the first and the last among them; None
            writes every visit. The chart that a prompt tells of holds all earlier visits either way.

    Raises:
        WriterError: a number out of range.
    """

    choice: ModelChoice
    alignment: Alignment = Alignment.BOTH
    repairs: int = 2
    most_notes: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.repairs <= _MOST_REPAIRS:
            raise WriterError(
                f"--repairs is {self.repairs}", f"give a whole number from 0 to {_MOST_REPAIRS}"
            )
        if self.most_notes is not None and self.most_notes < 1:
            raise WriterError(f"--most-notes is {self.most_notes}", "give a whole number of at least 1")

    def row_options(self) -> dict[str, Any]:
        """Return the options that change rows; the pack's prompts are in its own fingerprint."""
        return {
            "alignment": self.alignment.value,
            "repairs": self.repairs,
            "most_notes": self.most_notes,
            "temperature": self.choice.temperature,
            "max_tokens": self.choice.max_tokens,
            "extra_body": self.choice.extra_body or None,
        }

    def visits(self, total: int) -> list[int]:
        """Return which of a patient's visits are written."""
        most = self.most_notes
        if most is None or most >= total:
            return list(range(total))
        if most == 1:
            return [total - 1]
        return [round(number * (total - 1) / (most - 1)) for number in range(most)]
