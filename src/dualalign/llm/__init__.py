"""One client for language models: journal, budget, retries, adaptive concurrency; servers and in-process models."""

from dualalign.llm.backend import Backend, RetryableError
from dualalign.llm.budget import Budget
from dualalign.llm.client import LanguageModel, Statistics
from dualalign.llm.journal import Journal
from dualalign.llm.request import ChatReply, ChatRequest, Prices

__all__ = [
    "Backend",
    "Budget",
    "ChatReply",
    "ChatRequest",
    "Journal",
    "LanguageModel",
    "Prices",
    "RetryableError",
    "Statistics",
]
