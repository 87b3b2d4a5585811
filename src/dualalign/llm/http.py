"""Any server that speaks the chat-completions protocol, over aiohttp."""

from __future__ import annotations

import asyncio
import json
import os
import time
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp

from dualalign.errors import ModelError
from dualalign.llm.backend import RetryableError
from dualalign.llm.request import ChatReply, ChatRequest, Prices

_RETRYABLE = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})
_OVERLOAD = frozenset({429, 503, 529})
_LONGEST_WAIT = 300.0


class ChatCompletionsBackend:
    """vLLM, Ollama, llama.cpp's server, LM Studio, Azure, OpenAI or a proxy, by base URL.

    Args:
        base_url: up to and including `/v1`; `/chat/completions` is added. A URL that already holds
            `chat/completions` (Azure) is used as it is.
        model: model name the server knows.
        key_variable: environment variable that holds the key; no key is sent if it is unset.
        key_header: `Authorization` sends `Bearer KEY`; any other header (`api-key`) sends the key alone.
        extra_body: merged into every request's body.
        timeout: seconds for a whole reply.
        idle_timeout: seconds without a byte before a call counts as hung.
        server_schema: whether to send JSON schemas to the server; if not, they are only checked here.
        prices: for costs; None leaves them unknown.
        most_in_flight: requests at once.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        key_variable: str = "OPENAI_API_KEY",
        key_header: str = "Authorization",
        extra_body: dict[str, Any] | None = None,
        timeout: float = 300.0,
        idle_timeout: float = 120.0,
        server_schema: bool = True,
        prices: Prices | None = None,
        most_in_flight: int = 256,
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ModelError(
                f"'{base_url}' is no http(s) URL", "give a base URL such as http://localhost:8000/v1"
            )
        self.base_url = base_url
        self.model = model
        self.most_in_flight = most_in_flight
        self._url = base_url if "chat/completions" in base_url else base_url.rstrip("/") + "/chat/completions"
        key = os.environ.get(key_variable, "")
        self._headers = {"Content-Type": "application/json"}
        if key:
            self._headers[key_header] = f"Bearer {key}" if key_header == "Authorization" else key
        self._key_variable = key_variable
        self._extra = extra_body or {}
        self._timeout = aiohttp.ClientTimeout(total=timeout, sock_read=idle_timeout, sock_connect=30)
        self._server_schema = server_schema
        self._prices = prices
        # Asking the environment for a proxy costs a thread hop per request, so it is asked once, here.
        self._through_proxy = bool(getproxies()) and not proxy_bypass(parts.hostname)
        self._session: aiohttp.ClientSession | None = None

    async def complete(self, request: ChatRequest) -> ChatReply:
        """Answer one request over HTTP."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=self._timeout,
                headers=self._headers,
                connector=aiohttp.TCPConnector(limit=self.most_in_flight, ttl_dns_cache=300),
                trust_env=self._through_proxy,
            )
        body: dict[str, Any] = {"model": self.model, "messages": list(request.messages), **request.parameters}
        if request.json_schema is not None and self._server_schema:
            body["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": "reply", "strict": True, "schema": request.json_schema},
            }
        body.update(self._extra)
        started = time.perf_counter()
        try:
            async with self._session.post(
                self._url, data=json.dumps(body, ensure_ascii=False).encode()
            ) as response:
                payload = await response.read()
                status, headers = response.status, response.headers
        except TimeoutError:
            raise RetryableError("timeout", f"{self._url}: no reply in time", overload=True) from None
        except (aiohttp.ClientError, ConnectionError) as error:
            raise RetryableError("connection", f"{self._url}: {type(error).__name__}: {error}") from None
        if status != 200:
            raise self._refusal(status, headers, payload)
        return self._read(payload, time.perf_counter() - started)

    def _refusal(self, status: int, headers: Any, payload: bytes) -> ModelError:
        said = _error_text(payload)
        where = f"{self._url}: HTTP {status}"
        if status in _RETRYABLE:
            return RetryableError(
                str(status), f"{where}: {said}", status in _OVERLOAD, _seconds(headers.get("Retry-After"))
            )
        lowered = said.lower()
        if status in (401, 403):
            remedy = f"put a valid key into the environment variable {self._key_variable}"
        elif "context" in lowered or ("maximum" in lowered and "token" in lowered):
            remedy = "use a model with a longer context, or lower --max-tokens"
        elif status == 404 or (
            "model" in lowered and ("not found" in lowered or "does not exist" in lowered)
        ):
            remedy = f"check --base-url and that the server has the model '{self.model}'"
        else:
            remedy = "correct the request's options; the server will not accept it as it is"
        return ModelError(f"{where}: {said}", remedy)

    def _read(self, payload: bytes, seconds: float) -> ChatReply:
        try:
            content = json.loads(payload)
            choice = content["choices"][0]
            text = choice["message"]["content"]
        except (ValueError, KeyError, IndexError, TypeError):
            raise RetryableError(
                "broken", f"{self._url}: the reply is cut short or no chat completion"
            ) from None
        if not isinstance(text, str) or not text.strip():
            raise RetryableError("empty", f"{self._url}: the reply is empty")
        usage = content.get("usage") or {}
        prompt, reply = usage.get("prompt_tokens"), usage.get("completion_tokens")
        cost = self._prices.cost(prompt, reply) if self._prices else None
        return ChatReply(text, prompt, reply, seconds, cost, choice.get("finish_reason") or "")

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            await asyncio.sleep(0)
            self._session = None


def _seconds(header: str | None) -> float | None:
    """Return what a Retry-After header asks for: seconds, or a date."""
    if header is None:
        return None
    try:
        wait = float(header)
    except ValueError:
        try:
            wait = parsedate_to_datetime(header).timestamp() - time.time()
        except (TypeError, ValueError):
            return None
    return min(max(wait, 0.0), _LONGEST_WAIT)


def _error_text(payload: bytes) -> str:
    try:
        content = json.loads(payload)
        error = content.get("error", content)
        said = error.get("message", error) if isinstance(error, dict) else error
    except (ValueError, AttributeError):
        said = payload.decode("utf-8", "replace")
    return " ".join(str(said).split())[:300]
