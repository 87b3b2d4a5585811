"""Notes written by a language model: asked for, checked, sent back with reasons, and read into sentences."""

from dualalign.notes.llm.writer import LlmWriter, Unwritten

__all__ = ["LlmWriter", "Unwritten"]
