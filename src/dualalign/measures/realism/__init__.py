"""Does the text look real? Each figure holds notes of the cohort against a user's own reference notes."""

from dualalign.measures.realism.form import measure_form
from dualalign.measures.realism.mauve import measure_mauve
from dualalign.measures.realism.note_map import NoteMap, map_notes, notes_to_compare
from dualalign.measures.realism.topics import measure_topics
from dualalign.measures.realism.two_sample import measure_two_sample

__all__ = [
    "NoteMap",
    "map_notes",
    "measure_form",
    "measure_mauve",
    "measure_topics",
    "measure_two_sample",
    "notes_to_compare",
]
