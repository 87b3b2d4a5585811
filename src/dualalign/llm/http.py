"""Any server that speaks the chat-completions protocol, over aiohttp."""

from __future__ import annotations

import asyncio
import json
import os
import time
from typing import Any
from urllib.parse import SplitResult, urlsplit, urlunsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp

from dualalign.errors import ModelError
from dualalign.llm.backend import RetryableError, UnusableBackendError
from dualalign.llm.completion import read_completion
from dualalign.llm.hosts import is_private_host
from dualalign.llm.refusals import refusal, refuses_schema
from dualalign.llm.request import ChatReply, ChatRequest, Prices
from dualalign.llm.structured import with_schema_in_words


class ChatCompletionsBackend:
    """vLLM, Ollama, llama.cpp's server, LM Studio, Azure, OpenAI or a proxy, by base URL.

    Prompts go to the host of the URL and nowhere else: redirects are refused, and a private host is never asked
    through a proxy.

    Args:
        base_url: up to and including `/v1`; `/chat/completions` is added before any query. A URL that already holds
            `chat/completions` (Azure) is used as it is.
        model: model name the server knows.
        key_variable: environment variable that holds the key; no key is sent if it is unset.
        key_header: `Authorization` sends `Bearer KEY`; any other header sends the key alone. None sends `api-key` where
            the URL has an `api-version` (Azure), and `Authorization` elsewhere.
        extra_body: merged into every request's body; a value of None leaves that key out. Part of a reply's identity.
        timeout: seconds for a whole reply.
        idle_timeout: seconds without a token before a call counts as hung, the first token included; replies are then
            streamed. None reads whole replies, and only `timeout` counts.
        server_schema: whether to send JSON schemas to the server; if not, or once the server refuses one, the prompt
            asks for it in words.
        prices: for costs; None leaves them unknown.
        most_in_flight: requests at once.

    Raises:
        ModelError: the URL is none.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        key_variable: str = "OPENAI_API_KEY",
        key_header: str | None = None,
        extra_body: dict[str, Any] | None = None,
        timeout: float = 600.0,
        idle_timeout: float | None = None,
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
        self.identity = f"{model} {json.dumps(extra_body, sort_keys=True)}" if extra_body else model
        self.most_in_flight = most_in_flight
        self._url, self._shown = _endpoint(parts)
        key = os.environ.get(key_variable, "")
        self._headers = {"Content-Type": "application/json"}
        key_header = key_header or ("api-key" if "api-version=" in parts.query else "Authorization")
        if key:
            self._headers[key_header] = f"Bearer {key}" if key_header == "Authorization" else key
        self._key_variable = key_variable
        self._extra = extra_body or {}
        self._streams = idle_timeout is not None
        self._timeout = aiohttp.ClientTimeout(total=timeout, sock_read=idle_timeout, sock_connect=30)
        self._server_schema = server_schema
        self._prices = prices
        # Asking the environment for a proxy costs a thread hop per request, so it is asked once, here.
        self._through_proxy = (
            bool(getproxies()) and not proxy_bypass(parts.hostname) and not is_private_host(base_url)
        )
        self._session: aiohttp.ClientSession | None = None
        self._answered = False

    async def complete(self, request: ChatRequest) -> ChatReply:
        """Answer one request over HTTP."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=self._timeout,
                headers=self._headers,
                connector=aiohttp.TCPConnector(limit=self.most_in_flight, ttl_dns_cache=300),
                trust_env=self._through_proxy,
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        body = json.dumps(self._body(request), ensure_ascii=False).encode()
        started = time.perf_counter()
        try:
            async with self._session.post(self._url, data=body, allow_redirects=False) as response:
                payload = await response.read()
        except TimeoutError:
            raise RetryableError("timeout", f"{self._shown}: no reply in time", overload=True) from None
        except (aiohttp.ClientConnectorCertificateError, aiohttp.InvalidURL) as error:
            raise UnusableBackendError(
                f"{self._shown}: {error}",
                "name a server whose certificate this machine trusts (SSL_CERT_FILE)",
            ) from None
        except aiohttp.ClientConnectorError as error:
            raise RetryableError("unreachable", f"{self._shown}: {error}", outside=True) from None
        except (aiohttp.ClientError, ConnectionError) as error:
            raise RetryableError("reset", f"{self._shown}: {type(error).__name__}: {error}") from None
        if response.status != 200:
            raise self._refusal(request, response.status, response.headers, payload)
        streamed = response.content_type == "text/event-stream"
        reply = read_completion(payload, streamed, self._shown, time.perf_counter() - started, self._prices)
        self._answered = True
        return reply

    def _body(self, request: ChatRequest) -> dict[str, Any]:
        messages, schema = request.messages, request.json_schema
        if schema is not None and not self._server_schema:
            messages = with_schema_in_words(messages, schema)
        body: dict[str, Any] = {"model": self.model, "messages": messages, **request.parameters}
        if schema is not None and self._server_schema:
            body["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": "reply", "strict": True, "schema": schema},
            }
        if self._streams:
            body |= {"stream": True, "stream_options": {"include_usage": True}}
        if self._extra:
            body = {name: value for name, value in (body | self._extra).items() if value is not None}
        return body

    def _refusal(self, request: ChatRequest, status: int, headers: Any, payload: bytes) -> ModelError:
        if request.json_schema is not None and refuses_schema(status, payload):
            self._server_schema = False
            return RetryableError("schema", f"{self._shown}: HTTP {status}: the server takes no JSON schema")
        error = refusal(status, headers, payload, self._shown, self.model, self._key_variable)
        # Options that were never accepted will not be for the next request either.
        if (
            type(error) is ModelError
            and status in (400, 422)
            and not self._answered
            and "option" in error.remedy
        ):
            return UnusableBackendError(error.message, error.remedy)
        return error

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            await asyncio.sleep(0)
            self._session = None


def _endpoint(parts: SplitResult) -> tuple[str, str]:
    """Return the URL to post to, and the same without what may be secret in it (user, query)."""
    path = parts.path if "chat/completions" in parts.path else parts.path.rstrip("/") + "/chat/completions"
    port = f":{parts.port}" if parts.port else ""
    return (
        urlunsplit(parts._replace(path=path)),
        f"{parts.scheme}://{parts.hostname}{port}{path}",
    )
