"""A Hugging Face model in this process; requests that wait together are answered in one batch."""

from __future__ import annotations

import asyncio
import importlib
import json
import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dualalign.errors import ModelError
from dualalign.llm.backend import RetryableError
from dualalign.llm.request import ChatReply, ChatRequest
from dualalign.llm.structured import with_schema_in_words

_MOST_TOKENS = 1024


@dataclass(slots=True)
class _Waiting:
    """A request on its way through a batch."""

    request: ChatRequest
    prompt: list[int]
    reply: asyncio.Future[ChatReply]
    began: float = field(default_factory=time.perf_counter)

    @property
    def most_tokens(self) -> int:
        return int(self.request.parameters.get("max_tokens") or _MOST_TOKENS)

    @property
    def group(self) -> str:
        """Requests of equal options can be answered together; seeds are kept apart within a batch."""
        options = {name: value for name, value in self.request.parameters.items() if name != "seed"}
        return json.dumps(options, sort_keys=True)


class TransformersBackend:
    """Runs a causal language model with a chat template on this machine; nothing leaves it.

    A request's `seed` fixes its reply whatever else is in the batch, up to the rounding of the arithmetic. Schemas are
    asked for in words.

    Args:
        model: a folder or a hub id (fetched by transformers if it is not in the cache).
        max_batch: requests answered at once; halved when memory does not suffice.
        device: `cpu`, `cuda`, `mps`, ...; None takes an accelerator if there is one.
        dtype: of the weights, for example `bfloat16`; `auto` is the checkpoint's.
        context: tokens of prompt and reply together; None is what the model was made for.
        window: seconds to wait for more requests before a batch begins.

    Raises:
        ModelError: transformers is not installed, no such model, or it has no chat template.
    """

    def __init__(
        self,
        model: str | Path,
        max_batch: int = 8,
        device: str | None = None,
        dtype: str = "auto",
        context: int | None = None,
        window: float = 0.02,
    ) -> None:
        try:
            torch: Any = importlib.import_module("torch")
            transformers: Any = importlib.import_module("transformers")
        except ImportError:
            raise ModelError(
                "transformers is not installed", "pip install 'dualalign[transformers]'"
            ) from None
        transformers.utils.logging.disable_progress_bar()
        try:
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(
                model, padding_side="left", trust_remote_code=False
            )
            network = transformers.AutoModelForCausalLM.from_pretrained(
                model, dtype=dtype, trust_remote_code=False, weights_only=True
            )
        except Exception as error:  # Whatever a damaged or hostile file brings about.
            raise ModelError(
                f"{model}: cannot be loaded ({(str(error).splitlines() or [type(error).__name__])[0]})",
                "give --model a folder that holds a causal language model, or a hub id this machine can reach",
            ) from None
        if self._tokenizer.chat_template is None:
            raise ModelError(
                f"{model}: has no chat template",
                "choose a model made for instructions (often called -Instruct)",
            )
        if self._tokenizer.pad_token is None:
            self._tokenizer.pad_token = self._tokenizer.eos_token
        self._network = network.to(device or _best_device(torch)).eval()
        self.model = Path(model).name if Path(model).exists() else str(model)
        self.most_in_flight = max_batch
        self._max_batch = max_batch
        made_for = getattr(network.config.get_text_config(), "max_position_embeddings", None)
        self._context = min(filter(None, (context, made_for)), default=None)
        self._window = window
        self._waiting: list[_Waiting] = []
        self._running: asyncio.Task[None] | None = None

    async def complete(self, request: ChatRequest) -> ChatReply:
        """Answer one request, together with others that wait."""
        waiting = _Waiting(request, self._prompt(request), asyncio.get_running_loop().create_future())
        asked = len(waiting.prompt) + waiting.most_tokens
        if self._context is not None and asked > self._context:
            raise ModelError(
                f"{self.model}: '{request.key}' needs {asked:,} tokens of context, and there are {self._context:,}",
                "use a model with a longer context, or lower -M max_tokens",
            )
        self._waiting.append(waiting)
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())
        return await waiting.reply

    async def close(self) -> None:
        """Free the model."""
        if self._running is not None:
            await asyncio.gather(self._running, return_exceptions=True)
        del self._network

    def _prompt(self, request: ChatRequest) -> list[int]:
        messages = request.messages
        if request.json_schema is not None:
            messages = with_schema_in_words(messages, request.json_schema)
        try:
            text = self._tokenizer.apply_chat_template(
                list(messages), add_generation_prompt=True, tokenize=False
            )
        except Exception as error:  # Templates are programs of their own and fail in their own ways.
            raise ModelError(
                f"{self.model}: the chat template refused the messages of '{request.key}' ({error})",
                "choose a model whose template takes a system message",
            ) from None
        tokens: list[int] = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        return tokens

    async def _run(self) -> None:
        await asyncio.sleep(self._window)
        while self._waiting:
            batch = self._next_batch()
            try:
                rows = await asyncio.to_thread(self._generate, batch)
                for waiting, tokens in zip(batch, rows, strict=True):
                    self._hand_over(waiting, tokens)
            except Exception as error:
                self._take_back(batch, error)
                continue
            # Callers that were just answered ask for their next reply now.
            await asyncio.sleep(self._window)

    def _next_batch(self) -> list[_Waiting]:
        self._waiting = [each for each in self._waiting if not each.reply.done()]
        group = self._waiting[0].group if self._waiting else ""
        batch = [each for each in self._waiting if each.group == group][: self._max_batch]
        taken = set(map(id, batch))
        self._waiting = [each for each in self._waiting if id(each) not in taken]
        return batch

    def _take_back(self, batch: list[_Waiting], error: Exception) -> None:
        """Ask for half as many at once if memory ran out; hand any other error on."""
        out_of_memory = type(error).__name__ == "OutOfMemoryError"
        if out_of_memory and len(batch) > 1:
            self._max_batch = len(batch) // 2
            self._waiting = batch + self._waiting
            return
        if out_of_memory:
            error = ModelError(
                f"{self.model}: memory does not suffice for '{batch[0].request.key}'",
                "lower -M max_tokens, or use a smaller model",
            )
        for waiting in batch:
            if not waiting.reply.done():
                waiting.reply.set_exception(error)

    def _generate(self, batch: list[_Waiting]) -> list[list[int]]:
        if not batch:
            return []
        import torch
        from transformers import LogitsProcessorList

        from dualalign.llm.sampling import seeded_sampling

        padded = self._tokenizer.pad({"input_ids": [each.prompt for each in batch]}, return_tensors="pt").to(
            self._network.device
        )
        seeds = [each.request.parameters.get("seed") for each in batch]
        sampling = seeded_sampling(
            batch[0].request.parameters,
            [secrets.randbits(32) if seed is None else int(seed) for seed in seeds],
        )
        with torch.inference_mode():
            written = self._network.generate(
                **padded,
                max_new_tokens=batch[0].most_tokens,
                # What is drawn is the largest of the scores that `sampling` hands on.
                do_sample=False,
                temperature=None,
                top_p=None,
                top_k=None,
                logits_processor=LogitsProcessorList(sampling),
                pad_token_id=self._tokenizer.pad_token_id,
            )
        rows: list[list[int]] = written[:, padded["input_ids"].shape[1] :].tolist()
        return rows

    def _hand_over(self, waiting: _Waiting, tokens: list[int]) -> None:
        if waiting.reply.done():
            return
        end = self._network.generation_config.eos_token_id
        ends = set(end) if isinstance(end, list) else {end}
        length = next((at + 1 for at, token in enumerate(tokens) if token in ends), len(tokens))
        stopped = bool(tokens) and tokens[length - 1] in ends
        text: str = self._tokenizer.decode(tokens[:length], skip_special_tokens=True)
        reply = ChatReply(
            text,
            len(waiting.prompt),
            length,
            time.perf_counter() - waiting.began,
            0.0,
            "stop" if stopped else "length",
        )
        if text.strip():
            waiting.reply.set_result(reply)
        else:
            waiting.reply.set_exception(
                RetryableError("empty", f"{self.model}: the reply is empty", paid=reply)
            )


def _best_device(torch: Any) -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"
