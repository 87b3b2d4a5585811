"""What a language model is asked: patient, stage, visit, mentions and what the chart already holds."""

from dualalign.notes.prompts.ledger import established
from dualalign.notes.prompts.prompt_writer import Alignment, PromptWriter

__all__ = ["Alignment", "PromptWriter", "established"]
