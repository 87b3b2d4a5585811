"""The card that goes with a saved model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dualalign.progression.schema import LongitudinalSchema


def model_card(schema: LongitudinalSchema, facts: Mapping[str, Any], hidden: Sequence[str]) -> str:
    """Return the card in Markdown: what it reads, what it says, what it learned from, what it is not for.

    Args:
        schema: of the data it was fitted on.
        facts: subjects, visits and, by task, questions and yes among them.
        hidden: features that it never saw.
    """
    asked = []
    if schema.conversion is not None:
        horizons = ", ".join(f"{years:g}" for years in schema.conversion.horizons)
        asked.append(f"the risk of {schema.conversion.event} within {horizons} years")
    if schema.state is not None:
        asked.append(
            f"the chance that {schema.state.feature} lies above {schema.state.above:g} at a later time"
        )
    if schema.decline is not None:
        decline = schema.decline
        asked.append(
            f"the chance that {decline.feature} worsens by {decline.points:g} in {decline.years:g} years"
        )
    if schema.forecast:
        asked.append(f"later values of {', '.join(schema.forecast)}, with their spread")
    lines = [
        f"# DualPath on {schema.name}",
        "",
        f"Schema `{schema.name}`, fingerprint `{schema.fingerprint()}`; data of another schema are refused.",
        "",
        "## Says",
        *(f"- {each}" for each in asked),
        "",
        "## Reads",
    ]
    for modality in schema.modalities:
        seen = [each.id for each in modality.features if not each.text and each.id not in hidden]
        if seen and modality.encoder is not None:
            read = modality.encoder
            lines.append(
                f"- {modality.name}: {len(seen)} numbers of the encoder `{read.name}` ({read.digest})"
            )
        elif seen:
            lines.append(f"- {modality.name}: {', '.join(seen)}")
    lines.append(f"- Person: {', '.join(each.id for each in schema.static) or 'nothing'}")
    if hidden:
        lines.append(f"- Never saw: {', '.join(hidden)}")
    lines += ["", "## Learned from", f"- {facts.get('subjects')} subjects, {facts.get('visits')} visits"]
    lines += [
        f"- {task}: {count['questions']} questions, {count['yes']} of them yes"
        for task, count in facts.get("tasks", {}).items()
    ]
    if schema.source:
        lines.append(f"- Source: {schema.source}")
    if schema.acknowledgement:
        lines += ["", schema.acknowledgement]
    lines += [
        "",
        "## Not for",
        "Research only: no device, no diagnosis, no decision about a person. Probabilities hold for people like those it",
        "learned from, measured as they were; elsewhere test and calibrate first (`dualalign progress evaluate`). Explanations",
        "say what moved the model, not what causes the disease. The folder holds salted digests of the training subjects'",
        "ids, so that a test on them is refused: whoever can guess an id can tell that it was used.",
        "",
    ]
    return "\n".join(lines)
