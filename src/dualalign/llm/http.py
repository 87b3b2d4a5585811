"""Any server that speaks the chat-completions protocol, over aiohttp."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, urlunsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp

from dualalign.errors import ModelError
from dualalign.llm.backend import RetryableError, UnusableBackendError, UselessReplyError
from dualalign.llm.completion import document_in, reply_in
from dualalign.llm.hosts import checked_url, is_private_host, shown_url
from dualalign.llm.refusals import error_in, error_text, refusal, refuses_schema
from dualalign.llm.request import ChatReply, ChatRequest, Prices
from dualalign.llm.scrub import scrubbed
from dualalign.llm.structured import with_schema_in_words

LARGEST_BODY = 16 * 2**20
"""Bytes of a reply, thinking and all; what sends more is given up, for no note is so long."""


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
        ModelError: the URL is none, or the key cannot be sent.
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
        parts = checked_url(base_url)
        self.base_url = base_url
        self.model = model
        self.identity = f"{model} {json.dumps(extra_body, sort_keys=True)}" if extra_body else model
        self.most_in_flight = most_in_flight
        self._url, self._shown = _endpoint(parts)
        self._key = key = os.environ.get(key_variable, "").strip()
        if not (key.isascii() and key.isprintable()):
            raise ModelError(
                f"the key in {key_variable} holds a character that no header can carry",
                "set the variable to the key alone",
            )
        self._headers = {"Content-Type": "application/json"}
        key_header = key_header or ("api-key" if "api-version=" in parts.query else "Authorization")
        # A user and password in the URL take the place of a key: one header cannot hold both.
        if key and not (parts.username and key_header == "Authorization"):
            self._headers[key_header] = f"Bearer {key}" if key_header == "Authorization" else key
        self._key_variable = key_variable
        self._extra = extra_body or {}
        self._streams = idle_timeout is not None
        self._timeout = aiohttp.ClientTimeout(total=timeout, sock_read=idle_timeout, sock_connect=30)
        self._server_schema = server_schema
        self._prices = prices
        # Asking the environment for a proxy costs a thread hop per request, so it is asked once, here.
        self._through_proxy = (
            bool(getproxies()) and not proxy_bypass(str(parts.hostname)) and not is_private_host(base_url)
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
        body = json.dumps(self._body(request), ensure_ascii=False).encode("utf-8", "replace")
        started = time.perf_counter()
        try:
            async with self._session.post(self._url, data=body, allow_redirects=False) as response:
                payload = await self._read(response)
        except TimeoutError:
            raise RetryableError("timeout", f"{self._shown}: no reply in time", overload=True) from None
        except aiohttp.ClientConnectorCertificateError:
            raise UnusableBackendError(
                f"{self._shown}: its certificate is not trusted",
                "name a server whose certificate this machine trusts (SSL_CERT_FILE)",
            ) from None
        except (aiohttp.InvalidURL, UnicodeError):
            raise UnusableBackendError(
                f"{self._shown}: no request can go there", "correct --base-url"
            ) from None
        except aiohttp.ClientConnectorError as error:
            reason = error.os_error.strerror or type(error.os_error).__name__
            raise RetryableError("unreachable", f"{self._shown}: {reason}", outside=True) from None
        except (aiohttp.ClientError, ConnectionError) as error:
            # The words of such an error may quote what the server sent, and that may quote the prompt.
            raise RetryableError("reset", f"{self._shown}: {type(error).__name__}") from None
        if not 200 <= response.status < 300:
            raise self._refusal(request, response.status, response.headers, payload)
        try:
            content = document_in(payload)
        except ValueError:
            page = payload.lstrip()[:1] == b"<"
            what = "a web page (most base URLs end in /v1)" if page else "cut short or no chat completion"
            raise RetryableError("broken", f"{self._shown}: the reply is {what}") from None
        status = error_in(content)
        if status is not None:
            raise self._refusal(request, status, response.headers, content)
        reply = reply_in(content, self._shown, time.perf_counter() - started, self._prices)
        self._answered = True
        return reply

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        pieces: list[bytes] = []
        size = 0
        async for piece in response.content.iter_any():
            pieces.append(piece)
            size += len(piece)
            if size > LARGEST_BODY:
                response.close()
                raise UselessReplyError(
                    "too large",
                    f"{self._shown}: the reply is larger than {LARGEST_BODY >> 20} MB and was given up",
                    "lower -M max_tokens, or look at what answers there",
                )
        return b"".join(pieces)

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

    def _refusal(
        self, request: ChatRequest, status: int, headers: Mapping[str, str], body: bytes | dict[str, Any]
    ) -> ModelError:
        said = scrubbed(
            error_text(body), (each["content"] for each in request.messages), self._key, keep=self.model
        )
        if request.json_schema is not None and refuses_schema(status, said):
            self._server_schema = False
            return RetryableError("schema", f"{self._shown}: HTTP {status}: the server takes no JSON schema")
        error = refusal(status, headers, said, self._shown, self.model, self._key_variable)
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
    posted = parts._replace(path=path)
    return urlunsplit(posted), shown_url(posted)
