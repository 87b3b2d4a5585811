"""From a plan to a note: the embedded writer, language models, prompts and checks."""

from dualalign.notes.note import MentionSpan, Note, SentenceSpan
from dualalign.notes.passage_writer import PassageWriter

__all__ = ["MentionSpan", "Note", "PassageWriter", "SentenceSpan"]
