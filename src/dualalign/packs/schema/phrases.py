"""phrases/*.yaml: the material from which the grammar writer composes sentences.

A phrase is a string of a small language:

- ``[a|b|c]`` picks one alternative (nesting and empty alternatives allowed);
- ``{name}`` is filled in: ``{he} {He} {his} {His} {him} {himself}`` (the patient's pronouns), ``{pt} {Pt}``
  (the patient as a subject), ``{informant}`` (``his daughter Carol``, only where an informant speaks),
  or the name of a word list;
- ``<verb>`` marks a verb that the writer inflects (base form inside; ``<be>``, ``<have>`` too).
"""

from __future__ import annotations

from pydantic import Field

from dualalign.packs.schema.base import PackModel, Sourced


class Phrase(PackModel):
    """One phrase and where it fits; everything but `say` may be left out."""

    say: str = Field(min_length=1)
    stages: list[str] = Field(default_factory=list, description="Stages it fits; empty for all.")
    tags: list[str] = Field(default_factory=list, description="Persona tags it needs, all of them.")
    without: list[str] = Field(default_factory=list, description="Persona tags it must not meet.")
    labels: list[str] | None = Field(
        default=None, description="Labels in place of the term's own, where the wording earns others."
    )
    note_types: list[str] = Field(default_factory=list, description="Note types it fits; empty for all.")
    once: bool = Field(
        default=False, description="Happens once (a guardianship): no frame of frequency, habit or course."
    )


PhraseList = list[str | Phrase]


class TermPhrases(PackModel):
    """All ways to speak of one term of the lexicon.

    Args:
        events: verb phrases of what the patient does or undergoes, verbs marked:
            ``<misplace> the [car keys|remote]``, ``<be> short with [the grandchildren|{him2}]``.
        nouns: noun phrases a clinician lists, without article where one can: ``short-term memory loss``.
        findings: whole sentences of what the clinician saw or tested, impaired.
        intact: whole sentences saying that the function is preserved or the symptom absent.
        consequences: past-tense clauses of what came of it: ``the power was shut off twice``.
        baselines: verb phrases of how it was before, verbs marked: ``<balance> the checkbook to the penny``.
        settings: adverbials of when it happens: ``in the evenings``, ``when the house is full``.
    """

    events: PhraseList = Field(default_factory=list)
    nouns: PhraseList = Field(default_factory=list)
    findings: PhraseList = Field(default_factory=list)
    intact: PhraseList = Field(default_factory=list)
    consequences: PhraseList = Field(default_factory=list)
    baselines: PhraseList = Field(default_factory=list)
    settings: PhraseList = Field(default_factory=list)


class Background(PackModel):
    """Sentences that carry no label of the scheme: the rest of a real note.

    Args:
        section: `subjective`, `history`, `medications`, `objective`, `assessment`, `plan`.
        problem: factor id this belongs to (``hypertension``), or empty for anybody.
        topic: what it speaks of, where a note should speak of it only once: ``allergies``.
        contradicts: label ids; left out of a note that affirms a symptom of one of them.
        report: kind of outside report these are lines of (see layouts.yaml); such lines stand nowhere else.
        tags: persona tags that all its sentences need.
        without: persona tags that none of its sentences may meet.
        not_in: note types in which it never stands.
        sentences: whole sentences.
    """

    section: str
    problem: str = ""
    topic: str = ""
    contradicts: list[str] = Field(default_factory=list)
    report: str = ""
    tags: list[str] = Field(default_factory=list)
    without: list[str] = Field(default_factory=list)
    note_types: list[str] = Field(default_factory=list)
    not_in: list[str] = Field(default_factory=list)
    sentences: PhraseList


class PhraseFile(Sourced):
    """One file under phrases/."""

    lists: dict[str, list[str] | dict[str, list[str]]] = Field(
        default_factory=dict,
        description="Word lists; a list by persona tag (with `default`) changes with the persona.",
    )
    terms: dict[str, TermPhrases] = Field(default_factory=dict)
    background: list[Background] = Field(default_factory=list)
