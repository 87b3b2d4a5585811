"""A pretrained transformer with a head: token ids in, one logit for each head out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import torch
from torch import nn

from dualalign.classifiers.training_options import Pooling
from dualalign.errors import ClassifierError


class SentenceModel(nn.Module):
    """A transformer, its token states pooled to one vector a sentence, dropout, and a linear head.

    Args:
        backbone: transformer without a head, of any architecture that `transformers.AutoModel` reads.
        heads: number of heads.
        pooling: `mean` of the tokens, or the state of the `last` or `first` token.
        dropout: share of the pooled vector dropped in training.
        bias: whether the head has one.
    """

    def __init__(self, backbone: nn.Module, heads: int, pooling: Pooling, dropout: float, bias: bool) -> None:
        super().__init__()
        self.backbone = backbone
        self.pooling = pooling
        self.dropout = nn.Dropout(dropout)
        config: Any = backbone.config
        self.head = nn.Linear(config.get_text_config().hidden_size, heads, bias=bias)
        nn.init.normal_(self.head.weight, std=0.02)
        if bias:
            nn.init.zeros_(self.head.bias)

    def vectors(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return one pooled vector a sentence, float32.

        Args:
            ids: sentences x tokens, padded at the end.
            mask: 1 where there is a token.
        """
        states = self.backbone(input_ids=ids, attention_mask=mask).last_hidden_state
        return pooled(states, mask, self.pooling)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return sentences x heads logits."""
        logits: torch.Tensor = self.head(self.dropout(self.vectors(ids, mask)))
        return logits.float()


def pooled(states: torch.Tensor, mask: torch.Tensor, pooling: Pooling) -> torch.Tensor:
    """Return one float32 vector a sentence from its tokens' states (sentences x tokens x size)."""
    if pooling == "first":
        return states[:, 0].float()
    if pooling == "last":
        last = mask.sum(dim=1) - 1
        return states[torch.arange(len(states), device=states.device), last].float()
    shares = mask.unsqueeze(-1).float()
    return (states.float() * shares).sum(dim=1) / shares.sum(dim=1)


def read_backbone(model: str, **options: Any) -> nn.Module:
    """Return a transformer without a head, float32 unless asked otherwise.

    Args:
        model: id on the Hugging Face hub, or a folder.
        options: handed to `AutoModel.from_pretrained`.

    Raises:
        ClassifierError: no such model, or not one that can be read.
    """
    from transformers import AutoModel

    try:
        with quiet():
            backbone: Any = AutoModel.from_pretrained(
                model, trust_remote_code=False, weights_only=True, **({"dtype": torch.float32} | options)
            )
    except Exception as error:  # Whatever a damaged or hostile file brings about.
        raise _unreadable(model, error) from None
    # A pooler that nothing reads would never get a gradient, which several devices at once do not forgive.
    if getattr(backbone, "pooler", None) is not None:
        backbone.pooler = None
    backbone.config.use_cache = False
    read: nn.Module = backbone
    return read


def read_tokenizer(model: str) -> Any:
    """Return the tokenizer of a model; one without a padding token pads with its end token.

    Raises:
        ClassifierError: no such model, or a tokenizer that can pad with nothing.
    """
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(model, trust_remote_code=False)
    except Exception as error:  # Whatever a damaged or hostile file brings about.
        raise _unreadable(model, error) from None
    # A folder without a tokenizer's files gives one that knows no word, and every sentence would read alike.
    if len(tokenizer) <= len(tokenizer.all_special_tokens):
        raise ClassifierError(f"{model} holds no tokenizer", "give a folder that holds one beside the model")
    if tokenizer.pad_token_id is None:
        if tokenizer.eos_token is None:
            raise ClassifierError(
                f"the tokenizer of {model} has neither a padding nor an end token",
                "set pad_token in its tokenizer_config.json",
            )
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


@contextmanager
def quiet() -> Iterator[None]:
    """Keep transformers from drawing progress bars and from reporting that a head is missing, which is meant so."""
    logging: Any = import_module("transformers.utils.logging")
    before, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(before)
        if bars:
            logging.enable_progress_bar()


def encode(tokenizer: Any, texts: Sequence[str], tokens: int) -> list[list[int]]:
    """Return token ids of each sentence, cut to a number of tokens."""
    if not texts:
        return []
    found: list[list[int]] = tokenizer(
        list(texts), truncation=True, max_length=tokens, padding=False, return_attention_mask=False
    )["input_ids"]
    # An empty text may come out without a single token, and nothing can be pooled from that.
    return [each or [tokenizer.pad_token_id] for each in found]


def padded(
    ids: Sequence[Sequence[int]], padding: int, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return ids and mask of a batch, padded at the end to its longest sentence."""
    longest = max(map(len, ids))
    rows = torch.full((len(ids), longest), padding, dtype=torch.long)
    mask = torch.zeros((len(ids), longest), dtype=torch.long)
    for row, each in enumerate(ids):
        rows[row, : len(each)] = torch.tensor(each, dtype=torch.long)
        mask[row, : len(each)] = 1
    return rows.to(device), mask.to(device)


def _unreadable(model: str, error: Exception) -> ClassifierError:
    reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
    return ClassifierError(
        f"model '{model}' cannot be read: {reason}",
        "give the id of a Hugging Face model or the folder of one; without a network only a folder will do",
    )
