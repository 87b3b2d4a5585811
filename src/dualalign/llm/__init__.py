"""One client for language models: journal, budget, retries, adaptive concurrency; servers and in-process models."""

from dualalign.llm.backend import Backend, RetryableError, UnusableBackendError
from dualalign.llm.budget import Budget
from dualalign.llm.client import LanguageModel
from dualalign.llm.journal import Journal
from dualalign.llm.request import ChatReply, ChatRequest, Prices
from dualalign.llm.statistics import Statistics

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
    "UnusableBackendError",
]
