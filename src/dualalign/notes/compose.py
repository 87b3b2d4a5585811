"""Label-to-data without a model: sentences written for a label alone, with no patient behind them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from dualalign.errors import WriterError
from dualalign.notes.patient_voice import PatientVoice
from dualalign.notes.sentence import SentenceComposer
from dualalign.notes.writing_tables import WritingTables
from dualalign.personas.persona import Informant, Persona
from dualalign.randomness import Stream, fast_random
from dualalign.trajectories.plan import Course, Mention, NotePlan, Polarity, Reporter, Style

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack

_RELATIONS = ("wife", "husband", "daughter", "son", "sister", "brother", "neighbor")
_AUTHORS = ("telegraphic", "narrative", "templated")
_TRIES = 60


@dataclass(frozen=True, slots=True)
class ComposedSentence:
    """A sentence written for one label; `labels` holds every label it earns, `term` is empty if none was planned."""

    text: str
    labels: tuple[str, ...]
    written_for: str
    term: str


def compose_sentences(pack: Pack, per_label: int, seed: int) -> Iterator[ComposedSentence]:
    """Write sentences from label definitions: the bronze set.

    No persona, stage or history steers them, so they show what alignment adds. No sentence is written twice.

    Args:
        pack: a loaded pack.
        per_label: sentences for each label of the pack's default scheme, 1 or more.
        seed: 0 or greater.

    Yields:
        Sentences, label by label in the scheme's order.

    Raises:
        WriterError: a bad count or seed, or a label for which the pack has too little material.
    """
    if seed < 0:
        raise WriterError(f"seed is {seed}", "give a whole number of at least 0")
    if per_label < 1:
        raise WriterError(f"{per_label} sentences per label", "ask for at least 1")
    tables = WritingTables(pack)
    composer = SentenceComposer(tables)
    terms = pack.lexicon.terms()
    domain_of = {term.id: domain.id for domain in pack.lexicon.domains for term in domain.terms}
    note_types = list(tables.layouts)
    stages = [stage.id for stage in pack.stages.stages]
    informant_label = pack.labels.informant_label
    seen: set[str] = set()
    for rank, label in enumerate(pack.labels.scheme().labels):
        rng = fast_random(seed, Stream.COMPOSE, rank)
        eligible = [
            t for t in terms.values() if label.id in t.labels or (label.id == informant_label and t.labels)
        ]
        if not eligible:
            raise WriterError(f"no term of the pack earns the label '{label.id}'", "add one to lexicon.yaml")
        voice: PatientVoice | None = None
        for made in range(per_label):
            if voice is None or made % 5 == 0:
                voice = PatientVoice(_stranger(rng), tables, rng)
            for _ in range(_TRIES):
                term = eligible[int(rng.random() * len(eligible))]
                informs = label.id == informant_label
                reporter = Reporter.INFORMANT if informs else _reporter(rng)
                labels = (
                    (*term.labels, informant_label) if informs and informant_label else tuple(term.labels)
                )
                mention = Mention(
                    domain_of[term.id],
                    term.id,
                    Polarity.AFFIRMED,
                    reporter,
                    labels,
                    Course.ONGOING,
                    rng.random(),
                )
                plan = _bare_plan(mention, rng.choice(note_types), rng.choice(stages), rng)
                voice.begin_visit(plan)
                kind = "finding" if reporter is Reporter.CLINICIAN and rng.random() < 0.5 else "noun"
                if reporter is not Reporter.CLINICIAN and rng.random() < 0.6:
                    kind = "event"
                if not composer.available(voice, mention, kind):
                    continue
                sentence = composer.compose(voice, [(0, mention)], kind, plan.style.author)
                if label.id in sentence.labels and sentence.text not in seen:
                    seen.add(sentence.text)
                    yield ComposedSentence(sentence.text, sentence.labels, label.id, term.id)
                    break
            else:
                raise WriterError(
                    f"the pack has too little material for {per_label} different '{label.id}' sentences",
                    f"ask for fewer than {made + 1}, or add phrases for its terms",
                )


def _reporter(rng: random.Random) -> Reporter:
    return Reporter.PATIENT if rng.random() < 0.5 else Reporter.CLINICIAN


def _stranger(rng: random.Random) -> Persona:
    sex = "female" if rng.random() < 0.5 else "male"
    return Persona(0, "", sex, 75, date(1940, 1, 1), date(2015, 1, 1), {})


def _bare_plan(mention: Mention, note_type: str, stage: str, rng: random.Random) -> NotePlan:
    return NotePlan(
        patient_id="",
        visit=0,
        date=date(2014, 1, 1),
        years_before=1.0,
        year_bin=1,
        age=60 + int(rng.random() * 30),
        note_type=note_type,
        stage=stage,
        severity=0.5,
        informant=Informant(rng.choice(_RELATIONS)),
        style=Style(rng.choice(_AUTHORS), 20, 0.2, 0.0),
        scores=(),
        medicines=(),
        mentions=(mention,),
    )
