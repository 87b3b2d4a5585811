"""Pretrained transformers and their tokenizers: read without running their code, pooled, and given a head."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from dualalign.classifiers.options import Pooling
from dualalign.errors import ClassifierError
from dualalign.stats.arrays import Rows

BATCH = 64
"""Sentences read at a time where nothing is learned."""


class SentenceModel(nn.Module):
    """A transformer, its token states pooled to one vector a sentence, dropout, and a linear head.

    Its forward pass is one that `transformers.Trainer` can train, the loss included.

    Args:
        backbone: transformer without a head, of any architecture that `transformers.AutoModel` reads.
        one_of: whether exactly one head is right; otherwise each answers yes or no.
    """

    accepts_loss_kwargs = True

    def __init__(
        self, backbone: nn.Module, heads: int, pooling: Pooling, dropout: float, bias: bool, one_of: bool
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.pooling = pooling
        self.one_of = one_of
        self.dropout = nn.Dropout(dropout)
        config: Any = backbone.config
        self.head = nn.Linear(config.get_text_config().hidden_size, heads, bias=bias)
        nn.init.normal_(self.head.weight, std=0.02)
        if bias:
            nn.init.zeros_(self.head.bias)

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        labels: torch.Tensor | None = None,
        weights: torch.Tensor | None = None,
        offsets: torch.Tensor | None = None,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> dict[str, torch.Tensor]:
        """Return sentences x heads logits and, given labels, their loss: a mean over sentences and heads.

        Args:
            input_ids: sentences x tokens, padded at the end.
            attention_mask: 1 where there is a token.
            labels: sentences x heads, 0 or 1.
            weights: sentences x heads, 0 or more.
            offsets: sentences x heads, added to the logits and not learned.
            num_items_in_batch: labels of all parts of the batch; those of this one if None.
        """
        states = self.backbone(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        logits = self.head(self.dropout(pooled(states, attention_mask, self.pooling))).float()
        if offsets is not None:
            logits = logits + offsets
        if labels is None:
            return {"logits": logits}
        if self.one_of:
            losses = -labels * functional.log_softmax(logits, dim=1)
            # Each sentence has one label, and counts as much as all decisions on it do otherwise.
            losses = losses * labels.shape[1]
        else:
            losses = functional.binary_cross_entropy_with_logits(logits, labels, reduction="none")
        weighted = losses if weights is None else losses * weights
        items = labels.numel() if num_items_in_batch is None else num_items_in_batch
        return {"loss": weighted.sum() / items, "logits": logits}

    def state_dict(self, *args: Any, **kwargs: Any) -> dict[str, Any]:  # type: ignore[override]
        """Return the weights that training changes: checkpoints hold no frozen ones."""
        whole: dict[str, Any] = super().state_dict(*args, **kwargs)
        learned = {name for name, value in self.named_parameters() if value.requires_grad}
        return {name: value for name, value in whole.items() if name in learned}

    def load_state_dict(self, state_dict: Any, strict: bool = True, assign: bool = False) -> Any:
        """Take up the weights that training changed, and miss none of the frozen ones."""
        found: Any = super().load_state_dict(state_dict, strict=False, assign=assign)
        return found._replace(missing_keys=[])


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
    """Return the tokenizer of a model, which pads at the end; one without a padding token pads with its end token.

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
    tokenizer.padding_side = "right"
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
    if not len(texts):
        return []
    found: list[list[int]] = tokenizer(
        list(texts), truncation=True, max_length=tokens, padding=False, return_attention_mask=False
    )["input_ids"]
    # An empty text may come out without a single token, and nothing can be pooled from that.
    return [each or [tokenizer.pad_token_id] for each in found]


def padded(ids: Sequence[Sequence[int]], padding: int) -> dict[str, torch.Tensor]:
    """Return `input_ids` and `attention_mask` of a batch, padded at the end to its longest sentence."""
    rows = [torch.tensor(each, dtype=torch.long) for each in ids]
    masks = [torch.ones_like(each) for each in rows]
    return {
        "input_ids": nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=padding),
        "attention_mask": nn.utils.rnn.pad_sequence(masks, batch_first=True),
    }


def reading_batches(ids: Sequence[Sequence[int]]) -> list[Rows]:
    """Deal every sentence into one batch, shortest first, so that little of a batch is padding."""
    order = np.argsort([len(each) for each in ids], kind="stable")
    return [order[at : at + BATCH] for at in range(0, len(order), BATCH)]


def best_device() -> torch.device:
    """Return a GPU if there is one, else the processor."""
    if torch.cuda.is_available():
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def _unreadable(model: str, error: Exception) -> ClassifierError:
    reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
    return ClassifierError(
        f"model '{model}' cannot be read: {reason}",
        "give the id of a Hugging Face model or the folder of one; without a network only a folder will do",
    )
