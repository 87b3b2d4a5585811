"""What a language model is asked: the visit as a colleague would brief it, and what the note must say."""

from dualalign.notes.prompts.brief import Brief
from dualalign.notes.prompts.prompt_writer import Alignment, PromptWriter

__all__ = ["Alignment", "Brief", "PromptWriter"]
