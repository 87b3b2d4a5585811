"""The embedded writer: from a plan and its agenda to a note, without a model and without a network."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from dualalign.notes.assembly import WRITER, assemble
from dualalign.notes.assessment import add_assessment
from dualalign.notes.battery import add_battery, add_dependence
from dualalign.notes.examination import add_examination, add_results, add_scores, add_vitals
from dualalign.notes.history import (
    add_complaint,
    add_condition,
    add_homebound,
    add_interval,
    add_opening,
    add_past,
    add_review,
    add_told,
    reason_for,
)
from dualalign.notes.material import DEFAULT, NoteMaterial
from dualalign.notes.note import Note
from dualalign.notes.note_scene import NoteScene
from dualalign.notes.record_lists import RecordLists
from dualalign.passages.book import Book
from dualalign.randomness import Stream, fast_random

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack
    from dualalign.packs.schema.note_material import LayoutSection
    from dualalign.personas.persona import Persona
    from dualalign.trajectories.plan import NotePlan
    from dualalign.trajectories.simulate import Trajectory

_HOMEBOUND_SAID = 0.3
"""Share of later home visits whose notes say again why the patient is homebound."""
_INSTEAD = {
    "chief": (),
    "history": ("background", "interval"),
    "interval": ("history", "background"),
    "background": ("history",),
    "review": ("history", "background", "interval"),
    "function": ("history", "background", "interval"),
    "past": (),
    "medications": (),
    "allergies": (),
    "social": (),
    "family": ("past", "social", "background", "history", "interval"),
    "vitals": ("examination", "mental_status", "behavior", "testing"),
    "examination": ("mental_status", "behavior", "testing", "history"),
    "mental_status": ("examination", "behavior", "testing"),
    "testing": ("examination", "mental_status", "behavior", "history"),
    "results": ("course", "examination", "history"),
    "course": ("results", "examination"),
    "behavior": ("testing", "mental_status", "examination"),
    "home": ("examination", "history"),
    "assessment": ("assessment_plan",),
    "plan": ("recommendations", "disposition", "assessment_plan"),
}
"""Where a part stands in a layout that has no section for it; a part with nowhere to stand is left out."""


class PassageWriter:
    """Writes notes from the passages of a pack.

    Args:
        pack: a loaded pack.
        book: its symptoms, conditions and complaints, if they are compiled already.

    Raises:
        PackError: a line of the pack cannot be parsed.
    """

    name = WRITER

    def __init__(self, pack: Pack, book: Book | None = None) -> None:
        self.material = NoteMaterial(pack, book)
        self._places: dict[tuple[str, str], dict[str, str]] = {}
        for note_type, layout in self.material.layouts.items():
            for style, sections in layout.sections.items():
                present = {each.section for each in sections}
                self._places[(note_type, style)] = {
                    wanted: next((each for each in (wanted, *others) if each in present), "")
                    for wanted, others in _INSTEAD.items()
                }

    def write_patient(self, trajectory: Trajectory, seed: int) -> list[Note]:
        """Write all notes of one patient, in date order.

        Args:
            trajectory: with a chart, and an agenda for every visit.
            seed: of the run; the patient's own stream is drawn from it.
        """
        persona = trajectory.persona
        rng = fast_random(seed, Stream.NOTES, persona.patient)
        lists = RecordLists()
        headers: dict[tuple[str, str, str], str] = {}
        return [self._write(trajectory, plan, persona, lists, headers, rng) for plan in trajectory.plans]

    def _write(
        self,
        trajectory: Trajectory,
        plan: NotePlan,
        persona: Persona,
        lists: RecordLists,
        headers: dict[tuple[str, str, str], str],
        rng: random.Random,
    ) -> Note:
        assert trajectory.chart is not None
        note = NoteScene(plan, persona, trajectory.chart, self.material, rng)
        layout = self.material.layout(plan.note_type)
        sections = layout.sections.get(note.style) or next(iter(layout.sections.values()))
        place = self._places[
            (plan.note_type if plan.note_type in self.material.layouts else DEFAULT, note.style)
        ]
        self._history(note, place)
        self._lists(note, place, lists)
        self._examine(note, place)
        add_assessment(note, place["assessment"], place["plan"])
        ordered = [
            (
                each.section,
                self._header(plan.note_type, note.style, each, note.scene.seen_before, headers, rng),
                note.sections.get(each.section, ()),
            )
            for each in sections
        ]
        title = layout.titles[int(rng.random() * len(layout.titles))]
        return assemble(title, plan.date, ordered, note.style, rng, self.material.habits.noise)

    def _history(self, note: NoteScene, place: dict[str, str]) -> None:
        agenda, history = note.agenda, place["history"]
        if place["chief"]:
            note.add(place["chief"], reason_for(note), note.extra.get("reason_labels", ()))
        add_opening(note, history)
        if note.habit.homebound and (not agenda.seen_before or note.draw() < _HOMEBOUND_SAID):
            add_homebound(note, history)
        focus, others = agenda.focus, [item for item in agenda.items if not item.focus]
        urgent = note.habit.urgent
        if place["interval"] != history and not urgent:
            add_interval(note, place["interval"])
        for item in focus:
            if item.kind == "complaint":
                add_complaint(note, item, history)
        threads = [item for item in (*focus, *others) if item.kind == "thread"]
        function = place["function"] != history
        apart = [
            item for item in threads if function and self.material.book.threads[item.id].region == "function"
        ]
        add_told(note, [item for item in threads if item not in apart], history, baseline=urgent)
        for item in focus:
            if item.kind == "condition":
                add_condition(note, item, history)
        if apart:
            add_told(note, apart, place["function"], baseline=False)
        add_past(note, history)
        if place["interval"] == history or urgent:
            add_interval(note, history)
        add_review(note, place["review"], place["function"])
        if place["function"] != history and not note.sections.get("function"):
            note.say(place["function"], self.material.lists.get("independent"), deny=True)
        if note.habit.battery:
            add_dependence(note, place["function"])

    def _lists(self, note: NoteScene, place: dict[str, str], lists: RecordLists) -> None:
        draw = note.draw
        if place["past"]:
            lists.add_past(note, place["past"])
        if place["medications"]:
            lists.add_medicines(note, place["medications"])
        if place["allergies"]:
            lists.add_allergies(note, place["allergies"])
        if place["social"]:
            lists.add_social(note, place["social"])
        if place["family"] and (note.agenda.family or (place["family"] == "family" and draw() < 0.9)):
            lists.add_family(note, place["family"])

    def _examine(self, note: NoteScene, place: dict[str, str]) -> None:
        if not note.habit.battery:
            add_vitals(note, place["vitals"])
        share = min(1.0, max(0.35, note.plan.style.words / 240))
        add_examination(
            note, place["examination"], share, place["mental_status"], place["function"], place["testing"]
        )
        if note.habit.battery:
            add_battery(note, place["testing"], place["behavior"])
        else:
            add_scores(note, place["testing"])
        add_results(note, place["results"])

    def _header(
        self,
        note_type: str,
        style: str,
        section: LayoutSection,
        seen_before: bool,
        headers: dict[tuple[str, str, str], str],
        rng: random.Random,
    ) -> str:
        """Return the header that this clinic's author uses; it stays over the years."""
        key = (note_type, style, f"{section.section}{seen_before}")
        header = headers.get(key)
        if header is None:
            amiss = self.material.first_visit_headers if seen_before else self.material.later_visit_headers
            apt = [
                each for each in section.headers if each.lower().rstrip(":") not in amiss
            ] or section.headers
            header = headers[key] = apt[int(rng.random() * len(apt))]
        return header
