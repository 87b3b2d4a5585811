"""The grammar writer: from a plan to a note, without a model and without a network."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dualalign.notes.background import Background, Memory
from dualalign.notes.note import MentionSpan, Note, SentenceSpan
from dualalign.notes.outline import outline
from dualalign.notes.patient_voice import PatientVoice
from dualalign.notes.phrase_language import Parts, expand
from dualalign.notes.sentence import Composed, SentenceComposer, split_marks, tidy
from dualalign.notes.writing_tables import WritingTables
from dualalign.randomness import Stream, fast_random

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack
    from dualalign.packs.schema.layouts import Layout
    from dualalign.personas.persona import Persona
    from dualalign.trajectories.plan import NotePlan

WRITER = "grammar"
_SCORES_TOGETHER = 0.7  # share of visits with several tests whose results stand in one sentence
_JOINERS = (", ", "; ", " and ", ", with ")
_LOSSES_TOLD = 0.6  # share of impaired scores said with where points were lost


class GrammarWriter:
    """Writes notes by composing the pack's phrases.

    Args:
        pack: a loaded pack; its phrases are compiled once.

    Raises:
        PackError: a phrase or frame of the pack cannot be used.
    """

    name = WRITER

    def __init__(self, pack: Pack) -> None:
        self.tables = WritingTables(pack)
        self._composer = SentenceComposer(self.tables)

    def write_patient(self, persona: Persona, plans: Sequence[NotePlan], seed: int) -> list[Note]:
        """Write all notes of one patient, in date order.

        Args:
            persona: who the patient is.
            plans: the patient's note plans, in date order.
            seed: of the run; the patient's own stream is drawn from it.

        Raises:
            WriterError: a plan asks for something the pack has no words for.
        """
        rng = fast_random(seed, Stream.NOTES, persona.patient)
        voice = PatientVoice(persona, self.tables, rng)
        memory: Memory = {}
        return [self._write(plan, voice, rng, memory) for plan in plans]

    def _write(
        self,
        plan: NotePlan,
        voice: PatientVoice,
        rng: random.Random,
        memory: Memory,
    ) -> Note:
        voice.begin_visit(plan)
        layout = self.tables.layout(plan.note_type)
        present = [section.section for section in layout.sections]
        by_section: dict[str, list[Composed]] = {section: [] for section in present}
        for item in outline(plan, present, voice, self._composer):
            by_section[item.section].append(
                self._composer.compose(voice, item.mentions, item.kind, plan.style.author)
            )
        self._add_scores(plan, voice, by_section)
        self._add_medicines(plan, voice, by_section)
        self.tables.stated_facts.add(plan, voice, by_section)
        said = sum(c.text.count(" ") + 1 for items in by_section.values() for c in items)
        spare = max(0, plan.style.words - said)
        background = Background(plan, voice, memory)
        for section in layout.sections:
            items = by_section[section.section]
            self._add_vitals(layout, voice, section.section, items)
            background.add(section, spare, items)
        self._copy_report(voice, by_section)
        if plan.style.author == "telegraphic":
            self._abbreviate(by_section, plan.style.abbreviates, voice)
        return self._assemble(plan, voice, rng, by_section)

    def _say(self, voice: PatientVoice, choices: Sequence[Parts]) -> str:
        out: list[str] = []
        expand(choices[int(voice.draw() * len(choices))], out, voice, voice.draw)
        return "".join(out)

    def _sentence(self, voice: PatientVoice, choices: Sequence[Parts]) -> str:
        return tidy(self._say(voice, choices))

    def _add_scores(self, plan: NotePlan, voice: PatientVoice, by_section: dict[str, list[Composed]]) -> None:
        tables, objective = self.tables, by_section["objective"]
        together = len(plan.scores) > 1 and bool(tables.score_clause) and voice.draw() < _SCORES_TOGETHER
        clauses: list[str] = []
        earned: set[str] = set()
        for score in plan.scores:
            voice.name_score(score)
            labels = tables.score_labels.get(score.instrument, ()) if score.impaired else ()
            if together:
                clauses.append(self._say(voice, tables.score_clause))
                earned.update(labels)
                continue
            choices = tables.score if score.reading else tables.score_plain
            if score.impaired and voice["lost"] and voice.draw() < _LOSSES_TOLD:
                choices = tables.score_detail
            objective.append(Composed(tidy(self._say(voice, choices)), labels, (), "score"))
        if clauses:
            joined = _JOINERS[int(voice.draw() * len(_JOINERS))].join(clauses)
            order = tables.label_order
            objective.append(
                Composed(tidy(joined), tuple(sorted(earned, key=order.__getitem__)), (), "score")
            )

    def _add_medicines(
        self, plan: NotePlan, voice: PatientVoice, by_section: dict[str, list[Composed]]
    ) -> None:
        for medicine in plan.medicines:
            voice["drug"], voice["dose"] = medicine.drug, medicine.dose
            listed = medicine.action == "continue" and "medications" in by_section
            text = self._sentence(voice, self.tables.medicine[medicine.action])
            by_section["medications" if listed else "plan"].append(Composed(text, ()))

    def _add_vitals(self, layout: Layout, voice: PatientVoice, section: str, items: list[Composed]) -> None:
        if section == "objective" and voice.draw() < layout.vitals:
            items.insert(0, Composed(self._sentence(voice, self.tables.vitals), (), (), "vitals"))

    def _copy_report(self, voice: PatientVoice, by_section: dict[str, list[Composed]]) -> None:
        draw, tables = voice.draw, self.tables
        if not tables.reports or draw() >= tables.report_share:
            return
        leads, report = tables.reports[int(draw() * len(tables.reports))]
        pool = tables.book.report(report.draws_on, voice.tags)
        least, most = report.lines
        lines = least + int(draw() * (most - least + 1))
        items = by_section["history"] if "history" in by_section else by_section["objective"]
        items.append(Composed(self._sentence(voice, leads), ()))
        for phrase in {id(phrase): phrase for phrase in (voice.take(pool) for _ in range(lines))}.values():
            out: list[str] = []
            expand(phrase.parts, out, voice, draw)
            items.append(Composed(tidy("".join(out)), ()))

    def _abbreviate(self, by_section: dict[str, list[Composed]], share: float, voice: PatientVoice) -> None:
        for items in by_section.values():
            for position, item in enumerate(items):
                if voice.draw() >= share:
                    continue
                if not item.spans:
                    items[position] = Composed(self.tables.abbreviate(item.text), item.labels, (), item.kind)
                    continue
                marked = _mark(item)
                text, spans = split_marks(self.tables.abbreviate(marked))
                moved = tuple(
                    (index, start, end) for (index, _, _), (start, end) in zip(item.spans, spans, strict=True)
                )
                items[position] = Composed(text, item.labels, moved, item.kind)

    def _assemble(
        self, plan: NotePlan, voice: PatientVoice, rng: random.Random, by_section: dict[str, list[Composed]]
    ) -> Note:
        draw = voice.draw
        layout = self.tables.layout(plan.note_type)
        author = plan.style.author
        breaks = self.tables.section_break[author]
        section_break = breaks[int(draw() * len(breaks))]
        title = layout.titles[int(draw() * len(layout.titles))]
        us_date = plan.date.strftime("%m/%d/%Y")
        text = f"{title}\nDate: {us_date if draw() < 0.6 else plan.date.isoformat()}\n"
        pieces = [text]
        position = len(text)
        sentences: list[SentenceSpan] = []
        spans: list[MentionSpan] = []
        opening = Composed(self._sentence(voice, self.tables.opening(plan.note_type)), ())
        by_section["subjective"].insert(0, opening)
        for section in layout.sections:
            items = by_section[section.section]
            if not items:
                continue
            header = section.headers[int(draw() * len(section.headers))]
            inline = author == "telegraphic" or (author == "narrative" and draw() < 0.3)
            listed = author == "templated"
            lead = f"{section_break}{header}{' ' if inline else chr(10)}"
            pieces.append(lead)
            position += len(lead)
            name, joiner = section.section, "\n- " if listed else " "
            gap = "- " if listed else ""
            for item in items:
                pieces.append(gap)
                position += len(gap)
                gap = joiner
                for index, start, end in item.spans:
                    spans.append(MentionSpan(index, position + start, position + end, len(sentences)))
                text = item.text
                pieces.append(text)
                begin = position
                position += len(text)
                sentences.append(SentenceSpan(begin, position, name, item.labels))
            items.clear()
        pieces.append("\n")
        return Note("".join(pieces), sentences, spans, WRITER)


def _mark(item: Composed) -> str:
    text, pieces, position = item.text, [], 0
    for _, start, end in item.spans:
        pieces += [text[position:start], "\x01", text[start:end], "\x02"]
        position = end
    pieces.append(text[position:])
    return "".join(pieces)
