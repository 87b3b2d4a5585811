"""What a model would be asked, and about how much of it, before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dualalign.charts import PatientSimulator
from dualalign.notes.prompts import PromptWriter
from dualalign.personas import match_controls, sample_personas

if TYPE_CHECKING:
    from dualalign.cohort.model_writing import ModelWriting
    from dualalign.packs import Pack

SAMPLED = 20
"""Patients whose prompts are written for the estimate, evenly spread over all."""

_CHARACTERS_PER_TOKEN = 4.0
_TOKENS_PER_WORD = 4 / 3
_PROMPTS = 3


@dataclass(frozen=True, slots=True)
class WritingEstimate:
    """What a run would ask, if no note came back for repair.

    Args:
        notes: calls, one for each note.
        most_calls: calls if every note were sent back as often as allowed.
        prompt_tokens: at four characters a token; a model's own tokens differ by a fifth or so.
        reply_tokens: from the words asked for.
        cost_usd: None if no prices were given.
        sampled: patients that the figures are scaled up from.
        prompts: some prompts in full, as text.
    """

    notes: int
    most_calls: int
    prompt_tokens: int
    reply_tokens: int
    cost_usd: float | None
    sampled: int
    prompts: tuple[str, ...]


def estimate_writing(
    pack: Pack, writing: ModelWriting, patients: int, controls: int, profile: str | None, seed: int
) -> WritingEstimate:
    """Return what a cohort would take.

    Args:
        pack: a loaded pack with prompts.
        writing: which model, and how.
        patients: number of cases.
        controls: number of controls.
        profile: pack profile, the pack's default if None.
        seed: of the run.

    Raises:
        PackError: the pack has no prompts.
    """
    profile = profile or pack.profiles.default
    prompts = PromptWriter(pack, writing.alignment)
    simulator = PatientSimulator(pack, profile)
    cases = sample_personas(pack, patients, seed, profile)
    people = [*cases, *(match_controls(cases, pack, controls, seed) if controls else ())]
    sample = people[:: max(1, len(people) // SAMPLED)][:SAMPLED]
    characters = words = 0
    asked: list[tuple[str, str]] = []
    for persona in sample:
        trajectory = simulator.simulate(persona, seed)
        plans, chart = trajectory.plans, trajectory.chart
        assert chart is not None
        for visit in writing.visits(len(plans)):
            messages = prompts.messages(persona, chart, plans[visit], plans[:visit])
            characters += sum(len(message["content"]) for message in messages)
            words += plans[visit].style.words
            asked.append(
                (
                    f"{plans[visit].patient_id}, visit {visit}",
                    "\n\n".join(f"[{m['role']}]\n{m['content']}" for m in messages),
                )
            )
    scale = len(people) / len(sample)
    notes = round(len(asked) * scale)
    prompt_tokens = round(characters / _CHARACTERS_PER_TOKEN * scale)
    reply_tokens = round(words * _TOKENS_PER_WORD * scale)
    prices = writing.choice.prices
    shown = asked[:: max(1, len(asked) // _PROMPTS)][:_PROMPTS]
    return WritingEstimate(
        notes,
        notes * (1 + writing.repairs),
        prompt_tokens,
        reply_tokens,
        prices.cost(prompt_tokens, reply_tokens) if prices else None,
        len(sample),
        tuple(f"{who}\n\n{text}" for who, text in shown),
    )
