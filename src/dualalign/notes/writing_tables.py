"""Everything the grammar writer needs of a pack, compiled once and shared by all patients."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from dualalign.notes.decisions import Tree
from dualalign.notes.frame_book import FrameBook
from dualalign.notes.inflection import Verbs
from dualalign.notes.phrase_book import PhraseBook, compile_all
from dualalign.notes.phrase_language import Parts
from dualalign.notes.stated_facts import StatedFacts

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack
    from dualalign.packs.schema.layouts import Layout
    from dualalign.packs.schema.phrases import PhraseFile


Durations = Sequence[tuple[int, tuple[Parts, ...]]]
"""Wordings by the most months they fit, fewest first."""

_CLIPPED = "x "  # "x 3 mos": for authors who do not write whole sentences
_WORD = re.compile(r"(?<![\w.'\"-])[a-z]+")


class WritingTables:
    """Compiled phrases, frames, layouts and shared wordings of one pack."""

    def __init__(self, pack: Pack) -> None:
        verbs = self.verbs = Verbs(pack.verbs)
        frames, layouts = pack.frames, pack.layouts
        self.book = PhraseBook(pack, verbs)
        self.trees: dict[str, dict[int, Tree | None]] = {}
        """By sex and identity of a background phrase, whose book outlives them: the texts it can become."""
        self.common_trees: dict[int, Tree | None] = {}
        """The same of phrases whose texts do not depend on the patient."""
        self.frames = FrameBook(frames, verbs)
        by_length = sorted(frames.durations, key=lambda entry: entry.up_to_months)
        self.durations: Durations = [
            (
                entry.up_to_months,
                compile_all(
                    [text for text in entry.say if not text.startswith(_CLIPPED)], verbs, "frames, durations"
                ),
            )
            for entry in by_length
        ]
        self.durations_clipped: Durations = [
            (entry.up_to_months, compile_all(entry.say, verbs, "frames, durations")) for entry in by_length
        ]
        self.common_words = frozenset(
            word for file in pack.phrases for say in _sayings(file) for word in _WORD.findall(say)
        )
        self.often: dict[str, tuple[Parts, ...]] = {
            band: compile_all(texts, verbs, f"frames, often {band}") for band, texts in frames.often.items()
        }
        self.informant = compile_all(frames.informant, verbs, "frames, informant")
        self.informant_unnamed = compile_all(frames.informant_unnamed, verbs, "frames, informant_unnamed")
        self.kin = compile_all(frames.kin, verbs, "frames, kin")
        self.score = compile_all(frames.score, verbs, "frames, score")
        self.score_plain = compile_all(frames.score_plain, verbs, "frames, score_plain")
        self.score_detail = compile_all(frames.score_detail, verbs, "frames, score_detail")
        self.score_clause = compile_all(frames.score_clause, verbs, "frames, score_clause")
        self.medicine: dict[str, tuple[Parts, ...]] = {
            action: compile_all(texts, verbs, f"frames, medicine {action}")
            for action, texts in frames.medicine.items()
        }
        self.vitals = compile_all(frames.vitals["line"], verbs, "frames, vitals")
        self.abbreviations = frames.abbreviations
        self.abbreviation_pattern = re.compile(
            r"\b(" + "|".join(sorted(map(re.escape, frames.abbreviations), key=len, reverse=True)) + r")\b"
        )
        self.layouts: dict[str, Layout] = layouts.note_types
        self.section_break = layouts.section_break
        self.reports = [
            (compile_all(report.leads, verbs, "layouts, reports"), report) for report in layouts.reports
        ]
        self.report_share = layouts.report_share
        self.problem_names = layouts.problem_names
        self.problem_filler: tuple[str, ...] = tuple(layouts.problem_filler)
        self.work_default: tuple[Any, ...] = compile_all(
            [layouts.work_default], verbs, "layouts, work_default"
        )
        self.openings = {
            note_type: compile_all(layout.openings, verbs, f"layouts, {note_type}")
            for note_type, layout in self.layouts.items()
        }
        self.stated_facts = StatedFacts(pack, verbs)
        self.lasting_terms = frozenset(
            term.id for term in pack.lexicon.terms().values() if term.course == "persistent"
        )
        scheme = pack.labels.scheme()
        self.label_order = {label.id: rank for rank, label in enumerate(scheme.labels)}
        self.informant_label = pack.labels.informant_label or ""
        self.score_labels: dict[str, tuple[str, ...]] = {
            instrument.id: tuple(instrument.labels) for instrument in pack.instruments.instruments
        }

    def layout(self, note_type: str) -> Layout:
        """Return the layout of a note type, or the default one."""
        return self.layouts.get(note_type) or self.layouts["default"]

    def opening(self, note_type: str) -> tuple[Parts, ...]:
        """Return the first-sentence patterns of a note type."""
        return self.openings.get(note_type) or self.openings["default"]

    def abbreviate(self, sentence: str) -> str:
        """Replace words by the abbreviations a hurried clinician uses."""
        return self.abbreviation_pattern.sub(lambda match: self.abbreviations[match.group(0)], sentence)


def _sayings(file: PhraseFile) -> Iterator[str]:
    for material in file.terms.values():
        for phrases in (material.events, material.findings, material.intact):
            for phrase in phrases:
                yield phrase if isinstance(phrase, str) else phrase.say
