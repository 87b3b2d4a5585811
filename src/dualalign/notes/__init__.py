"""From a note plan to a note: writers, and the sentences and spans they return."""

from dualalign.notes.grammar import GrammarWriter
from dualalign.notes.note import MentionSpan, Note, SentenceSpan

__all__ = ["GrammarWriter", "MentionSpan", "Note", "SentenceSpan"]
